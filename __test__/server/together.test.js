const { onServers } = require("../support/on-servers")
const { eventually } = require("../support/expectations")
const { makeSession, makeUser } = require("../support/samples")

const CALLS = 256

/** How many statements a server has run, as it says itself. */
const COUNTED = {
  postgres: async (db) => {
    const [{ n }] = await db.rows(
      "SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()",
    )
    return Number(n)
  },
  mariadb: mysqlCount,
  mysql: mysqlCount,
}

async function mysqlCount(db) {
  const [row] = await db.rows("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'")
  return Number(row.Value ?? row.value)
}

onServers("calls that come together", (db) => {
  /** How many statements a new adapter needs for what `run` does with it. */
  async function statements(run) {
    const counted = COUNTED[db.name]
    const before = await counted(db)
    const adapter = db.open()
    await run(adapter)
    // PostgreSQL's processes say what they have done when they end, at the latest.
    await adapter.close()
    await eventually(async () => (await db.connections()) === 0)
    return (await counted(db)) - before
  }

  test("are a few statements for the database, and each alone is one", async () => {
    const adapter = db.open()
    const user = await makeUser(adapter)
    const sessions = await Promise.all(
      Array.from({ length: CALLS }, () => makeSession(adapter, user.id)),
    )
    await adapter.close()
    const together = await statements(async (adapter) => {
      const found = await Promise.all(
        sessions.map(({ sessionToken }) => adapter.getSessionAndUser(sessionToken)),
      )
      for (const [n, { session }] of found.entries()) expect(session).toStrictEqual(sessions[n])
    })
    const alone = await statements(async (adapter) => {
      for (const { sessionToken } of sessions) await adapter.getSessionAndUser(sessionToken)
    })
    // The tests' own statements are counted too.
    // A slow machine sends more of them at once, over connections that say something first.
    expect(together).toBeLessThan(CALLS / 2)
    expect(alone).toBeGreaterThanOrEqual(CALLS)
  })
})

onServers("a row that somebody has locked", (db) => {
  /** Locks a user's row in another program's transaction until `end` is called. */
  async function lock(id) {
    const sql = "SELECT id FROM users WHERE id = ? FOR UPDATE"
    if (db.name === "postgres") {
      const { Client } = require("pg")
      const client = new Client({ connectionString: db.url })
      await client.connect()
      await client.query("BEGIN")
      await client.query(sql.replace("?", "$1"), [id])
      return async () => {
        await client.query("COMMIT")
        await client.end()
      }
    }
    const { createConnection } = require("mysql2/promise")
    const client = await createConnection({ uri: db.url })
    await client.query("BEGIN")
    await client.query(sql, [id])
    return async () => {
      await client.query("COMMIT")
      await client.end()
    }
  }

  test("keeps its own user's sign-in waiting, and nobody else's", async () => {
    const adapter = db.open()
    const users = await Promise.all(Array.from({ length: 40 }, () => makeUser(adapter)))
    const [locked, ...others] = users
    const end = await lock(locked.id)
    let waited = true
    const kept = makeSession(adapter, locked.id).then(() => {
      waited = false
    })
    const slowest = []
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now()
      await Promise.all(others.map(({ id }) => makeSession(adapter, id)))
      slowest.push(performance.now() - start)
    }
    expect(waited).toBe(true)
    // A lock timeout of a server's own would be a second at least.
    expect(Math.max(...slowest)).toBeLessThan(900)
    await end()
    await kept
    for (const { id } of users) {
      const [{ n }] = await db.rows("SELECT count(*) AS n FROM sessions WHERE user_id = ?", [id])
      expect(Number(n)).toBe(id === locked.id ? 1 : 5)
    }
  })
})
