// The recipe of docs/refresh-tokens.md, through the real core: a provider's tokens are those of the last
// sign-in, not those of the first.

const { databases, describeOn } = require("../support/databases")
const { unique, uniqueEmail } = require("../support/samples")
const { application } = require("./app")
const { browser } = require("./browser")

jest.setTimeout(60_000)

const tested = databases.filter(({ name }) => ["sqlite", "postgres"].includes(name))

for (const on of tested) {
  describeOn(on.name)(`fresh tokens (${on.name})`, () => {
    const it = application(on, { keepsTokens: true })

    async function signIn(person) {
      const tab = browser(() => it.app, it.outside)
      const answer = await tab.comeBack(await tab.consent(person))
      expect(answer).toEqual({ error: undefined, refusals: [] })
      expect((await tab.session()).session.user.email).toBe(person.email)
    }

    const accountsOf = ({ sub }) =>
      it.place.rows(
        "SELECT user_id, access_token, id_token, expires_at FROM accounts WHERE provider_account_id = ?",
        [sub],
      )

    test("are stored at each sign-in, of this person and nobody else", async () => {
      const ada = { sub: unique("sub"), email: uniqueEmail(), name: "Ada" }
      const eve = { sub: unique("sub"), email: uniqueEmail(), name: "Eve" }
      await signIn(ada)
      await signIn(eve)
      const [before, hers] = [await accountsOf(ada), await accountsOf(eve)]
      expect([before.length, hers.length]).toEqual([1, 1])
      expect(before[0].access_token).toMatch(/^[0-9a-f]{24}$/)
      await signIn(ada)
      const after = await accountsOf(ada)
      expect(after).toHaveLength(1)
      expect(after[0].user_id).toBe(before[0].user_id)
      expect(after[0].access_token).toMatch(/^[0-9a-f]{24}$/)
      expect(after[0].access_token).not.toBe(before[0].access_token)
      expect(after[0].id_token).not.toBe(before[0].id_token)
      expect(Number(after[0].expires_at)).toBeGreaterThanOrEqual(Number(before[0].expires_at))
      expect(await accountsOf(eve)).toEqual(hers)
    })

    test("a magic link, which brings none, is not stopped by it", async () => {
      const email = uniqueEmail()
      const tab = browser(() => it.app, it.outside)
      const link = await tab.askForLink(email)
      expect(await tab.comeBack(link)).toEqual({ error: undefined, refusals: [] })
      expect((await tab.session()).session.user.email).toBe(email)
    })
  })
}
