// What has expired never acts, whatever core does with it, and the clock that judges is the Node
// process's: the database's is hours ahead of it, or behind.

const { databases, describeOn } = require("../support/databases")
const { unique, uniqueEmail } = require("../support/samples")
const { application } = require("./app")
const { browser } = require("./browser")

jest.setTimeout(60_000)

const MINUTE = 60_000
/** How long a session and a magic link last in this application. */
const LIFETIME = 60 * MINUTE

const tested = databases.filter(({ name }) => name !== "pgbouncer")

for (const on of tested) {
  describeOn(on.name)(`clocks (${on.name})`, () => {
    // What deletes a few expired rows in the background may do so by the clock of a moment ago, which is
    // hours ahead once a test has turned it back.
    const it = application(on, { options: { autoCleanup: false } })

    afterEach(() => it.app?.order("clock", { by: 0 }))

    /** By how much the application's clock is ahead of the database's. */
    const ahead = (by) => it.app.order("clock", { by })
    const somebody = () => ({ sub: unique("sub"), email: uniqueEmail(), name: "Ada" })

    async function signedIn(person, tab = browser(() => it.app, it.outside)) {
      expect(await tab.comeBack(await tab.consent(person))).toMatchObject({ error: undefined })
      return tab
    }

    async function shown(tab) {
      const { session } = await tab.copy().session()
      return session?.user.email ?? null
    }

    const sessionsOf = ({ email }) =>
      it.place.rows(
        "SELECT s.user_id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = ?",
        [email],
      )

    test("a session that the database's clock believes in is nobody's", async () => {
      const ada = somebody()
      const tab = await signedIn(ada)
      await ahead(LIFETIME - MINUTE)
      expect(await shown(tab)).toBe(ada.email)
      await ahead(LIFETIME + MINUTE)
      expect(await shown(tab)).toBeNull()
      // Also not to a process whose clock is right again: it went when it was met.
      await ahead(0)
      expect(await shown(tab)).toBeNull()
    })

    test("an expired session's cookie links nobody to its user", async () => {
      const [ada, eve] = [somebody(), somebody()]
      const tab = await signedIn(ada)
      const cookie = tab.sessionToken
      await ahead(LIFETIME + MINUTE)
      const path = await tab.consent(eve)
      expect(tab.sessionToken).toBe(cookie)
      expect(await tab.comeBack(path)).toMatchObject({ error: undefined })
      expect(await shown(tab)).toBe(eve.email)
      const owners = await it.place.rows(
        "SELECT u.email FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.provider_account_id = ?",
        [eve.sub],
      )
      expect(owners).toEqual([{ email: eve.email }])
    })

    test("a magic link that the database's clock believes in is worthless, and stays so", async () => {
      const { email } = somebody()
      const tab = browser(() => it.app, it.outside)
      const link = await tab.askForLink(email)
      await ahead(LIFETIME + MINUTE)
      expect(await tab.comeBack(link)).toMatchObject({ error: "Verification" })
      await ahead(0)
      expect(await tab.comeBack(link)).toMatchObject({ error: "Verification" })
      expect(tab.sessionToken).toBeUndefined()
      expect(await it.place.rows("SELECT id FROM users WHERE email = ?", [email])).toEqual([])
    })

    test("what is long over by the database's clock acts until it is over by ours", async () => {
      const [ada, { email }] = [somebody(), somebody()]
      const behind = -3 * LIFETIME
      await ahead(behind)
      const tab = await signedIn(ada)
      const other = browser(() => it.app, it.outside)
      const link = await other.askForLink(email)
      expect(await it.app.order("cleanup")).toEqual({ sessions: 0, verificationTokens: 0 })
      await ahead(behind + LIFETIME - MINUTE)
      expect(await shown(tab)).toBe(ada.email)
      expect(await other.comeBack(link)).toMatchObject({ error: undefined })
      expect(await shown(other)).toBe(email)
      await ahead(behind + LIFETIME + MINUTE)
      expect(await shown(tab)).toBeNull()
      expect(await shown(other)).toBe(email)
      expect(await sessionsOf(ada)).toEqual([])
    })
  })
}
