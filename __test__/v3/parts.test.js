// A configuration in TypeORM's parts opens the real server, and each part takes effect there.

const { spawn } = require("node:child_process")
const { once } = require("node:events")
const { readFileSync } = require("node:fs")
const { Default } = require("../../v3.js")
const { server } = require("../servers")
const gate = require("../servers/gate")
const { sleep } = require("../servers/run")
const { databases } = require("../support/databases")
const { eventually } = require("../support/expectations")
const { lockedUser } = require("../support/locked-user")
const { freshFolder, query } = require("../support/sqlite")
const { uniqueEmail } = require("../support/samples")
const { appOptions, onDatabase } = require("./legacy")

jest.setTimeout(60_000)

/** Far below what an adapter waits by default. */
const SHORT = 200

const opened = []
afterEach(() => Promise.all(opened.splice(0).map((adapter) => adapter.close())))

async function open(config) {
  const adapter = Default({ synchronize: true, ...config })
  opened.push(adapter)
  return adapter.getAdapter(appOptions())
}

/** How long a call took to fail, and the code that it failed with. */
async function failure(call) {
  const begun = Date.now()
  const { code } = await call().then(
    () => ({ code: undefined }),
    (error) => error,
  )
  return { code, took: Date.now() - begun }
}

for (const database of databases.filter(({ name }) => !["sqlite", "pgbouncer"].includes(name))) {
  onDatabase(database, "the parts of a server's place", (place) => {
    const isPostgres = database.name === "postgres"
    const here = server(database.name)
    let parts

    beforeAll(() => {
      const { hostname, port, username, password, pathname, searchParams } = new URL(place.url)
      parts = {
        type: isPostgres ? "postgres" : database.name,
        host: hostname,
        // As an environment's variable has it.
        port,
        username: decodeURIComponent(username),
        password: decodeURIComponent(password),
        database: decodeURIComponent(pathname.slice(1)),
        ...(searchParams.has("schema") && { schema: searchParams.get("schema") }),
      }
    })

    /** Writes by this configuration, and finds it where it should be by another driver. */
    async function works(config) {
      const email = uniqueEmail()
      const v3 = await open(config)
      const { id } = await v3.createUser({ name: "Ada", email })
      expect(await place.rows("SELECT email FROM users WHERE id = ?", [id])).toEqual([{ email }])
      return v3
    }

    test("are those of the server that they name", async () => {
      await works(parts)
      await works({ ...parts, port: Number(parts.port), ssl: false })
      const { username: user, ...rest } = parts
      await works({ ...rest, user })
    })

    test("are each needed", async () => {
      for (const [name, other] of [
        ["host", "127.0.0.2"],
        ["port", 1],
        ["username", "stranger"],
        ["password", "wrong"],
        ["database", "nowhere"],
      ]) {
        // A user's own server may listen on every address.
        if (name === "host" && here.yours) continue
        const quick = { pool: { connectTimeout: SHORT }, retry: { attempts: 1 } }
        const v3 = await open({ ...parts, [name]: other, ...quick })
        const { code } = await failure(() => v3.getUser("1"))
        expect([name, code]).toEqual([name, "ERR_CONNECT"])
      }
    })

    test("are a socket's", async () => {
      if (here.yours) return
      const wrong = { host: "nowhere.invalid" }
      // In libpq's words, which TypeORM's driver knew, a directory is a host.
      if (isPostgres) await works({ ...parts, host: here.socketDirectory })
      else await works({ ...parts, ...wrong, socketPath: here.socketPath })
    })

    test("are a master's, with no slaves", async () => {
      const { type, schema, ...master } = parts
      await works({ type, schema, host: "nowhere.invalid", replication: { master, slaves: [] } })
    })

    test("are of TLS with a certificate authority, as bytes", async () => {
      if (here.yours) return
      const ca = readFileSync(here.caFile)
      await works({ ...parts, ssl: { ca, rejectUnauthorized: true } })
      await works({ ...parts, extra: { ssl: { ca: [ca] } } })
      const other = readFileSync(here.otherCaFile)
      const v3 = await open({ ...parts, ssl: { ca: other }, retry: { attempts: 1 } })
      expect((await failure(() => v3.getUser("1"))).code).toBe("ERR_CONNECT")
    })

    test("are how many connections there may be, in its driver's word", async () => {
      const most = async (extra) => {
        await eventually(async () => (await place.connections()) === 0)
        const v3 = await open({ ...parts, ...extra })
        const calls = Array.from({ length: 40 }, async () => {
          const { id } = await v3.createUser({ email: uniqueEmail() })
          await Promise.all([v3.getUser(id), v3.createSession({ id })])
          return place.connections()
        })
        const counts = await Promise.all(calls)
        await Promise.all(opened.splice(0).map((adapter) => adapter.close()))
        return Math.max(...counts)
      }
      // Looking for a transaction pooler takes a second connection for a moment.
      const few = isPostgres ? 2 : 1
      expect(await most({})).toBeGreaterThan(few)
      const one = { extra: { [isPostgres ? "max" : "connectionLimit"]: 1 } }
      expect(await most(one)).toBeLessThanOrEqual(few)
    })

    test("are how long a connection may take", async () => {
      const way = await gate.start({ to: here, silent: true })
      const connect = isPostgres ? "connectTimeoutMS" : "connectTimeout"
      const silent = { ...parts, host: "127.0.0.1", port: way.port, retry: { attempts: 1 } }
      try {
        const v3 = await open({ ...silent, [connect]: SHORT })
        const { code, took } = await failure(() => v3.getUser("1"))
        expect([code, took < 2_000]).toEqual(["ERR_CONNECT", true])
      } finally {
        await way.stop()
      }
    })

    test("are how long a free connection is waited for", async () => {
      const v3 = await open({ ...parts, extra: { max: 1 }, acquireTimeout: SHORT })
      const user = await v3.createUser({ email: uniqueEmail() })
      const unlock = await lockedUser(database.name, place.url, user.id)
      const held = v3.updateUser({ ...user, name: "waits for the lock" })
      await sleep(50)
      const { code, took } = await failure(() => v3.getUser(user.id))
      await unlock()
      expect([code, took < 2_000]).toEqual(["ERR_TIMEOUT", true])
      expect((await held).name).toBe("waits for the lock")
    })

    if (isPostgres) {
      test("are what it calls itself", async () => {
        const applicationName = `v3 ${uniqueEmail()}`.slice(0, 60)
        await works({ ...parts, applicationName })
        const sql = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = ?"
        expect(Number((await place.rows(sql, [applicationName]))[0].n)).toBeGreaterThan(0)
      })

      test("are its schema", async () => {
        await place.execute("CREATE SCHEMA IF NOT EXISTS tenant")
        const v3 = await open({ ...parts, schema: "tenant" })
        const email = uniqueEmail()
        await v3.createUser({ email })
        expect(await place.rows("SELECT email FROM tenant.users")).toEqual([{ email }])
        await place.execute("DROP SCHEMA tenant CASCADE")
      })
    }
  })
}

onDatabase(
  databases.find(({ name }) => name === "sqlite") ?? { name: "sqlite" },
  "better-sqlite3's timeout",
  () => {
    test("is how long a lock is waited for", async () => {
      const database = `${await freshFolder()}/auth.db`
      const config = { type: "better-sqlite3", database }
      await (await open(config)).createUser({ email: uniqueEmail() })
      const other = spawn("sqlite3", ["-batch", database], { stdio: ["pipe", "pipe", "inherit"] })
      other.stdin.write("BEGIN IMMEDIATE; SELECT 'locked';\n")
      await once(other.stdout, "data")
      try {
        // A write is tried again for as long as retry.maxTime says.
        const retry = { maxTime: SHORT }
        const v3 = await open({ ...config, timeout: SHORT, synchronize: false, retry })
        const { code, took } = await failure(() => v3.createUser({ email: uniqueEmail() }))
        expect([code, took < 2_000]).toEqual(["ERR_TIMEOUT", true])
      } finally {
        other.stdin.end("ROLLBACK;\n")
        await once(other, "close")
      }
      expect(await query(database, "SELECT count(*) AS n FROM users")).toEqual([{ n: 1 }])
    })
  },
)
