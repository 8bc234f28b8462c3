// Tables as v3's own TypeORM adapter makes them: where ours has created them the original finds nothing
// to change, and where the original has, ours reads and writes all that is in them.

const { fork } = require("node:child_process")
const path = require("node:path")
const Adapters = require("../../v3.js").default
const { databases } = require("../support/databases")
const { uniqueEmail } = require("../support/samples")
const { sets } = require("./custom-models")
const { appOptions, onDatabase } = require("./legacy")
const { sqlite3, unavailable } = require("./sqlite3")

jest.setTimeout(60_000)

const { Models } = Adapters.TypeORM

/** By the name of mysql TypeORM drops MariaDB's columns of JSON, those of its own making, too, each time. */
const CONFIGS = {
  sqlite: (url) => ({ type: "sqlite", database: url.slice("sqlite:".length) }),
  postgres: (url) => ({ type: "postgres", url }),
  mysql: (url) => ({ type: "mysql", url }),
  mariadb: (url) => ({ type: "mariadb", url }),
}

const camelCase = (name) => (name ?? "").replace(/_(\w)/g, (_, letter) => letter.toUpperCase())

const DAY = 24 * 60 * 60 * 1000

const kindOf = (name) => (name === "mariadb" ? "mysql" : name)

/** The original in its process: `original("open", …)`. */
function startOriginal(env) {
  const child = fork(path.join(__dirname, "original-adapter.js"), {
    // It keeps a "timestamp without time zone" in the process's zone; ours is UTC.
    env: { ...process.env, ...env, NODE_ENV: "production", TZ: "UTC" },
    execArgv: [],
    serialization: "advanced",
  })
  const ask = (...message) =>
    new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`the original ended with ${code}`))
      child.once("exit", ended)
      child.once("message", ({ result, error }) => {
        child.off("exit", ended)
        if (error) reject(new Error(error))
        else resolve(result)
      })
      child.send(message)
    })
  return Object.assign(ask, { stop: () => child.disconnect() })
}

for (const database of databases.filter(({ name }) => Object.hasOwn(CONFIGS, name))) {
  if (database.name === "sqlite") database.unavailable ??= unavailable
  const kind = kindOf(database.name)

  for (const set of Object.keys(sets)) {
    onDatabase(database, `tables ${set}`, (place) => {
      let [original, other] = []

      beforeAll(async () => {
        original = startOriginal(database.name === "sqlite" ? await sqlite3() : {})
        other = await database.fresh()
      })
      afterAll(async () => {
        original.stop()
        await other?.drop()
      })

      const make = sets[set]
      const open = (url, synchronize) => {
        const { options, config } = make(Models, kind)
        return Adapters.Default({ ...CONFIGS[database.name](url), synchronize, ...config }, options)
      }
      const ask = (url, synchronize) =>
        original("open", { ...CONFIGS[database.name](url), synchronize }, set, kind)

      /** Of a user's properties, those that are the set's. */
      const { values = {} } = make(Models, kind)
      const own = (user) => {
        const names = Object.keys(values)
        return Object.fromEntries(names.map((name) => [name, user[name]]))
      }

      /** TypeORM takes a timestamp of MySQL, which is in the server's zone, for one in UTC. */
      const later = async (values, sign) => {
        if (kind !== "mysql") return values
        const sql = "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS seconds"
        const [{ seconds }] = await place.rows(sql)
        const seen = (date) => new Date(date.getTime() + sign * Number(seconds) * 1000)
        const { at, exactly } = values
        return { ...values, ...(at && { at: seen(at), exactly: seen(exactly) }) }
      }

      test("that ours has created are to the original what it would have created", async () => {
        const adapter = open(place.url, true)
        const v3 = await adapter.getAdapter(appOptions())
        const emails = [uniqueEmail(), uniqueEmail()]
        const user = await v3.createUser({ name: "Ada", email: emails[0], id: 7 })
        expect(own(user)).toEqual(values)
        const { sessionToken } = await v3.createSession(user)
        await v3.linkAccount(user.id, "github", "oauth", 9, undefined, "access", null)
        expect(await v3.updateUser({ ...user, emailVerified: new Date(DAY) })).toMatchObject(values)

        await ask(place.url, false)
        expect(await original("wanted")).toEqual([])
        await original("close")

        await ask(place.url, true)
        const seen = await original("call", "getUserByEmail", emails[0])
        expect(seen).toMatchObject({ name: "Ada", email: emails[0] })
        expect([String(seen.id), own(seen)]).toEqual([user.id, await later(values, 1)])
        const session = await original("call", "getSession", sessionToken)
        expect(String(session.userId)).toBe(user.id)
        const account = await original("call", "getUserByProviderAccountId", "github", "9")
        expect(account.email).toBe(emails[0])
        await original("call", "updateUser", { ...seen, name: "Zoë" })
        await original("close")

        const changed = await v3.getUser(user.id)
        expect([changed.name, own(changed)]).toEqual(["Zoë", values])
        expect((await v3.getSession(sessionToken)).userId).toBe(user.id)
        await adapter.close()
      })

      test("that the original has created are read and written by ours", async () => {
        await ask(other.url, true)
        const emails = [uniqueEmail(), uniqueEmail()]
        // Some values of every type are there once only.
        const { id } = await original("call", "createUser", { name: "Ada", email: emails[0] })
        const adapter = open(other.url, false)
        const v3 = await adapter.getAdapter(appOptions())
        const seen = await v3.getUserByEmail(emails[0])
        const kept = await later(values, -1)
        expect([seen.id, own(seen)]).toEqual([String(id), kept])
        expect(own(await v3.updateUser({ ...seen, name: "Zoë" }))).toEqual(kept)
        const read = await original("call", "getUser", id)
        expect([read.name, own(read)]).toEqual(["Zoë", values])
        const { sessionToken } = await v3.createSession(seen)
        expect(await original("call", "getSession", sessionToken)).toBeTruthy()
        await v3.linkAccount(seen.id, "github", "oauth", 9, undefined, "access", null)
        expect(await original("call", "getUserByProviderAccountId", "github", "9")).toBeTruthy()
        await v3.deleteUser(seen.id)
        const user = await v3.createUser({ name: "Ada", email: emails[1] })
        expect(own(user)).toEqual(values)
        const theirs = await original("call", "getUserByEmail", emails[1])
        expect(own(theirs)).toEqual(await later(values, 1))

        const findings = await adapter.check()
        expect(findings.filter(({ level }) => level === "error")).toEqual([])
        expect(findings.filter(({ column }) => Object.hasOwn(values, camelCase(column)))).toEqual(
          [],
        )
        await adapter.close()
        await original("close")
      })
    })
  }
}
