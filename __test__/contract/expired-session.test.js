const { contract } = require("../support/contract")
const { eventually } = require("../support/expectations")
const { ago, hence, kept, makeSession, makeUser } = require("../support/samples")

contract("a session past its expiry", (db) => {
  const left = (user) => db.countOf("session", { userId: user.id })

  /** A session whose expiry another program has moved into the past. */
  async function makeExpired(by = 1) {
    const user = await makeUser(db.adapter)
    const session = await makeSession(db.adapter, user.id)
    await db.change("session", { expires: ago(by) }, { userId: user.id })
    return { user, sessionToken: session.sessionToken }
  }

  test("is not returned by getSessionAndUser, and goes away", async () => {
    const { user, sessionToken } = await makeExpired()
    expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
    await eventually(async () => (await left(user)) === 0)
  })

  test("is neither returned nor revived by updateSession, and goes away", async () => {
    const { user, sessionToken } = await makeExpired()
    expect(await db.adapter.updateSession({ sessionToken, expires: hence() })).toBeNull()
    expect(await db.adapter.updateSession({ sessionToken })).toBeNull()
    expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
    await eventually(async () => (await left(user)) === 0)
  })

  test("is not returned by deleteSession, and goes away", async () => {
    const { user, sessionToken } = await makeExpired()
    expect(await db.adapter.deleteSession(sessionToken)).toBeNull()
    await eventually(async () => (await left(user)) === 0)
  })

  test("is not returned by listSessions", async () => {
    const { user } = await makeExpired()
    const alive = await makeSession(db.adapter, user.id)
    const listed = await db.adapter.listSessions(user.id)
    expect(listed.map((session) => session.expires)).toStrictEqual([alive.expires])
  })

  test("is deleted by deleteSessionsByUser along with the others", async () => {
    const { user } = await makeExpired()
    await makeSession(db.adapter, user.id)
    await db.adapter.deleteSessionsByUser(user.id)
    expect(await left(user)).toBe(0)
  })

  test("does not act when it expired long ago, in 1970", async () => {
    const { sessionToken } = await makeExpired(
      Date.now() - Math.max(1, Date.parse(db.schema.earliest ?? 0)),
    )
    expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
  })

  test("does not take the user's living sessions with it", async () => {
    const { user, sessionToken } = await makeExpired()
    const alive = await makeSession(db.adapter, user.id)
    await db.adapter.getSessionAndUser(sessionToken)

    await eventually(async () => (await left(user)) === 1)
    expect(await db.adapter.getSessionAndUser(alive.sessionToken)).toStrictEqual({
      session: alive,
      user,
    })
  })

  test("stops acting at the very millisecond", async () => {
    const user = await makeUser(db.adapter)
    // In two seconds where dates are kept to the second.
    const expires = kept(Date.now() + (db.schema.seconds ? 2_000 : 300))
    const { sessionToken } = await makeSession(db.adapter, user.id, { expires })

    for (;;) {
      const before = Date.now()
      const found = await db.adapter.getSessionAndUser(sessionToken)
      const after = Date.now()
      if (after < expires.getTime()) expect(found).not.toBeNull()
      if (before > expires.getTime()) {
        expect(found).toBeNull()
        break
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })

  test("can be created, and never acts", async () => {
    const user = await makeUser(db.adapter)
    const session = { expires: ago() }
    const { sessionToken } = await makeSession(db.adapter, user.id, session)
    expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
    expect(await db.adapter.listSessions(user.id)).toStrictEqual([])
  })

  test("ends a session by moving its expiry into the past", async () => {
    const user = await makeUser(db.adapter)
    const { sessionToken } = await makeSession(db.adapter, user.id)
    await db.adapter.updateSession({ sessionToken, expires: ago() })
    expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
  })

  describe("by the clock that NextAuth reads, this process's", () => {
    const real = Date.now

    afterEach(() => {
      Date.now = real
    })

    test("ends when that clock is put forward, and its row goes", async () => {
      const user = await makeUser(db.adapter)
      const { sessionToken } = await makeSession(db.adapter, user.id, { expires: hence(60_000) })
      Date.now = () => real() + 61_000
      expect(await db.adapter.listSessions(user.id)).toStrictEqual([])
      expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
      Date.now = real
      await eventually(async () => (await left(user)) === 0)
    })

    test("acts again when that clock is put back", async () => {
      const user = await makeUser(db.adapter)
      const expires = ago(60_000)
      const { sessionToken } = await makeSession(db.adapter, user.id, { expires })
      Date.now = () => real() - 61_000
      const found = await db.adapter.getSessionAndUser(sessionToken)
      expect(found.session.expires).toStrictEqual(expires)
    })

    test("is one of many that the same clock judges", async () => {
      const user = await makeUser(db.adapter)
      const token = { identifier: user.email, token: user.id, expires: hence(60_000) }
      await db.adapter.createVerificationToken(token)
      Date.now = () => real() + 61_000
      expect(await db.adapter.useVerificationToken(token)).toBeNull()
    })
  })
})
