const { until } = require("../clusters/contention")
const { sayWhy } = require("../clusters/servers")
const { SqlxAdapter } = require("../..")
const { server } = require("../servers")
const postgres = require("../servers/postgres")
const standbys = require("../servers/standby")
const { refused } = require("../support/expectations")
const {
  hence,
  makeAccount,
  makeSession,
  makeToken,
  makeUser,
  unique,
} = require("../support/samples")
const { readerOf } = require("../support/postgres")

jest.setTimeout(60_000)

const version = process.env.TEST_POSTGRES_VERSION || undefined
const { unavailable, yours } = server("postgres")
const why = unavailable ?? (yours ? "the user has one" : undefined)

/** Replication is the server's own folder's business, so these tests have servers of their own. */
const run = why ? describe.skip : describe
run(`a hot standby${why ? ` (${why})` : ""}`, () => {
  let primary
  let standby
  let writer
  let adapter
  let lacking

  beforeAll(async () => {
    primary = await postgres.start({ version })
    try {
      standby = await standbys.start(primary)
    } catch (error) {
      if (error.code !== "UNAVAILABLE") throw error
      lacking = error.message
      return
    }
    writer = SqlxAdapter(primary.url)
    adapter = SqlxAdapter(standby.url)
  })

  afterAll(async () => {
    await writer?.close()
    await adapter?.close()
    await standby?.stop()
    await primary.stop()
  })

  /** A PostgreSQL from npm has no pg_basebackup. */
  function onStandby(name, body) {
    test(name, async () => {
      if (lacking) return sayWhy(lacking)
      await body()
    })
  }

  onStandby("answers reads of what the primary has written", async () => {
    const user = await makeUser(writer)
    const session = await makeSession(writer, user.id)
    const account = await makeAccount(writer, user.id)
    const found = await until(() => adapter.getUserByAccount(account))
    expect(found).toEqual(user)
    expect(await adapter.getUser(user.id)).toEqual(user)
    expect(await adapter.getUserByEmail(user.email)).toEqual(user)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toEqual({ session, user })
    expect(await adapter.listAccounts(user.id)).toEqual([account])
    expect(await adapter.listSessions(user.id)).toHaveLength(1)
    expect(await adapter.getUser(unique("nobody"))).toBeNull()
    await adapter.ping()
  })

  onStandby("refuses every write, at once and without another try", async () => {
    const user = await makeUser(writer)
    const session = await makeSession(writer, user.id)
    const account = await makeAccount(writer, user.id)
    const token = await makeToken(writer)
    await until(async () => {
      const rows = await reading(standby.url, "SELECT 1 FROM verification_tokens WHERE token = ?", [
        token.token,
      ])
      return rows.length > 0
    })

    const before = await adapter.stats()
    const begun = performance.now()
    const { sessionToken } = session
    const writes = [
      adapter.createUser({ name: "Ada" }),
      adapter.updateUser({ id: user.id, name: "Zoë" }),
      adapter.deleteUser(user.id),
      adapter.linkAccount(account),
      adapter.unlinkAccount(account),
      adapter.createSession({ sessionToken: unique("session"), userId: user.id, expires: hence() }),
      adapter.updateSession({ sessionToken, expires: hence() }),
      adapter.deleteSession(sessionToken),
      adapter.deleteSessionsByUser(user.id),
      adapter.createVerificationToken({ ...token, token: unique("token") }),
      adapter.useVerificationToken(token),
      adapter.deleteVerificationTokens(token.identifier),
    ]
    for (const error of await Promise.all(writes.map((write) => refused(write, "ERR_READ_ONLY")))) {
      expect(error.cause).toMatchObject({ database: "postgres", code: "25006" })
    }
    expect(performance.now() - begun).toBeLessThan(3000)
    const after = await adapter.stats()
    expect(after.retries).toBe(before.retries)

    // Nothing of it has happened, and the connections are as good as before.
    expect(await adapter.getSessionAndUser(sessionToken)).toEqual({ session, user })
    expect(await writer.useVerificationToken(token)).toEqual(token)
  })

  onStandby("refuses to create the tables in a database that has none", async () => {
    await primary.createDatabase("bare")
    const bare = SqlxAdapter(standby.database("bare"))
    await until(() => bare.ping())
    const begun = performance.now()
    await refused(bare.createUser({ name: "Ada" }), "ERR_READ_ONLY")
    expect(performance.now() - begun).toBeLessThan(3000)
    await bare.close()
  })

  onStandby("is written to by the same adapter once it is promoted", async () => {
    const user = await makeUser(writer)
    await until(() => adapter.getUser(user.id))
    await refused(makeSession(adapter, user.id), "ERR_READ_ONLY")

    await primary.kill()
    await standby.promote()

    const sessions = await Promise.all(
      Array.from({ length: 32 }, () => makeSession(adapter, user.id)),
    )
    const renamed = await adapter.updateUser({ id: user.id, name: "Zoë" })
    expect(renamed).toEqual({ ...user, name: "Zoë" })
    const made = await makeUser(adapter)

    const stored = await reading(
      standby.url,
      "SELECT count(*) AS n FROM sessions WHERE user_id = ?",
      [user.id],
    )
    expect(Number(stored[0].n)).toBe(sessions.length)
    const users = await reading(
      standby.url,
      "SELECT id, name FROM users WHERE id IN (?, ?) ORDER BY name",
      [user.id, made.id],
    )
    expect(users).toEqual([
      { id: made.id, name: "Ada" },
      { id: user.id, name: "Zoë" },
    ])
  })
})

async function reading(url, sql, params) {
  const reader = readerOf(url)
  try {
    return await reader.rows(sql, params)
  } finally {
    await reader.end()
  }
}
