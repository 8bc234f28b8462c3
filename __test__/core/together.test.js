// Two tabs, two servers, a double click: 64 requests of one person at the same moment, through the
// real core of Auth.js, and NextAuth.js v4's own handler, on two servers of one application.

const { databases, describeOn } = require("../support/databases")
const { uniqueEmail, unique } = require("../support/samples")
const { startApp } = require("./app")
const { browser } = require("./browser")
const { startOutside } = require("./outside")

jest.setTimeout(60_000)

const CALLERS = 64

/** What those may meet who come second: the row is there. */
const CAME_SECOND = /^(createUser|linkAccount):ERR_UNIQUE$/

const tested = databases.filter(({ name }) => name !== "pgbouncer")

/** What v4 does with an adapter's answers is the same on each database. */
const cases = tested.flatMap((on) => [
  { on, nextAuth: 5, title: "Auth.js" },
  ...(["sqlite", "postgres"].includes(on.name)
    ? [{ on, nextAuth: 4, title: "NextAuth.js v4" }]
    : []),
])

for (const { on, nextAuth, title } of cases) {
  describeOn(on.name)(`64 at once through ${title} (${on.name})`, () => {
    let outside
    let place
    let apps = []

    beforeAll(async () => {
      outside = await startOutside()
      place = await on.fresh()
      const settings = { url: place.url, outside: outside.url, nextAuth }
      apps = await Promise.all([startApp(settings), startApp(settings)])
      // There are no tables yet: the first race is for those too.
    })

    afterAll(async () => {
      await Promise.all(apps.map((app) => app.stop()))
      await place?.drop()
      await outside?.stop()
    })

    const browsers = () =>
      Array.from({ length: CALLERS }, (_, n) => browser(() => apps[n % apps.length], outside))
    const somebody = () => ({ sub: unique("sub"), email: uniqueEmail(), name: "Ada" })

    async function stored({ email }) {
      const users = await place.rows("SELECT id FROM users WHERE email = ?", [email])
      const of = (table) =>
        place.rows(`SELECT user_id FROM ${table} WHERE user_id = ?`, [users[0]?.id ?? ""])
      return {
        users: users.length,
        accounts: (await of("accounts")).length,
        sessions: (await of("sessions")).length,
      }
    }

    /** The errors of those who were shown one; everybody else is signed in, as this person. */
    async function errorsOf(tabs, answers, { email }) {
      const errors = []
      for (const [n, { error, refusals }] of answers.entries()) {
        const { session } = await tabs[n].session()
        // Without one v4 says {}, and Auth.js null.
        expect(session?.user?.email).toBe(error ? undefined : email)
        for (const refusal of refusals) expect(refusal).toMatch(CAME_SECOND)
        if (error) errors.push(error)
      }
      return errors
    }

    async function everybody(tabs, path) {
      return Promise.all(tabs.map((tab, n) => tab.comeBack(path(n))))
    }

    test("new, from as many browsers: one user, one account", async () => {
      const ada = somebody()
      const tabs = browsers()
      const paths = await Promise.all(tabs.map((tab) => tab.consent(ada)))
      outside.gather(CALLERS)
      const errors = await errorsOf(tabs, await everybody(tabs, (n) => paths[n]), ada)
      expect(errors.length).toBeLessThan(CALLERS)
      expect(await stored(ada)).toEqual({
        users: 1,
        accounts: 1,
        sessions: CALLERS - errors.length,
      })

      // Nobody is locked out: who was too late gets in by trying again.
      const again = browsers()
      const secondPaths = await Promise.all(again.map((tab) => tab.consent(ada)))
      expect(await errorsOf(again, await everybody(again, (n) => secondPaths[n]), ada)).toEqual([])
      expect(await stored(ada)).toMatchObject({ users: 1, accounts: 1 })
    })

    test.each([
      ["is taken once by the provider", false],
      ["is taken again by the provider", true],
    ])("a callback that is retried, whose code %s", async (_, again) => {
      const ada = somebody()
      const tab = browser(() => apps[0], outside)
      const path = await tab.consent(ada, { again })
      const tabs = Array.from({ length: CALLERS }, () => tab.copy())
      outside.gather(CALLERS)
      const errors = await errorsOf(tabs, await everybody(tabs, () => path), ada)
      expect(errors.length).toBeLessThan(CALLERS)
      if (!again) expect(errors).toHaveLength(CALLERS - 1)
      expect(await stored(ada)).toMatchObject({ users: 1, accounts: 1 })
    })

    test("a magic link that is opened again and again: one gets in, by one user", async () => {
      const eve = somebody()
      const tabs = browsers()
      const link = await tabs[0].askForLink(eve.email)
      const errors = await errorsOf(tabs, await everybody(tabs, () => link), eve)
      expect(errors).toEqual(Array(CALLERS - 1).fill("Verification"))
      expect(await stored(eve)).toEqual({ users: 1, accounts: 0, sessions: 1 })
      const left = await place.rows("SELECT token FROM verification_tokens", [])
      expect(left).toEqual([])
    })

    test("as many magic links of one new address: one user, and the winner gets in", async () => {
      const eve = somebody()
      const tabs = browsers()
      await Promise.all(tabs.map((tab) => tab.visit("/auth/csrf")))
      const links = []
      for (const tab of tabs) links.push(await tab.askForLink(eve.email))
      const errors = await errorsOf(tabs, await everybody(tabs, (n) => links[n]), eve)
      expect(errors.length).toBeLessThan(CALLERS)
      const { users, sessions } = await stored(eve)
      expect({ users, sessions }).toEqual({ users: 1, sessions: CALLERS - errors.length })
    })
  })
}
