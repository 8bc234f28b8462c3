const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs")
const { dirname, join, resolve } = require("node:path")
const { withDatabase } = require("./credentials")
const { postgresDatabases, mysqlDatabases } = require("./databases")
const { Unavailable } = require("./unavailable")

// The servers of one test run. `servers()` starts them, once, before the tests (global-setup.js);
// `server(name)` finds one from within a test, which runs in another process.
//
//   DATABASES               which of them, as in "sqlite,postgres"; all of them without it
//   TEST_POSTGRES_URL       a server of one's own (also _MARIADB_, _MYSQL_, _PGBOUNCER_): none is
//                           started then
//   TEST_POSTGRES_ADMIN_URL who may create databases there, if the former may not; for a pooler,
//                           the server behind it
//   TEST_POSTGRES_CA        the file of its certificate authority
//   TEST_POSTGRES_VERSION   which version to start (also _MARIADB_, _MYSQL_, _PGBOUNCER_)
//   TEST_SERVERS_CACHE      where downloaded servers are kept
//   TEST_SERVERS_SUMMARY    the file that says which databases were tested
//   CI=true                 a server that cannot be had is a failure, MySQL excepted

/** Every database, with what its tests are called and how its server starts. */
const KINDS = {
  sqlite: { title: "SQLite" },
  postgres: { title: "PostgreSQL", databases: postgresDatabases },
  mariadb: { title: "MariaDB", databases: mysqlDatabases },
  mysql: { title: "MySQL", databases: mysqlDatabases, mayLackInCi: true },
  pgbouncer: { title: "PgBouncer", databases: pooledDatabases },
}
const NAMES = Object.keys(KINDS)

/** How the running servers are told to the test processes, but for their URLs. */
const REST = "TEST_SERVERS"

const summaryFile = resolve(
  process.env.TEST_SERVERS_SUMMARY ??
    join(__dirname, "../../node_modules/.cache/next-auth-sqlx-adapter/servers.json"),
)

/** @returns {string[]} the databases that `DATABASES` asks for */
function wantedDatabases() {
  const named = (process.env.DATABASES ?? "").split(",").map((name) => name.trim())
  const wanted = named.filter(Boolean)
  for (const name of wanted) {
    if (KINDS[name]) continue
    throw new Error(`DATABASES names "${name}"; there are: ${NAMES.join(", ")}`)
  }
  return NAMES.filter((name) => wanted.length === 0 || wanted.includes(name))
}

/**
 * Starts what is asked for, side by side, and puts it into the environment, where the test
 * processes find it.
 *
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<{ running: Record<string, object>, skipped: Record<string, string>,
 * stop(): Promise<void> }>}
 */
async function servers({ log = () => {} } = {}) {
  const wanted = wantedDatabases().filter((name) => name !== "sqlite")
  // Whatever goes wrong from here on, the end of this run must not show an earlier run's.
  rmSync(summaryFile, { force: true })
  const handles = []
  const own = async (module, options) => {
    const version = process.env[variable(options.name, "VERSION")] || undefined
    const handle = await module.start({ version, ...options.settings })
    handles.push(handle)
    return handle
  }

  let behindPooler
  const postgres = () => {
    behindPooler ??= own(require("./postgres"), { name: "postgres" })
    return behindPooler
  }
  const start = {
    postgres,
    mariadb: () => own(require("./mariadb"), { name: "mariadb" }),
    mysql: () => own(require("./mysql"), { name: "mysql" }),
    pgbouncer: async () => {
      const settings = { postgres: await postgres() }
      return own(require("./pgbouncer"), { name: "pgbouncer", settings })
    },
  }

  const running = {}
  const skipped = {}
  const failed = []
  await Promise.all(
    wanted.map(async (name) => {
      const { title, mayLackInCi } = KINDS[name]
      try {
        const yours = process.env[variable(name, "URL")]
        running[name] = yours ? await usersServer(name, yours) : await start[name]()
        const { version, startedIn } = running[name]
        const how = yours ? "is yours" : `started in ${startedIn} ms`
        log(`${title} ${version} ${how}`)
      } catch (error) {
        const lacking = error instanceof Unavailable
        if (!lacking || (isCi() && !mayLackInCi)) return failed.push(error)
        skipped[name] = error.message
        log(`skipped: ${error.message}`)
      }
    }),
  )

  const set = []
  const stop = async () => {
    for (const name of set) delete process.env[name]
    // The pooler first, or it would complain of its server into nobody's log.
    for (const handle of handles.reverse()) await handle.stop()
  }
  if (failed.length > 0) {
    await stop()
    throw failed.length === 1 ? failed[0] : new AggregateError(failed, messages(failed))
  }

  const publish = (name, value) => {
    if (value === undefined || process.env[name]) return
    process.env[name] = value
    set.push(name)
  }
  for (const [name, { url, caFile }] of Object.entries(running)) {
    publish(variable(name, "URL"), url)
    publish(variable(name, "CA"), caFile)
  }
  publish(REST, JSON.stringify({ running, skipped }))
  writeSummary({ running, skipped })
  return { running, skipped, stop }
}

const isCi = () => /^(1|true)$/i.test(process.env.CI ?? "")
const variable = (name, what) => `TEST_${name.toUpperCase()}_${what}`
const messages = (errors) => errors.map(({ message }) => message).join("\n\n")

/** A server that the user named. What is said of it never holds its URL, which holds a password. */
async function usersServer(name, url) {
  const adminUrl = process.env[variable(name, "ADMIN_URL")] ?? url
  const caFile = process.env[variable(name, "CA")]
  try {
    return { url, adminUrl, caFile, yours: true, version: await askVersion(name, url) }
  } catch (error) {
    const why = error.code ?? error.name
    throw new Error(`${variable(name, "URL")} names a server that does not answer (${why})`)
  }
}

async function askVersion(name, url) {
  if (name === "postgres" || name === "pgbouncer") {
    const { Client } = require("pg")
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
    await client.connect()
    const { rows } = await client.query("show server_version")
    await client.end()
    // A pooler does not say its own version to strangers.
    const behind = name === "pgbouncer" ? "before PostgreSQL " : ""
    return behind + rows[0].server_version.split(" ")[0]
  }
  const { createConnection } = require("mysql2/promise")
  const connection = await createConnection({ uri: url, connectTimeout: 10_000 })
  const [rows] = await connection.query("select version() as version")
  await connection.end()
  return rows[0].version.split("-")[0]
}

/**
 * A server of this run, as a test finds it, at once:
 *
 * - `{ unavailable }`: there is none, and why;
 * - otherwise its `url`, `version`, `adminUrl` and all else that its module's `start()` gives but
 *   the control over it, with `createDatabase(name)`, which gives a URL, and `dropDatabase(name)`.
 *
 * These are shared by every test. Who wants to kill one starts one, with `start()` of its module.
 *
 * @param {string} name one of `NAMES`, except sqlite
 */
function server(name) {
  if (!process.env[REST]) return { unavailable: "no test servers have been started" }
  const { running, skipped } = JSON.parse(process.env[REST])
  const found = running[name]
  if (!found) return { unavailable: skipped[name] ?? "DATABASES leaves it out" }
  return { ...found, ...KINDS[name].databases(found) }
}

/** Databases are created behind the pooler and used through it. */
function pooledDatabases({ url, adminUrl, directUrl = url }) {
  const { createDatabase, dropDatabase } = postgresDatabases({ url: directUrl, adminUrl })
  return {
    async createDatabase(name) {
      await createDatabase(name)
      return withDatabase(url, name)
    },
    dropDatabase,
  }
}

/** For the end of the run, when what was skipped at its beginning has scrolled away. */
function writeSummary({ running, skipped }) {
  const wanted = wantedDatabases()
  const databases = NAMES.map((name) => {
    const { title } = KINDS[name]
    if (!wanted.includes(name)) return { name, title, tested: false, reason: undefined }
    if (skipped[name]) return { name, title, tested: false, reason: skipped[name] }
    const { version, startedIn, yours = false, postgresVersion } = running[name] ?? {}
    return { name, title, tested: true, version, startedIn, yours, postgresVersion }
  })
  mkdirSync(dirname(summaryFile), { recursive: true })
  writeFileSync(summaryFile, `${JSON.stringify({ databases }, null, 2)}\n`)
}

/** The summary of the last run, as lines for a person. */
function summaryLines() {
  const { databases } = JSON.parse(readFileSync(summaryFile, "utf8"))
  return databases.map(({ title, tested, version, yours, postgresVersion, reason }) => {
    if (!tested) return reason ? `SKIPPED: ${reason}` : `${title}: not asked for`
    const before = postgresVersion ? ` before PostgreSQL ${postgresVersion}` : ""
    const known = version ? ` ${version}` : ""
    return `${title}${known}${before}: tested${yours ? " (your server)" : ""}`
  })
}

module.exports = { servers, server, wantedDatabases, summaryFile, summaryLines, NAMES }
