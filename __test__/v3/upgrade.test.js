// The way from NextAuth 3 with TypeORM to NextAuth 4 and 5 with this adapter, with the real packages: one
// database that the original wrote is served by one and the same adapter object under v3, v4 and v5; then
// it is copied to our own tables, and served again. Nobody is signed out.

const { execFile } = require("node:child_process")
const { writeFile } = require("node:fs/promises")
const path = require("node:path")
const { promisify } = require("node:util")
const { databases } = require("../support/databases")
const { uniqueEmail } = require("../support/samples")
const { freshFolder } = require("../support/sqlite")
const { SESSION_COOKIE, browser, startApp, startApps } = require("./browser")
const { onDatabase } = require("./legacy")
const { sqlite3, unavailable } = require("./sqlite3")
const { TYPEORM } = require("./typeorm")

jest.setTimeout(60_000)

const run = promisify(execFile)
const VERSIONS = [3, 4, 5]
const DAY = 24 * 3_600_000
const cli = path.join(__dirname, "../../cli.js")

/** What is said to both adapters, and how `copy` gets to know the tables. */
const configurations = [
  { title: "as it is", more: {}, schemaFile: undefined },
  {
    title: "with entityPrefix",
    more: { entityPrefix: "nextauth_" },
    schemaFile: (config) => `
      import { schemaOf } from ${JSON.stringify(path.join(__dirname, "../../v3.mjs"))}
      export default { schema: schemaOf(${JSON.stringify(config)}) }`,
  },
]

const cases = databases
  .filter(({ name }) => Object.hasOwn(TYPEORM, name))
  .flatMap((database) => configurations.map((configuration) => ({ database, ...configuration })))

for (const { database, title, more, schemaFile } of cases) {
  if (database.name === "sqlite") database.unavailable ??= unavailable
  onDatabase(database, `A database that v3 and TypeORM wrote, ${title}`, (place) => {
    const profile = { id: 583_231, name: "Octo", email: uniqueEmail("octo"), image: null }
    const octo = { user: { name: "Octo", email: profile.email, image: null } }
    const prefix = more.entityPrefix ?? ""
    /** Signed in on the original; and where nobody is yet, with a mail that is not read. */
    const [one, ada, adasEmail] = [browser(), browser(), uniqueEmail("ada")]
    const pending = []
    let [config, original, ours, target, copied] = []

    beforeAll(async () => {
      config = { ...TYPEORM[database.name](place.url), ...more }
      const typeorm = { adapter: "typeorm", database: { ...config, synchronize: true }, profile }
      const env = database.name === "sqlite" ? await sqlite3() : {}
      original = await startApp({ ...typeorm, env })
      // Its first request creates the tables.
      await browser().link(original, uniqueEmail())
      await one.signIn(original)
      await ada.follow(await ada.link(original, adasEmail))
      for (let count = 0; count < 2 * VERSIONS.length; count += 1) {
        const [reader, email] = [browser(), uniqueEmail("pending")]
        pending.push({ reader, email, url: await reader.link(original, email) })
      }
      const servers = VERSIONS.map((version) => ({ version, adapter: "Default", database: config }))
      ours = await startApps(servers, { profile })
    })
    afterAll(async () => {
      await Promise.all([original?.stop(), ours?.stop(), copied?.stop()])
      await target?.drop()
    })

    /**
     * What is to be seen in an application: `app()` is it, `tables` and `rows` say where its users are,
     * and `isOurs` whether they are our own tables, which the original does not read.
     */
    function served({ app, rows, execute, tables, isOurs }) {
      const count = async (table, where = "1 = 1", values = []) =>
        (await rows(`SELECT * FROM ${tables}${table} WHERE ${where}`, values)).length

      /** The original goes on with it, too. */
      async function originalReads(user, expected) {
        if (!isOurs) expect(await user.session(original)).toMatchObject(expected)
      }

      test("goes on with the cookies of the original", async () => {
        expect(await one.session(app())).toMatchObject(octo)
        expect(await ada.session(app())).toMatchObject({ user: { email: adasEmail } })
      })

      test("knows the account that the original linked", async () => {
        const before = [await count("users"), await count("accounts")]
        const again = browser()
        await again.signIn(app())
        expect(await again.session(app())).toMatchObject(octo)
        expect([await count("users"), await count("accounts")]).toEqual(before)
        await originalReads(again, octo)
      })

      test("signs in users by a magic link, old and new", async () => {
        for (const [email, rowsMore] of [
          [adasEmail, 0],
          [uniqueEmail("new"), 1],
        ]) {
          const before = await count("users")
          const [user, late] = [browser(), browser()]
          const url = await user.link(app(), email)
          await user.follow(url)
          expect(await user.session(app())).toMatchObject({ user: { email } })
          expect(await count("users")).toBe(before + rowsMore)
          expect(await late.follow(url)).toContain("error=Verification")
          await originalReads(user, { user: { email } })
        }
      })

      test("takes a magic link that the original sent", async () => {
        const { reader, email, url } = pending.shift()
        const here = new URL(url.replaceAll(original.origin, app().origin))
        await reader.follow(here.href)
        expect(await reader.session(app())).toMatchObject({ user: { email } })
        const [user] = await rows(`SELECT * FROM ${tables}users WHERE email = ?`, [email])
        expect(user.email_verified).not.toBeNull()
      })

      test("extends a session that is due, once", async () => {
        const { expires } = await one.session(app())
        // It was made two days ago.
        const before = Date.parse(expires) - 2 * DAY
        const text = new Date(before).toISOString().replace("T", " ").replace("Z", "")
        const isNumber = isOurs && database.name === "sqlite"
        const zone = database.name === "postgres" ? "Z" : ""
        await execute(`UPDATE ${tables}sessions SET expires = ?`, [
          isNumber ? before : `${text}${zone}`,
        ])
        await one.session(app())
        const { expires: extended } = await one.session(app())
        expect(Date.parse(extended)).toBeGreaterThan(Date.now() + 30 * DAY - 60_000)
        expect((await one.session(app())).expires).toBe(extended)
        await originalReads(one, octo)
      })

      test("signs out", async () => {
        const user = browser()
        await user.signIn(app())
        const [token, before] = [user.token, await count("sessions")]
        await user.signOut(app())
        expect(user.token).toBeUndefined()
        expect(await count("sessions")).toBe(before - 1)
        for (const other of isOurs ? [app()] : [app(), original]) {
          const cookie = `${SESSION_COOKIE}=${token}`
          const response = await fetch(`${other.origin}/api/auth/session`, { headers: { cookie } })
          expect((await response.json()) ?? {}).toEqual({})
        }
      })

      test("had no error to log", () => {
        expect([app().errors, original.errors]).toEqual([[], []])
      })
    }

    for (const [index, version] of VERSIONS.entries()) {
      describe(`NextAuth ${version} on it`, () => {
        served({
          app: () => ours.apps[index],
          rows: (...query) => place.rows(...query),
          execute: (...query) => place.execute(...query),
          tables: prefix,
          isOurs: false,
        })
      })
    }

    describe("copied to our own tables", () => {
      beforeAll(async () => {
        target = await database.fresh()
        let schema = "typeorm-v3"
        if (schemaFile) {
          schema = path.join(await freshFolder(), "v3-schema.mjs")
          await writeFile(schema, schemaFile(config))
        }
        const from = ["--from", place.url, "--from-schema", schema]
        await run(process.execPath, [cli, "copy", ...from, "--to", target.url])
        const servers = VERSIONS.map((version) => ({
          version,
          adapter: "SqlxAdapter",
          database: { url: target.url },
        }))
        copied = await startApps(servers, { profile })
      })

      test("has a digest where the cookie's token was", async () => {
        const sql = "SELECT * FROM sessions WHERE session_token = ?"
        expect(await target.rows(sql, [one.token])).toEqual([])
        expect(await target.rows("SELECT * FROM sessions")).not.toEqual([])
      })

      for (const [index, version] of VERSIONS.entries()) {
        describe(`NextAuth ${version} on them`, () => {
          served({
            app: () => copied.apps[index],
            rows: (...query) => target.rows(...query),
            execute: (...query) => target.execute(...query),
            tables: "",
            isOurs: true,
          })
        })
      }
    })
  })
}
