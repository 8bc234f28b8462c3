const { createHash, createHmac } = require("node:crypto")
const { contract } = require("../support/contract")
const { hence, makeSession, makeUser, unique, wholeSeconds } = require("../support/samples")

contract("the session token at rest", (db) => {
  async function storedToken(userId) {
    const row = await db.row("SELECT session_token FROM sessions WHERE user_id = ?", [userId])
    return row.session_token
  }

  async function signIn(adapter) {
    const user = await makeUser(adapter)
    const session = await makeSession(adapter, user.id)
    return { user, session, stored: await storedToken(user.id) }
  }

  test("is a SHA-256 digest that says so", async () => {
    const { session, stored } = await signIn(db.adapter)
    const digest = createHash("sha256").update(session.sessionToken).digest("hex")
    expect(stored).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(stored).toBe(`sha256:${digest}`)
  })

  test("is nowhere to be found in plain", async () => {
    const { user, session } = await signIn(db.adapter)
    const row = await db.row("SELECT * FROM sessions WHERE user_id = ?", [user.id])
    expect(JSON.stringify(row)).not.toContain(session.sessionToken)
  })

  test("is worthless as a cookie", async () => {
    const { user, stored } = await signIn(db.adapter)
    const hex = stored.slice("sha256:".length)
    for (const cookie of [stored, hex, hex.toUpperCase(), `SHA256:${hex}`]) {
      expect(await db.adapter.getSessionAndUser(cookie)).toBeNull()
      expect(await db.adapter.updateSession({ sessionToken: cookie, expires: hence() })).toBeNull()
      expect(await db.adapter.deleteSession(cookie)).toBeNull()
    }
    expect(await db.count("sessions", "user_id = ?", [user.id])).toBe(1)
  })

  test("comes back as the cookie's value from every function", async () => {
    const { session } = await signIn(db.adapter)
    const { sessionToken } = session
    const found = await db.adapter.getSessionAndUser(sessionToken)
    expect(found.session.sessionToken).toBe(sessionToken)
    expect((await db.adapter.updateSession({ sessionToken })).sessionToken).toBe(sessionToken)
    expect((await db.adapter.deleteSession(sessionToken)).sessionToken).toBe(sessionToken)
  })

  test("is the token itself under hash: false", async () => {
    const adapter = db.open({ sessions: { hash: false } })
    const { user, session, stored } = await signIn(adapter)
    expect(stored).toBe(session.sessionToken)
    expect(await adapter.getSessionAndUser(stored)).toStrictEqual({ session, user })
    const expires = hence(5_000)
    const updated = await adapter.updateSession({ sessionToken: stored, expires })
    expect(updated).toStrictEqual({ ...session, expires })
    expect(await adapter.deleteSession(stored)).toStrictEqual({ ...session, expires })
  })

  test("is the token itself in another adapter's tables, unless the option says otherwise", async () => {
    for (const [sessions, expected] of [
      [undefined, (token) => token],
      [{ hash: true }, (token) => `sha256:${createHash("sha256").update(token).digest("hex")}`],
    ]) {
      const prefix = `${unique("p").replace("-", "")}_`
      const schema = { preset: "drizzle", prefix }
      const adapter = db.open({ schema, synchronize: true, sessions })
      const user = await makeUser(adapter)
      const { sessionToken } = await makeSession(adapter, user.id, { expires: wholeSeconds() })
      const [row] = await db.rows(`SELECT * FROM ${prefix}session`)
      expect(Object.values(row)).toContain(expected(sessionToken))
    }
  })

  test("of an adapter that hashes is worthless as a cookie to one that does not", async () => {
    const { stored } = await signIn(db.adapter)
    const plain = db.open({ sessions: { hash: false } })
    expect(await plain.getSessionAndUser(stored)).toBeNull()
    expect(await plain.deleteSession(stored)).toBeNull()
  })

  test("is an HMAC under a key", async () => {
    const key = unique("a secret of sixteen characters and more")
    const adapter = db.open({ sessions: { key } })
    const { user, session, stored } = await signIn(adapter)
    const digest = createHmac("sha256", key).update(session.sessionToken).digest("hex")

    expect(stored).toBe(`hmac-sha256:${digest}`)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({ session, user })
    expect(await adapter.getSessionAndUser(stored)).toBeNull()
  })

  test("is found under its own key only", async () => {
    const adapter = db.open({ sessions: { key: unique("the first secret of them all") } })
    const { session } = await signIn(adapter)
    const { sessionToken } = session
    const other = db.open({ sessions: { key: unique("the second secret of them all") } })

    expect(await other.getSessionAndUser(sessionToken)).toBeNull()
    expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
    expect(await other.deleteSession(sessionToken)).toBeNull()
    expect(await adapter.getSessionAndUser(sessionToken)).not.toBeNull()
  })

  test("is hashed by its UTF-8 bytes, whatever it holds", async () => {
    const user = await makeUser(db.adapter)
    const sessionToken = `${unique("токен")} 😀 "quoted"`
    await makeSession(db.adapter, user.id, { sessionToken })
    const digest = createHash("sha256").update(sessionToken, "utf8").digest("hex")
    expect(await storedToken(user.id)).toBe(`sha256:${digest}`)
    expect((await db.adapter.getSessionAndUser(sessionToken)).user).toStrictEqual(user)
  })
})
