const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeSession, makeToken, makeUser, passkey, unique } = require("../support/samples")

const INSTANTS = [
  "2024-02-29T12:34:56.789Z",
  "1970-01-01T00:00:00.000Z",
  "1970-01-01T00:00:00.001Z",
  "1969-12-31T23:59:59.999Z",
  "1969-12-31T23:59:59.001Z",
  "1900-01-01T00:00:00.123Z",
  "1582-10-04T11:59:59.999Z",
  "0001-01-01T00:00:00.000Z",
  "0099-06-15T01:02:03.004Z",
  "2038-01-19T03:14:07.999Z",
  "2038-01-19T03:14:08.001Z",
  "2106-02-07T06:28:16.001Z",
  "9999-12-31T23:59:59.999Z",
  // The hours that daylight saving skips and repeats in Berlin.
  "2024-03-31T01:30:00.500Z",
  "2024-10-27T00:30:00.500Z",
  "2024-10-27T01:30:00.500Z",
]

const WRONG_DATES = [
  ["an invalid date", new Date(Number.NaN)],
  ["a text", "2030-01-01T00:00:00.000Z"],
  ["a number", 1_893_456_000_000],
  ["a boolean", true],
  ["a bigint", 1n],
  ["an object", {}],
  ["an object like a date", { getTime: () => 1_893_456_000_000, valueOf: () => 1 }],
  ["an object with a date's prototype", Object.create(Date.prototype)],
]

contract("dates", (db) => {
  test.each(INSTANTS)("keep their instant: %s", async (text) => {
    const given = new Date(text)
    expect(given.toISOString()).toBe(text)
    const instant = db.instant("user", given)
    if (instant === null) {
      await refused(makeUser(db.adapter, { emailVerified: given }), "ERR_INVALID_ARGUMENT")
      await refused(makeToken(db.adapter, { expires: given }), "ERR_INVALID_ARGUMENT")
      return
    }
    const made = await makeUser(db.adapter, { emailVerified: given })

    expect(made.emailVerified).toStrictEqual(instant)
    expect((await db.one("user", { id: made.id })).emailVerified).toBe(instant.getTime())
    expect((await db.adapter.getUser(made.id)).emailVerified).toStrictEqual(instant)

    const other = await makeUser(db.adapter)
    const updated = await db.adapter.updateUser({ id: other.id, emailVerified: given })
    expect(updated.emailVerified).toStrictEqual(instant)

    const expires = db.instant("verificationToken", given)
    const token = makeToken(db.adapter, { expires: given })
    if (expires === null) await refused(token, "ERR_INVALID_ARGUMENT")
    else expect((await token).expires).toStrictEqual(expires)
  })

  test("of sessions and tokens reach the year 9999", async () => {
    const user = await makeUser(db.adapter)
    const last = new Date(db.schema.latest ?? "9999-12-31T23:59:59.999Z")
    const expires = db.instant("session", last)
    const session = await makeSession(db.adapter, user.id, { expires })
    const found = await db.adapter.getSessionAndUser(session.sessionToken)
    expect(found.session.expires).toStrictEqual(expires)
    const token = await makeToken(db.adapter, { expires })
    expect(await db.adapter.useVerificationToken(token)).toStrictEqual(token)
  })

  test("are real dates", async () => {
    const user = await makeUser(db.adapter, { emailVerified: hence() })
    const session = await makeSession(db.adapter, user.id)
    const token = await makeToken(db.adapter)
    const found = await db.adapter.getSessionAndUser(session.sessionToken)
    const [listed] = await db.adapter.listSessions(user.id)
    const used = await db.adapter.useVerificationToken(token)
    const dates = [
      user.emailVerified,
      session.expires,
      token.expires,
      found.session.expires,
      found.user.emailVerified,
      listed.expires,
      ...(db.schema.dated ? [listed.createdAt] : []),
      used.expires,
    ]
    for (const date of dates) {
      expect(date).toBeInstanceOf(Date)
      expect(Object.getPrototypeOf(date)).toBe(Date.prototype)
      expect(Number.isInteger(date.getTime())).toBe(true)
    }
  })

  test("are the caller's own to change", async () => {
    const user = await makeUser(db.adapter, { emailVerified: hence() })
    const before = user.emailVerified.getTime()
    user.emailVerified.setTime(0)
    expect((await db.adapter.getUser(user.id)).emailVerified.getTime()).toBe(before)
  })

  test.each(WRONG_DATES)("refuse %s, and nothing is stored", async (_, wrong) => {
    const user = await makeUser(db.adapter, { emailVerified: hence() })
    const session = await makeSession(db.adapter, user.id)
    const id = unique("user")
    const identifier = unique("identifier")

    const calls = [
      ["createUser", { id, emailVerified: wrong }],
      ["updateUser", { id: user.id, name: "Eve", emailVerified: wrong }],
      ["createSession", { sessionToken: unique("session"), userId: user.id, expires: wrong }],
      ["updateSession", { sessionToken: session.sessionToken, expires: wrong }],
      ["createVerificationToken", { identifier, token: unique("token"), expires: wrong }],
    ]
    for (const [operation, argument] of calls) {
      const error = await refused(db.adapter[operation](argument), "ERR_INVALID_ARGUMENT")
      expect(error.operation).toBe(operation)
    }
    expect(await db.adapter.getUser(id)).toBeNull()
    expect(await db.adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({
      session,
      user,
    })
    expect(await db.countOf("session", { userId: user.id })).toBe(1)
    expect(await db.countOf("verificationToken", { identifier })).toBe(0)
  })

  test("of a subclass, and with a toString of their own, count by their instant", async () => {
    class Moment extends Date {
      toISOString() {
        throw new Error("not asked")
      }
      valueOf() {
        return 0
      }
    }
    const instant = new Moment("2030-01-01T00:00:00.123Z")
    const user = await makeUser(db.adapter, { emailVerified: instant })
    const kept = db.instant("user", new Date("2030-01-01T00:00:00.123Z"))
    expect(user.emailVerified.getTime()).toBe(kept.getTime())
  })

  test("are not made out of texts that look like dates", async () => {
    const text = "2020-01-01T00:00:00.000Z"
    const user = await makeUser(db.adapter, { name: text, image: text })
    expect(user).toMatchObject(db.kept("user", { name: text, image: text }))
    if (!db.schema.passkeys) return
    const made = await db.adapter.createAuthenticator(passkey(user.id, { transports: text }))
    expect(made.transports).toBe(text)
  })
})
