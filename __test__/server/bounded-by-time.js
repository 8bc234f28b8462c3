const { until } = require("../clusters/contention")
const { SqlxAdapter } = require("../..")
const { sleep } = require("../servers/run")
const { makeSession, makeUser, unique } = require("../support/samples")

/** Milliseconds. */
const MAX_LAG = 1_000

/**
 * What holds where servers do not say how far a replica is: who has written reads the primary for
 * `maxLag`, another's sign-out is seen within it as long as the replica is no further behind, and one
 * notice says that this is all that is known.
 *
 * @param {object} replica with `pause()` and `resume()`
 * @param {{ primary: string, replica: string }} urls of somebody who is told nothing
 * @param {{ onPrimary: object, onReplica: object }} readers an independent driver's
 */
async function expectBoundedByTime(replica, urls, { onPrimary, onReplica }) {
  const notices = []
  const name = unique("Zoë")
  const other = SqlxAdapter(urls.primary, { synchronize: false })
  const adapter = SqlxAdapter(urls.primary, {
    synchronize: false,
    replicas: { urls: [urls.replica], maxLag: MAX_LAG },
    logger: { warn: (text) => notices.push(text) },
  })
  const isUsed = async () => {
    await adapter.getUser(unique("nobody"))
    return (await adapter.stats()).replicas[0].usable
  }
  const hasAll = async (table, column, value, n) => {
    const rows = await onReplica.rows(`SELECT 1 FROM ${table} WHERE ${column} = ?`, [value])
    return rows.length === n
  }
  try {
    const user = await makeUser(other)
    const [session, kept] = [await makeSession(other, user.id), await makeSession(other, user.id)]
    await until(() => hasAll("sessions", "user_id", user.id, 2))
    await until(isUsed)
    expect(notices).toEqual([expect.stringContaining(`at most ${MAX_LAG} ms behind`)])

    await replica.pause()
    try {
      // Behind the adapter's back, so that it tells who was asked: the replica, which has it not.
      await onPrimary.rows("UPDATE users SET image = 'new' WHERE id = ?", [user.id])
      expect(await adapter.getUser(user.id)).toEqual(user)
      const changed = { ...user, name, image: "new" }
      await adapter.updateUser({ id: user.id, name })
      const written = Date.now()
      let reads = 0
      while (Date.now() - written < MAX_LAG - 100) {
        const found = await adapter.getUser(user.id)
        if (Date.now() - written < MAX_LAG) expect(found).toEqual(changed)
        reads += 1
        await sleep(10)
      }
      expect(reads).toBeGreaterThan(10)
      // A replica that is further behind than it may be cannot be told from one that is not.
      await until(async () => (await adapter.getUser(user.id)).name === user.name)
    } finally {
      await replica.resume()
    }

    await until(() => hasAll("users", "name", name, 1))
    await until(isUsed)
    expect((await adapter.getSessionAndUser(session.sessionToken)).session).toEqual(session)
    await other.deleteSession(session.sessionToken)
    const ended = Date.now()
    while ((await adapter.getSessionAndUser(session.sessionToken)) !== null) {
      expect(Date.now() - ended).toBeLessThan(MAX_LAG)
      await sleep(5)
    }
    expect((await adapter.getSessionAndUser(kept.sessionToken)).session).toEqual(kept)
    expect(notices).toHaveLength(1)
  } finally {
    for (const one of [adapter, other]) await one.close()
  }
}

module.exports = { expectBoundedByTime }
