const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeSession, makeUser, unique } = require("../support/samples")

contract("createSession, getSessionAndUser, updateSession and deleteSession", (db) => {
  const stored = (userId) => db.all("session", { userId })

  test("createSession stores the session and returns it", async () => {
    const user = await makeUser(db.adapter)
    const given = { sessionToken: unique("session"), userId: user.id, expires: hence() }

    const session = await db.adapter.createSession(given)
    expect(session).toStrictEqual(db.whole("session", given))
    const rows = await stored(user.id)
    expect(rows).toHaveLength(1)
    expect(rows[0].expires).toBe(session.expires.getTime())
    expect(rows[0].sessionToken === session.sessionToken).toBe(!db.schema.own)
  })

  test("createSession refuses a token that is taken, and changes nothing", async () => {
    const [ada, eve] = [await makeUser(db.adapter), await makeUser(db.adapter)]
    const session = await makeSession(db.adapter, ada.id)
    const again = { ...session, userId: eve.id, expires: hence(99_000) }

    const error = await refused(db.adapter.createSession(again), "ERR_UNIQUE")
    expect(error.operation).toBe("createSession")
    expect(await stored(eve.id)).toEqual([])
    const found = await db.adapter.getSessionAndUser(session.sessionToken)
    expect(found).toStrictEqual({ session, user: ada })
  })

  test("createSession refuses a user that is not there", async () => {
    const userId = db.unknownId()
    await refused(makeSession(db.adapter, userId), "ERR_FOREIGN_KEY")
    expect(await stored(userId)).toEqual([])
  })

  test.each(["sessionToken", "userId", "expires"])(
    "createSession refuses a session without %s",
    async (key) => {
      const user = await makeUser(db.adapter)
      for (const value of [undefined, null]) {
        await refused(makeSession(db.adapter, user.id, { [key]: value }), "ERR_INVALID_ARGUMENT")
      }
      expect(await stored(user.id)).toEqual([])
    },
  )

  test("getSessionAndUser gives both, whole", async () => {
    const user = await makeUser(db.adapter, { emailVerified: hence(), image: "/ada.png" })
    const session = await makeSession(db.adapter, user.id)
    const found = await db.adapter.getSessionAndUser(session.sessionToken)
    expect(found).toStrictEqual({ session, user })
  })

  test("getSessionAndUser gives null for a token that nobody has", async () => {
    for (const token of [unique("session"), "", "null", "' OR 1=1 --", "sha256:"]) {
      expect(await db.adapter.getSessionAndUser(token)).toBeNull()
    }
  })

  test("getSessionAndUser gives null for a long token, such as a JWT", async () => {
    const jwt = `eyJhbGciOiJkaXIifQ..${"x".repeat(20_000)}`
    expect(await db.adapter.getSessionAndUser(jwt)).toBeNull()
  })

  test("look-ups that arrive together each get their own session", async () => {
    const users = await Promise.all(Array.from({ length: 50 }, () => makeUser(db.adapter)))
    const sessions = await Promise.all(users.map((user) => makeSession(db.adapter, user.id)))
    const asked = sessions.flatMap((session) => [session.sessionToken, unique("none")])

    const found = await Promise.all(asked.map((token) => db.adapter.getSessionAndUser(token)))
    const expected = users.flatMap((user, n) => [{ session: sessions[n], user }, null])
    expect(found).toStrictEqual(expected)
  })

  test("updateSession moves the expiry and returns the whole session", async () => {
    const user = await makeUser(db.adapter)
    const session = await makeSession(db.adapter, user.id)
    const other = await makeSession(db.adapter, user.id)
    const expires = hence(7_200_000)

    const { sessionToken } = session
    const updated = await db.adapter.updateSession({ sessionToken, expires })
    expect(updated).toStrictEqual({ ...session, expires })
    const dates = (await stored(user.id)).map((row) => row.expires)
    expect(dates.sort()).toEqual([other.expires.getTime(), expires.getTime()].sort())
  })

  test("updateSession leaves alone what is missing or undefined", async () => {
    const user = await makeUser(db.adapter)
    const session = await makeSession(db.adapter, user.id)
    const { sessionToken } = session

    expect(await db.adapter.updateSession({ sessionToken })).toStrictEqual(session)
    const nothing = { sessionToken, expires: undefined, userId: undefined }
    expect(await db.adapter.updateSession(nothing)).toStrictEqual(session)
  })

  test("updateSession refuses to empty a column", async () => {
    const user = await makeUser(db.adapter)
    const session = await makeSession(db.adapter, user.id)
    const { sessionToken } = session

    for (const emptied of [{ expires: null }, { userId: null }]) {
      const call = db.adapter.updateSession({ sessionToken, ...emptied })
      await refused(call, "ERR_INVALID_ARGUMENT")
    }
    expect((await db.adapter.getSessionAndUser(sessionToken)).session).toStrictEqual(session)
  })

  test("updateSession can give the session to another user", async () => {
    const [ada, eve] = [await makeUser(db.adapter), await makeUser(db.adapter)]
    const session = await makeSession(db.adapter, ada.id)
    const { sessionToken } = session

    const moved = await db.adapter.updateSession({ sessionToken, userId: eve.id })
    expect(moved).toStrictEqual({ ...session, userId: eve.id })
    expect((await db.adapter.getSessionAndUser(sessionToken)).user).toStrictEqual(eve)
    const call = db.adapter.updateSession({ sessionToken, userId: db.unknownId() })
    await refused(call, "ERR_FOREIGN_KEY")
  })

  test("updateSession gives null for a session that is not there", async () => {
    const sessionToken = unique("session")
    expect(await db.adapter.updateSession({ sessionToken, expires: hence() })).toBeNull()
    expect(await db.adapter.updateSession({ sessionToken })).toBeNull()
    expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
  })

  test("deleteSession deletes one session and returns it", async () => {
    const user = await makeUser(db.adapter)
    const session = await makeSession(db.adapter, user.id)
    const other = await makeSession(db.adapter, user.id)

    expect(await db.adapter.deleteSession(session.sessionToken)).toStrictEqual(session)
    expect(await stored(user.id)).toHaveLength(1)
    expect(await db.adapter.getSessionAndUser(session.sessionToken)).toBeNull()
    expect(await db.adapter.getSessionAndUser(other.sessionToken)).not.toBeNull()
  })

  test("deleteSession gives null for a session that is not there", async () => {
    expect(await db.adapter.deleteSession(unique("session"))).toBeNull()
    const user = await makeUser(db.adapter)
    const { sessionToken } = await makeSession(db.adapter, user.id)
    await db.adapter.deleteSession(sessionToken)
    expect(await db.adapter.deleteSession(sessionToken)).toBeNull()
  })
})
