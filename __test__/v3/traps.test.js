// What went wrong with NextAuth 2 and 3, or could, in the real packages: sessions in JWTs beside an
// adapter, error pages, several requests at once, and two databases in one process.

const { databases } = require("../support/databases")
const { uniqueEmail } = require("../support/samples")
const { freshFolder, query } = require("../support/sqlite")
const { browser, startApp, startApps } = require("./browser")
const { onDatabase } = require("./legacy")
const { TYPEORM } = require("./typeorm")

jest.setTimeout(60_000)

const cases = databases
  .filter(({ name }) => Object.hasOwn(TYPEORM, name))
  .flatMap((database) => [3, 2].map((version) => ({ database, version })))

for (const { database, version } of cases) {
  onDatabase(database, `NextAuth ${version}`, (place) => {
    const profile = { id: 583_231, name: "Octo", email: uniqueEmail("octo"), image: null }
    const users = () => place.rows("SELECT * FROM users")
    const started = []

    async function start(env) {
      const config = { url: place.url, synchronize: true }
      const app = await startApp({ version, adapter: "Default", database: config, profile, env })
      started.push(app)
      return app
    }

    beforeAll(async () => {
      // Its first request creates the tables.
      await browser().link(await start(), uniqueEmail())
    })
    beforeEach(async () => {
      for (const table of ["users", "accounts", "sessions", "verification_requests"]) {
        await place.execute(`DELETE FROM ${table}`)
      }
    })
    afterEach(() => Promise.all(started.splice(0).map((app) => app.stop())))

    describe("with sessions in JWTs", () => {
      test("stores users and accounts, and no session", async () => {
        const app = await start({ JWT: "1" })
        const [octo, ada, email] = [browser(), browser(), uniqueEmail()]
        expect(await octo.signIn(app)).toBe(`${app.origin}/`)
        await ada.follow(await ada.link(app, email))
        // The whole token is what the adapter is asked for as a session's.
        for (const one of [octo, ada]) expect(one.token.length).toBeGreaterThan(200)
        const { name, email: octosEmail } = profile
        expect(await octo.session(app)).toMatchObject({ user: { name, email: octosEmail } })
        expect(await ada.session(app)).toMatchObject({ user: { email } })
        // Already signed in, they sign in again.
        expect(await octo.signIn(app)).toBe(`${app.origin}/`)
        expect(await users()).toHaveLength(2)
        expect(await place.rows("SELECT * FROM accounts")).toHaveLength(1)
        expect(await place.rows("SELECT * FROM sessions")).toEqual([])
        await ada.signOut(app)
        expect(await ada.session(app)).toEqual({})
        expect(app.errors).toEqual([])
      })
    })

    describe("shows the page for an error", () => {
      // v3's is the page to sign in, again.
      const page = (app, error) =>
        `${app.origin}/api/auth/${version === 3 ? "signin" : "error"}?error=${error}`

      test("of createUser, by OAuth and by e-mail", async () => {
        const app = await start({ FAILING: "createUser" })
        const [octo, ada] = [browser(), browser()]
        expect(await octo.signIn(app)).toBe(page(app, "OAuthCreateAccount"))
        expect(await ada.follow(await ada.link(app, uniqueEmail()))).toBe(
          page(app, "EmailCreateAccount"),
        )
        for (const one of [octo, ada]) expect(await one.session(app)).toEqual({})
        // The log's code is the one of the original.
        const codes = app.errors.map(([code]) => code)
        if (version === 3) expect(codes).toContain("TYPEORM_LEGACY__CREATE_USER_ERROR")
      })

      test.each(["linkAccount", "createSession"])("of %s", async (method) => {
        const app = await start({ FAILING: method })
        const octo = browser()
        expect(await octo.signIn(app)).toBe(page(app, "Callback"))
        expect(await octo.session(app)).toEqual({})
        expect(JSON.stringify(app.errors)).toContain("no room")
      })
    })

    describe("with several requests at once", () => {
      test("makes one user of three first sign-ins, and whoever lost can try again", async () => {
        const app = await start()
        const all = [browser(), browser(), browser()]
        const ends = await Promise.all(all.map((one) => one.signIn(app)))
        expect(await users()).toHaveLength(1)
        expect(await place.rows("SELECT * FROM accounts")).toHaveLength(1)
        const won = ends.filter((end) => end === `${app.origin}/`)
        const lost = ends.filter((end) => end.includes("error="))
        expect(won.length).toBeGreaterThan(0)
        expect(won.length + lost.length).toBe(3)
        for (const [index, one] of all.entries()) {
          if (ends[index].includes("error=")) expect(await one.session(app)).toEqual({})
          expect(await one.signIn(app)).toBe(`${app.origin}/`)
          expect(await one.session(app)).toMatchObject({ user: { email: profile.email } })
        }
        expect(await users()).toHaveLength(1)
      })

      test("takes a magic link once", async () => {
        const app = await start()
        const all = [browser(), browser(), browser()]
        const url = await all[0].link(app, uniqueEmail())
        const ends = await Promise.all(all.map((one) => one.follow(url)))
        expect(ends.filter((end) => end === `${app.origin}/`)).toHaveLength(1)
        expect(ends.filter((end) => end.endsWith("error=Verification"))).toHaveLength(2)
        expect(all.filter(({ token }) => token !== undefined)).toHaveLength(1)
        expect(await users()).toHaveLength(1)
        expect(app.errors).toEqual([])
      })
    })

    test("serves two databases in one process", async () => {
      const file = `${await freshFolder()}/other.db`
      const others = { type: "sqlite", database: file, synchronize: true, entityPrefix: "other_" }
      const servers = [{ url: place.url, synchronize: true }, others].map((config) => ({
        version,
        adapter: "Default",
        database: config,
      }))
      const { apps, stop } = await startApps(servers, { profile })
      started.push({ stop })
      const emails = []
      // In turn, so that each is used after the other has been.
      for (const app of [...apps, ...apps]) {
        const [octo, ada, email] = [browser(), browser(), uniqueEmail()]
        await octo.signIn(app)
        expect(await octo.session(app)).toMatchObject({ user: { email: profile.email } })
        await ada.follow(await ada.link(app, email))
        expect(await ada.session(app)).toMatchObject({ user: { email } })
        emails.push(email)
      }
      const found = (rows) => rows.map(({ email }) => email).sort()
      expect(found(await users())).toEqual([profile.email, emails[0], emails[2]].sort())
      const rows = await query(file, "SELECT * FROM other_users")
      expect(found(rows)).toEqual([profile.email, emails[1], emails[3]].sort())
      // Each has its own database's dates.
      for (const { created_at: created } of rows) expect(created).toMatch(/^\d{4}-\d\d-\d\d /)
      for (const app of apps) expect(app.errors).toEqual([])
    })
  })
}
