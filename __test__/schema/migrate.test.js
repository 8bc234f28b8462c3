const { createHash } = require("node:crypto")
const { once } = require("node:events")
const { createInterface } = require("node:readline")
const { startNode } = require("../support/child")
const { databases, describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")
const { eventually, refused } = require("../support/expectations")
const { makeUser } = require("../support/samples")

jest.setTimeout(90_000)

/** Migrates whenever it is told to, and says what it ran. */
const MIGRATOR = `
  const adapter = SqlxAdapter(process.argv.at(-1), { synchronize: false })
  const lines = require("node:readline").createInterface({ input: process.stdin })
  lines.on("line", () => adapter.migrate().then(say, ({ code, message }) => say({ code, message })))
  lines.on("close", () => adapter.close())
  adapter.ping().then(() => say("ready"))
`

const PROCESSES = 10

for (const database of databases) {
  describeOn(database.name)(`migrate (${database.name})`, () => tests(database))
}

function tests(database) {
  const isMysql = ["mysql", "mariadb"].includes(database.kind)
  const { place, open } = freshDatabase(database, { synchronize: false })

  const noted = async () => {
    const rows = await place.rows("SELECT id, statement FROM next_auth_sqlx_migrations ORDER BY id")
    return rows.map(({ statement }) => statement)
  }

  test("ten processes that start it at one instant do it once", async () => {
    const processes = Array.from({ length: PROCESSES }, () => {
      const { child, ended } = startNode(MIGRATOR, { args: [place.url] })
      const lines = createInterface({ input: child.stdout })
      return { child, ended, says: async () => JSON.parse((await once(lines, "line"))[0]) }
    })
    /** What each process ran. */
    const migrate = async () => {
      const answers = Promise.all(processes.map(({ says }) => says()))
      for (const { child } of processes) child.stdin.write("\n")
      return answers
    }
    await Promise.all(processes.map(({ says }) => says()))
    const adapter = open()

    // An empty database.
    const planned = await adapter.migrate({ dryRun: true })
    const created = await migrate()
    expect(created.filter((run) => run.length !== 0)).toEqual([planned])
    expect(await adapter.check()).toEqual([])
    expect(await noted()).toEqual(planned)

    // A column and an index are missing.
    await place.execute("ALTER TABLE users DROP COLUMN image")
    await place.execute(`DROP INDEX sessions_expires_idx${isMysql ? " ON sessions" : ""}`)
    const missing = await adapter.migrate({ dryRun: true })
    expect(missing).toHaveLength(2)
    const added = await migrate()
    expect(added.filter((run) => run.length !== 0)).toEqual([missing])
    expect(await adapter.check()).toEqual([])
    expect(await noted()).toEqual([...planned, ...missing])

    for (const { child } of processes) child.stdin.end()
    const ends = await Promise.all(processes.map(({ ended }) => ended))
    expect(ends.map(({ code }) => code)).toEqual(Array(PROCESSES).fill(0))
  })

  // SQLite has one writer, and waits for it as long as `sqlite.busyTimeout` says. Behind PgBouncer is PostgreSQL.
  if (["sqlite", "pgbouncer"].includes(database.name)) return

  test("what takes long is waited for", async () => {
    await open().migrate()
    await makeUser(open())
    await place.execute("ALTER TABLE users DROP COLUMN image")
    const adapter = open({ retry: { maxTime: 800 }, pool: { max: 1 } })
    await adapter.ping()
    const sleep = isMysql ? "SLEEP" : "pg_sleep"
    const begun = Date.now()
    const holding = place.rows(`SELECT ${sleep}(2) FROM users`)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await adapter.migrate()).toEqual([expect.stringMatching(/ADD COLUMN .image./)])
    expect(Date.now() - begun).toBeGreaterThan(1_500)
    await holding
    expect(await adapter.check()).toEqual([])
  })

  test("another process that does not end is named", async () => {
    const name = `next-auth-sqlx-adapter ${sha256(place.database).slice(0, 32)}`
    const holding = place.rows(
      isMysql
        ? `SELECT GET_LOCK('${name}', 5), SLEEP(5), RELEASE_LOCK('${name}')`
        : "SELECT pg_advisory_xact_lock(hashtextextended('next-auth-sqlx-adapter', 0)), pg_sleep(5)",
    )
    const held = isMysql
      ? `SELECT IS_USED_LOCK('${name}') AS holder`
      : `SELECT max(pid) AS holder FROM pg_locks WHERE locktype = 'advisory' AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
    await eventually(async () => (await place.rows(held))[0].holder !== null)
    const adapter = open({ retry: { maxTime: 800 }, pool: { max: 1 } })
    await adapter.ping()
    const error = await refused(adapter.migrate(), "ERR_TIMEOUT")
    expect(error.message).toMatch(/another process is migrating/)
    await holding
    expect(await adapter.migrate()).toHaveLength((await noted()).length)
    expect(await adapter.check()).toEqual([])
  })
}

const sha256 = (text) => createHash("sha256").update(text).digest("hex")
