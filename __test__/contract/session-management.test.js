const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeSession, makeUser, unique } = require("../support/samples")

contract("listSessions and deleteSessionsByUser", (db) => {
  const left = (user) => db.countOf("session", { userId: user.id })

  async function signedIn(times, adapter = db.adapter) {
    const user = await makeUser(adapter)
    const sessions = []
    for (let n = 0; n < times; n += 1) {
      sessions.push(await makeSession(adapter, user.id, { expires: hence(60_000 + n * 1000) }))
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    return { user, sessions, tokens: sessions.map((session) => session.sessionToken) }
  }

  test("listSessions gives a user's sessions, the newest first", async () => {
    const before = Date.now()
    const { user, sessions } = await signedIn(3)
    await signedIn(1)
    const listed = await db.adapter.listSessions(user.id)

    expect(listed).toHaveLength(3)
    expect(listed.map((session) => session.expires)).toStrictEqual(
      sessions.map((session) => session.expires).reverse(),
    )
    for (const session of listed) {
      expect(Object.keys(session).sort()).toEqual([
        "createdAt",
        "current",
        "expires",
        "id",
        "userId",
      ])
      expect(session.userId).toBe(user.id)
      expect(session.current).toBe(false)
      if (!db.schema.dated) {
        expect(session.createdAt).toBeNull()
        continue
      }
      expect(session.createdAt).toBeInstanceOf(Date)
      expect(session.createdAt.getTime()).toBeGreaterThanOrEqual(before)
      expect(session.createdAt.getTime()).toBeLessThanOrEqual(Date.now())
    }
  })

  test("listSessions marks the current session", async () => {
    const { user, tokens } = await signedIn(3)
    const listed = await db.adapter.listSessions(user.id, { current: tokens[1] })
    expect(listed.map((session) => session.current)).toEqual([false, true, false])

    const none = await db.adapter.listSessions(user.id, { current: unique("other") })
    expect(none.map((session) => session.current)).toEqual([false, false, false])
    for (const options of [undefined, null, {}, { current: undefined }, { current: null }]) {
      const unmarked = await db.adapter.listSessions(user.id, options)
      expect(unmarked.map((session) => session.current)).toEqual([false, false, false])
    }
  })

  test.each([
    ["by default", undefined],
    ["under a key", { sessions: { hash: true, key: "a secret of sixteen characters" } }],
    ["under hash: false", { sessions: { hash: false } }],
  ])("a listed id is worthless as a cookie, %s", async (_, options) => {
    const adapter = db.open(options)
    const { user, tokens } = await signedIn(2, adapter)
    const listed = await adapter.listSessions(user.id, { current: tokens[0] })
    const ids = listed.map((session) => session.id)

    expect(new Set(ids).size).toBe(2)
    for (const id of ids) {
      expect(typeof id).toBe("string")
      expect(await adapter.getSessionAndUser(id)).toBeNull()
      expect(await adapter.deleteSession(id)).toBeNull()
    }
    for (const token of tokens) expect(JSON.stringify(listed)).not.toContain(token)
    expect(listed.filter((session) => session.current)).toHaveLength(1)

    expect(await adapter.deleteSessionsByUser(user.id, { id: ids[0] })).toBe(1)
    const after = await adapter.listSessions(user.id)
    expect(after.map((session) => session.id)).toEqual([ids[1]])
  })

  test("a listed id stays the same", async () => {
    const { user } = await signedIn(2)
    const ids = async () => (await db.adapter.listSessions(user.id)).map((session) => session.id)
    expect(await ids()).toEqual(await ids())
  })

  test("listSessions gives an empty list when there are none", async () => {
    const user = await makeUser(db.adapter)
    expect(await db.adapter.listSessions(user.id)).toStrictEqual([])
    expect(await db.adapter.listSessions(unique("nobody"))).toStrictEqual([])
  })

  test("deleteSessionsByUser deletes all of a user's sessions", async () => {
    const [ada, eve] = [await signedIn(3), await signedIn(2)]
    expect(await db.adapter.deleteSessionsByUser(ada.user.id)).toBe(3)
    expect(await left(ada.user)).toBe(0)
    expect(await left(eve.user)).toBe(2)
    expect(await db.adapter.getSessionAndUser(ada.tokens[0])).toBeNull()
    expect(await db.adapter.deleteSessionsByUser(ada.user.id)).toBe(0)
  })

  test("deleteSessionsByUser deletes the session with an id", async () => {
    const { user, tokens } = await signedIn(3)
    const [newest] = await db.adapter.listSessions(user.id)
    expect(await db.adapter.deleteSessionsByUser(user.id, { id: newest.id })).toBe(1)
    expect(await db.adapter.getSessionAndUser(tokens[2])).toBeNull()
    expect(await db.adapter.getSessionAndUser(tokens[1])).not.toBeNull()
    expect(await db.adapter.deleteSessionsByUser(user.id, { id: newest.id })).toBe(0)
    expect(await left(user)).toBe(2)
  })

  test("deleteSessionsByUser deletes all but one", async () => {
    const { user, tokens } = await signedIn(4)
    expect(await db.adapter.deleteSessionsByUser(user.id, { except: tokens[1] })).toBe(3)
    expect(await db.adapter.getSessionAndUser(tokens[1])).not.toBeNull()
    expect(await left(user)).toBe(1)
    expect(await db.adapter.deleteSessionsByUser(user.id, { except: tokens[1] })).toBe(0)
  })

  test("deleteSessionsByUser never touches another user's sessions", async () => {
    const [ada, eve] = [await signedIn(2), await signedIn(2)]
    const [hers] = await db.adapter.listSessions(ada.user.id)

    expect(await db.adapter.deleteSessionsByUser(eve.user.id, { id: hers.id })).toBe(0)
    expect(await db.adapter.deleteSessionsByUser(eve.user.id, { except: ada.tokens[0] })).toBe(2)
    expect(await left(ada.user)).toBe(2)
    expect(await left(eve.user)).toBe(0)
  })

  test("deleteSessionsByUser gives 0 for a user or an id that is not there", async () => {
    const { user } = await signedIn(1)
    expect(await db.adapter.deleteSessionsByUser(unique("nobody"))).toBe(0)
    expect(await db.adapter.deleteSessionsByUser(user.id, { id: unique("id") })).toBe(0)
    expect(await db.adapter.deleteSessionsByUser(user.id, { id: "" })).toBe(0)
    expect(await db.adapter.deleteSessionsByUser(user.id, { id: "%" })).toBe(0)
    expect(await left(user)).toBe(1)
  })

  test("deleteSessionsByUser without a user deletes nothing", async () => {
    const { user } = await signedIn(1)
    expect(await db.adapter.deleteSessionsByUser(undefined)).toBe(0)
    expect(await db.adapter.deleteSessionsByUser(null)).toBe(0)
    expect(await left(user)).toBe(1)
  })

  test.each([
    ["no key", {}],
    ["an undefined id", { id: undefined }],
    ["an undefined exception", { except: undefined }],
    ["both keys", { id: "x", except: "y" }],
    ["an unknown key", { token: "x" }],
    ["a text", "all"],
  ])("deleteSessionsByUser with %s rejects rather than deleting them all", async (_, which) => {
    const { user } = await signedIn(2)
    const call = db.adapter.deleteSessionsByUser(user.id, which)
    await refused(call, "ERR_INVALID_ARGUMENT")
    expect(await left(user)).toBe(2)
  })
})
