const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, kept, makeUser } = require("../support/samples")

const SECOND = 1_000
const DAY = 86_400 * SECOND

contract("createSessionFor", (db) => {
  test("signs a user in with a random token, for 30 days", async () => {
    const user = await makeUser(db.adapter)
    const before = kept(Date.now()).getTime()
    const session = await db.adapter.createSessionFor(user.id)
    const after = Date.now()

    const whole = db.whole("session", { expires: 0, sessionToken: 0, userId: 0 })
    expect(Object.keys(session).sort()).toEqual(Object.keys(whole).sort())
    expect(session.userId).toBe(user.id)
    expect(session.expires.getTime()).toBeGreaterThanOrEqual(before + 30 * DAY)
    expect(session.expires.getTime()).toBeLessThanOrEqual(after + 30 * DAY)
    const found = await db.adapter.getSessionAndUser(session.sessionToken)
    expect(found).toStrictEqual({ session, user })
    // Our table holds a digest of it, as of every other.
    const { sessionToken } = session
    expect(await db.countOf("session", { sessionToken })).toBe(db.schema.own ? 0 : 1)
    expect(await db.countOf("session", { userId: user.id })).toBe(1)
  })

  test("no two tokens are alike, nor short", async () => {
    const user = await makeUser(db.adapter)
    const sessions = await Promise.all(
      Array.from({ length: 50 }, () => db.adapter.createSessionFor(user.id)),
    )
    const tokens = sessions.map(({ sessionToken }) => sessionToken)
    expect(new Set(tokens).size).toBe(50)
    for (const token of tokens) expect(token.length).toBeGreaterThanOrEqual(32)
  })

  test("it ends at expires, or after maxAge seconds", async () => {
    const user = await makeUser(db.adapter)
    const expires = hence()
    const until = await db.adapter.createSessionFor(user.id, { expires })
    expect(until.expires).toStrictEqual(expires)

    const before = kept(Date.now() + 500).getTime() - 500
    const short = await db.adapter.createSessionFor(user.id, { maxAge: 90.5 })
    const after = Date.now()
    expect(short.expires.getTime()).toBeGreaterThanOrEqual(before + 90_500)
    expect(short.expires.getTime()).toBeLessThanOrEqual(after + 90_500)

    const past = await db.adapter.createSessionFor(user.id, {
      expires: new Date(db.schema.earliest ?? 0),
    })
    expect(await db.adapter.getSessionAndUser(past.sessionToken)).toBeNull()
  })

  test.each([
    ["a misspelt option", { maxage: 60 }],
    ["both", { maxAge: 60, expires: new Date() }],
    ["an expires that is no Date", { expires: "2030-01-01" }],
    ["no expires", { expires: null }],
    ["an invalid Date", { expires: new Date(Number.NaN) }],
    ["a maxAge that is no number", { maxAge: "60" }],
    ["a maxAge of 0", { maxAge: 0 }],
    ["a maxAge below 0", { maxAge: -60 }],
    ["no number", { maxAge: Number.NaN }],
    ["a maxAge beyond all dates", { maxAge: 1e13 }],
    ["an endless maxAge", { maxAge: Number.POSITIVE_INFINITY }],
    ["a number instead of options", 60],
  ])("rejects %s, and stores nothing", async (_, options) => {
    const user = await makeUser(db.adapter)
    await refused(db.adapter.createSessionFor(user.id, options), "ERR_INVALID_ARGUMENT")
    expect(await db.countOf("session", { userId: user.id })).toBe(0)
  })

  test("rejects a user who is not there, and no user at all", async () => {
    const nobody = db.unknownId()
    const error = await refused(db.adapter.createSessionFor(nobody), "ERR_FOREIGN_KEY")
    expect(error.operation).toBe("createSessionFor")
    expect(await db.countOf("session", { userId: nobody })).toBe(0)
    for (const userId of [undefined, null, {}]) {
      await refused(db.adapter.createSessionFor(userId), "ERR_INVALID_ARGUMENT")
    }
  })
})
