// Whom a crash has left in the middle of a sign-in signs in again through the real core, with
// reclaimUnfinishedUsers, and nobody gets anybody else's user.

const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { makeAccount, makeSession, unique, uniqueEmail } = require("../support/samples")
const { application } = require("./app")
const { browser } = require("./browser")

jest.setTimeout(60_000)

const LONG = 16 * 60_000

for (const on of databases.filter(({ name }) => ["sqlite", "postgres", "mariadb"].includes(name))) {
  describeOn(on.name)(`reclaimUnfinishedUsers through core (${on.name})`, () => {
    const options = { reclaimUnfinishedUsers: true }
    let adapter

    afterAll(() => adapter?.close())

    const it = application(on, { options })

    beforeAll(() => {
      adapter = SqlxAdapter(it.place.url, { ...options, pool: { max: 2 } })
    })

    afterEach(() => it.app?.order("clock", { by: 0 }))

    /** What core asks for before the account is linked. */
    const begun = (email) => adapter.createUser({ name: "Ada", email, emailVerified: null })
    const somebody = (email) => ({ sub: unique("sub"), email, name: "Ada" })
    const ids = async (email) =>
      (await it.place.rows("SELECT id FROM users WHERE email = ?", [email])).map(({ id }) => id)

    async function consented(email) {
      const tab = browser(() => it.app, it.outside)
      const answer = await tab.comeBack(await tab.consent(somebody(email)))
      return { tab, error: answer.error }
    }

    test("by OpenID Connect", async () => {
      const left = await begun(uniqueEmail())
      expect(await consented(left.email)).toMatchObject({ error: "OAuthAccountNotLinked" })
      await it.app.order("clock", { by: LONG })
      const { tab, error } = await consented(left.email)
      expect(error).toBeUndefined()
      expect((await tab.session()).session.user.email).toBe(left.email)
      const [id, ...others] = await ids(left.email)
      expect(others).toEqual([])
      expect(id).not.toBe(left.id)
    })

    test("by magic link", async () => {
      const left = await begun(uniqueEmail())
      await it.app.order("clock", { by: LONG })
      const tab = browser(() => it.app, it.outside)
      const answer = await tab.comeBack(await tab.askForLink(left.email))
      expect(answer.error).toBeUndefined()
      const [id, ...others] = await ids(left.email)
      expect(others).toEqual([])
      expect(id).not.toBe(left.id)
    })

    test.each([
      ["has an account", (user) => makeAccount(adapter, user.id)],
      [
        "was signed in once",
        async (user) => {
          await adapter.deleteSession((await makeSession(adapter, user.id)).sessionToken)
        },
      ],
      [
        "was changed by the application",
        (user) => adapter.updateUser({ id: user.id, name: "Zoë" }),
      ],
    ])("a stranger who knows the address of one who %s gets nothing", async (_title, use) => {
      const user = await begun(uniqueEmail())
      await use(user)
      await it.app.order("clock", { by: LONG })
      const { tab, error } = await consented(user.email)
      expect(error).toBe("OAuthAccountNotLinked")
      expect((await tab.session()).session).toBeNull()
      expect(await ids(user.email)).toEqual([user.id])
    })
  })
}
