// NextAuth 3 with its own `Adapters.Prisma` beside NextAuth 3 with ours, on tables that Prisma made: each reads
// what the other wrote.

const { databases, describeOn } = require("../support/databases")
const { uniqueEmail } = require("../support/samples")
const { browser, startApp } = require("../v3/browser")

jest.setTimeout(60_000)

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`Adapters.Prisma and ours on one database (${database.name})`, () => {
    const profile = { id: 583_231, name: "Octo", email: uniqueEmail("octo"), image: null }
    const octo = { user: { name: "Octo", email: profile.email, image: null } }
    let [place, original, ours] = []

    beforeAll(async () => {
      place = await database.fresh()
      const { url } = place
      const theirs = { kind: database.kind, url }
      original = await startApp({ adapter: "original Prisma", database: theirs, profile })
      ours = await startApp({ adapter: "Prisma", database: { url }, profile })
    })
    afterAll(async () => {
      await Promise.all([original?.stop(), ours?.stop()])
      await place?.drop()
    })
    afterEach(() => expect([original.errors, ours.errors]).toEqual([[], []]))

    test("have each other's sessions", async () => {
      const [one, other] = [browser(), browser()]
      await one.signIn(original)
      await other.signIn(ours)
      for (const user of [one, other]) {
        const seen = await user.session(original)
        expect(seen).toMatchObject(octo)
        expect(await user.session(ours)).toEqual(seen)
      }
      expect(await place.rows("SELECT * FROM users WHERE name = ?", ["Octo"])).toHaveLength(1)
      expect(await place.rows("SELECT * FROM accounts")).toHaveLength(1)
      await one.signOut(ours)
      expect(await one.session(original)).toEqual({})
      await other.signOut(original)
      expect(await other.session(ours)).toEqual({})
    })

    test("take each other's magic links", async () => {
      for (const [sender, taker] of [
        [original, ours],
        [ours, original],
      ]) {
        const [ada, email] = [browser(), uniqueEmail()]
        const url = await ada.link(sender, email)
        await ada.follow(url.replaceAll(sender.origin, taker.origin))
        for (const app of [sender, taker]) {
          expect(await ada.session(app)).toMatchObject({ user: { email } })
        }
        expect(await ada.follow(url)).toContain("error=Verification")
      }
    })

    test("write rows that are alike", async () => {
      const shape = async (app) => {
        const [ada, email] = [browser(), uniqueEmail()]
        await ada.follow(await ada.link(app, email))
        const rows = [
          await place.rows("SELECT * FROM users WHERE email = ?", [email]),
          await place.rows("SELECT * FROM sessions WHERE session_token = ?", [ada.token]),
        ].flat()
        const form = (value) =>
          typeof value === "string" && /^\d{4}-/.test(value)
            ? value.replace(/\d/g, "0")
            : typeof value
        return rows.map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name, form(value)])),
        )
      }
      const theirs = await shape(original)
      expect(theirs).toHaveLength(2)
      expect(await shape(ours)).toEqual(theirs)
    })
  })
}
