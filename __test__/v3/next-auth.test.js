// The real NextAuth 3.29.10, and 2.2.0, on this adapter, by all its spellings: sign-in, session, refresh
// and sign-out, over HTTP.

const { databases, describeOn } = require("../support/databases")
const { uniqueEmail } = require("../support/samples")
const { browser, startApp } = require("./browser")
const { onDatabase } = require("./legacy")

jest.setTimeout(60_000)

const V3 = { synchronize: true, entityPrefix: "v3_" }

const spellings = [
  { adapter: "Default", options: V3 },
  { adapter: "TypeORM", options: V3 },
  { adapter: "TypeORM.Adapter", options: V3 },
  { adapter: "fromDatabase", options: V3 },
  { adapter: "Default", options: V3, version: 2 },
  // The tables of Prisma's adapter for v3.
  { adapter: "Prisma", options: { synchronize: true } },
  // A v3 application on our own tables.
  { adapter: "SqlxAdapter", options: {} },
]

/** Every spelling on SQLite, one on each server, and our own tables everywhere. */
const cases = databases
  .filter(({ name }) => name !== "pgbouncer")
  .flatMap((database) =>
    spellings
      .filter(({ adapter }) => database.name === "sqlite" || !adapter.startsWith("TypeORM"))
      .map((spelling) => ({ database, ...spelling })),
  )

for (const { database, adapter, options, version = 3 } of cases) {
  onDatabase(database, `NextAuth ${version} with ${adapter}`, (place) => {
    const profile = { id: 583_231, name: "Octo", email: uniqueEmail("octo"), image: "https://i" }
    const prefix = options.entityPrefix ?? ""
    let app

    beforeAll(async () => {
      const config = { url: place.url, ...options }
      app = await startApp({ version, adapter, database: config, profile })
    })
    afterAll(() => app?.stop())

    const sessions = () => place.rows(`SELECT * FROM ${prefix}sessions`)

    test("signs in by a magic link, once", async () => {
      const [ada, eve] = [browser(), browser()]
      const email = uniqueEmail()
      const url = await ada.link(app, email.toUpperCase())
      expect(await ada.follow(url)).toBe(`${app.origin}/`)
      expect(ada.token).toMatch(/^[0-9a-f]{64}$/)
      expect(await ada.session(app)).toEqual({
        user: { name: null, email, image: null },
        accessToken: expect.stringMatching(/^[0-9a-f]{64}$/),
        expires: expect.stringMatching(/^\d{4}-.*Z$/),
      })
      const [user] = await place.rows(`SELECT * FROM ${prefix}users WHERE email = ?`, [email])
      expect(user.email_verified).toBeTruthy()

      expect(await eve.follow(url)).toContain("/api/auth/error?error=Verification")
      expect(eve.token).toBeUndefined()
      expect(await eve.session(app)).toEqual({})
    })

    test("signs in a known user by a magic link", async () => {
      const email = uniqueEmail()
      for (const one of [browser(), browser()]) {
        await one.follow(await one.link(app, email))
        expect(await one.session(app)).toMatchObject({ user: { email } })
      }
      expect(
        await place.rows(`SELECT * FROM ${prefix}users WHERE email = ?`, [email]),
      ).toHaveLength(1)
    })

    test("signs in by OAuth, whose ids are numbers, for the first time and again", async () => {
      const { name, email, image } = profile
      for (const one of [browser(), browser()]) {
        expect(await one.signIn(app)).toBe(`${app.origin}/`)
        expect((await one.session(app)).user).toEqual({ name, email, image })
      }
      const accounts = await place.rows(`SELECT * FROM ${prefix}accounts`)
      expect(accounts).toHaveLength(1)
      expect(accounts[0]).toMatchObject({
        provider_account_id: "583231",
        access_token: "access",
        refresh_token: "refresh",
      })
    })

    test("reads a session without writing, and extends one that is due", async () => {
      const ada = browser()
      await ada.follow(await ada.link(app, uniqueEmail()))
      const { expires } = await ada.session(app)
      expect((await ada.session(app)).expires).toBe(expires)
      // It was made two days ago.
      const before = new Date(Date.parse(expires) - 2 * 24 * 3_600_000)
      const text = before.toISOString().replace("T", " ").replace("Z", "")
      const isOurSqlite = database.name === "sqlite" && !prefix
      const moment = isOurSqlite ? before.getTime() : text + (place.name === "postgres" ? "Z" : "")
      await place.execute(`UPDATE ${prefix}sessions SET expires = ?`, [moment])
      const { expires: extended } = await ada.session(app)
      expect(Date.parse(extended)).toBeGreaterThanOrEqual(Date.parse(expires))
      expect((await ada.session(app)).expires).toBe(extended)
    })

    test("signs out", async () => {
      const ada = browser()
      await ada.follow(await ada.link(app, uniqueEmail()))
      const before = (await sessions()).length
      expect(await ada.signOut(app)).toBe(app.origin)
      expect(ada.token).toBeUndefined()
      expect(await ada.session(app)).toEqual({})
      expect(await sessions()).toHaveLength(before - 1)
    })

    test("does not link an account to a user with the same address, and says so", async () => {
      const ada = browser()
      const table = `${prefix}accounts`
      const accounts = await place.rows(`SELECT * FROM ${table}`)
      await place.execute(`DELETE FROM ${table}`)
      expect(accounts).toHaveLength(1)
      expect(await ada.signIn(app)).toContain("error=OAuthAccountNotLinked")
      expect(ada.token).toBeUndefined()
      expect(await place.rows(`SELECT * FROM ${table}`)).toEqual([])
    })

    test("had no error to log", () => {
      expect(app.errors).toEqual([])
    })
  })
}

/** As the documentation has them, word for word. */
const IN_MEMORY = { type: "sqlite", database: ":memory:", synchronize: true }
const documented = [
  ["Default", IN_MEMORY],
  ["TypeORM", IN_MEMORY],
  ["TypeORM.Adapter", IN_MEMORY],
  ["fromDatabase", IN_MEMORY],
  ["Default", "sqlite://localhost/:memory:?synchronize=true"],
  ["fromDatabase", "sqlite://localhost/:memory:?synchronize=true"],
]

describeOn("sqlite")("the documentation's configuration", () => {
  test.each(
    documented.flatMap(([adapter, database]) =>
      [2, 3].map((version) => [adapter, database, version]),
    ),
  )("%s(%j) signs in and out under NextAuth %i", async (adapter, database, version) => {
    const profile = { id: 583_231, name: "Octo", email: uniqueEmail("octo"), image: "https://i" }
    const app = await startApp({ version, adapter, database, profile })
    try {
      const [ada, octo] = [browser(), browser()]
      const email = uniqueEmail()
      await ada.follow(await ada.link(app, email))
      await octo.signIn(app)
      expect((await ada.session(app)).user).toMatchObject({ email })
      expect((await octo.session(app)).user).toMatchObject({ email: profile.email })
      await ada.signOut(app)
      expect(await ada.session(app)).toEqual({})
      expect(app.errors).toEqual([])
    } finally {
      app.stop()
    }
  })
})
