const { SqlxAdapterError } = require("../..")
const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeAccount, makeSession, makeToken, makeUser } = require("../support/samples")
const { passkey, unique } = require("../support/samples")

/** Pairs that some database's collation takes for the same text. */
const ALIKE = [
  ["letter case", "token", "Token"],
  ["an accent", "cafe", "café"],
  ["a composed accent", "caf\u00e9", "cafe\u0301"],
  ["a trailing space", "token", "token "],
  ["a leading space", "token", " token"],
  ["a trailing tab", "token", "token\t"],
  ["ß and ss", "strasse", "straße"],
  ["the Turkish i", "i", "ı"],
  ["the Kelvin sign", "k", "\u212a"],
  ["a zero-width space", "token", "tok\u200ben"],
  ["full width", "a", "ａ"],
  ["an emoji and another", "😀", "😁"],
  ["digits and their text", "1", "1.0"],
  ["a leading zero", "1", "01"],
]

contract("keys that differ by a byte are different keys", (db) => {
  /** Stores a second key, which a unique key with a loose collation may refuse; says whether it is there. */
  async function isStored(call) {
    const error = await call.then(
      () => null,
      (reason) => reason,
    )
    if (error === null) return true
    if (!db.schema.loose) throw error
    expect(error).toMatchObject({ code: "ERR_UNIQUE" })
    return false
  }

  describe.each(ALIKE)("%s", (_, left, right) => {
    const tail = unique("x")
    // The tail comes first, so that a trailing space stays trailing.
    const mine = `${tail} ${left}`
    const theirs = `${tail} ${right}`

    test("user ids", async () => {
      const user = await makeUser(db.adapter, { id: mine })
      expect(user.id === mine).toBe(db.schema.ids === "text")
      expect(await db.adapter.getUser(theirs)).toBeNull()
      await refused(db.adapter.updateUser({ id: theirs, name: "Eve" }), "ERR_NOT_FOUND")
      expect(await db.adapter.deleteUser(theirs)).toBeNull()
      expect(await db.adapter.deleteSessionsByUser(theirs)).toBe(0)
      // A foreign key with a loose collation takes it for theirs; nobody finds the session then.
      if (!db.schema.loose) await refused(makeSession(db.adapter, theirs), "ERR_FOREIGN_KEY")
      expect(await db.adapter.listSessions(theirs)).toEqual([])
      expect(await db.adapter.getUser(user.id)).toStrictEqual(user)
      if (db.schema.ids !== "text") return

      const made = await isStored(makeUser(db.adapter, { id: theirs }))
      const both = await Promise.all([db.adapter.getUser(mine), db.adapter.getUser(theirs)])
      expect(both.map((found) => found?.id)).toEqual([mine, made ? theirs : undefined])
    })

    test.each([
      ["providers", (text) => ({ provider: text, providerAccountId: tail })],
      ["account ids", (text) => ({ provider: "github", providerAccountId: text })],
    ])("%s", async (_, keyOf) => {
      const [ada, eve] = [await makeUser(db.adapter), await makeUser(db.adapter)]
      const account = await makeAccount(db.adapter, ada.id, keyOf(mine))
      const { provider, providerAccountId } = keyOf(theirs)
      expect(await db.adapter.getUserByAccount(keyOf(theirs))).toBeNull()
      expect(await db.adapter.getAccount(providerAccountId, provider)).toBeNull()
      expect(await db.adapter.unlinkAccount(keyOf(theirs))).toBeNull()
      expect(await db.adapter.listAccounts(ada.id)).toStrictEqual([account])

      const made = await isStored(makeAccount(db.adapter, eve.id, keyOf(theirs)))
      expect((await db.adapter.getUserByAccount(keyOf(mine))).id).toBe(ada.id)
      const found = await db.adapter.getUserByAccount(keyOf(theirs))
      expect(found?.id).toBe(made ? eve.id : undefined)
    })

    test.each([[true], [false]])("session tokens, hash: %s", async (hash) => {
      const adapter = db.open({ sessions: { hash } })
      const [ada, eve] = [await makeUser(adapter), await makeUser(adapter)]
      const sessionToken = `${hash} ${mine}`
      const other = `${hash} ${theirs}`
      const session = await makeSession(adapter, ada.id, { sessionToken })
      expect(await adapter.getSessionAndUser(other)).toBeNull()
      const change = { sessionToken: other, expires: hence(9_000) }
      expect(await adapter.updateSession(change)).toBeNull()
      expect(await adapter.deleteSession(other)).toBeNull()
      expect(await adapter.getSessionAndUser(sessionToken)).toStrictEqual({ session, user: ada })

      const made = await isStored(makeSession(adapter, eve.id, { sessionToken: other }))
      expect((await adapter.getSessionAndUser(sessionToken)).user.id).toBe(ada.id)
      expect((await adapter.getSessionAndUser(other))?.user.id).toBe(made ? eve.id : undefined)
    })

    test("the session that is kept when the others end", async () => {
      const adapter = db.open({ sessions: { hash: false } })
      const user = await makeUser(adapter)
      const sessionToken = `kept ${mine}`
      await makeSession(adapter, user.id, { sessionToken })
      const ended = await adapter.deleteSessionsByUser(user.id, { except: `kept ${theirs}` })
      expect(ended).toBe(1)
      expect(await adapter.getSessionAndUser(sessionToken)).toBeNull()
    })

    test("verification tokens and identifiers", async () => {
      const first = await makeToken(db.adapter, { identifier: mine, token: mine })
      const { expires } = first
      const asked = [
        { identifier: mine, token: theirs },
        { identifier: theirs, token: mine },
        { token: theirs },
      ]
      for (const key of asked) expect(await db.adapter.useVerificationToken(key)).toBeNull()
      expect(await db.adapter.deleteVerificationTokens(theirs)).toBe(0)
      expect(await db.adapter.useVerificationToken(first)).toStrictEqual(first)

      const again = await makeToken(db.adapter, { ...first })
      const second = { identifier: theirs, token: theirs, expires }
      const made = await isStored(makeToken(db.adapter, second))
      expect(await db.adapter.useVerificationToken(second)).toStrictEqual(made ? second : null)
      expect(await db.adapter.useVerificationToken(again)).toStrictEqual(first)
    })

    const aboutPasskeys = db.schema.passkeys ? test : test.skip
    aboutPasskeys("credentials", async () => {
      const user = await makeUser(db.adapter)
      const first = passkey(user.id, { credentialID: mine })
      // Real ones are base64: one that is not ASCII may be refused, and is not found then.
      const ascii = [mine, theirs].every((text) => /^[\0-\x7f]*$/.test(text))
      const made = await db.adapter.createAuthenticator(first).catch((error) => error)
      if (!ascii && made instanceof SqlxAdapterError) {
        expect(made.code).toBe("ERR_INVALID_ARGUMENT")
        expect(await db.adapter.getAuthenticator(mine)).toBeNull()
        return
      }
      expect(await db.adapter.getAuthenticator(theirs)).toBeNull()
      await refused(db.adapter.updateAuthenticatorCounter(theirs, 9), "ERR_NOT_FOUND")
      expect(await db.adapter.getAuthenticator(mine)).toStrictEqual(first)

      const second = passkey(user.id, { credentialID: theirs })
      const other = await db.adapter.createAuthenticator(second).catch((error) => error)
      if (db.schema.loose && other.code === "ERR_UNIQUE") return
      if (!ascii && other instanceof SqlxAdapterError) {
        expect(other.code).toBe("ERR_INVALID_ARGUMENT")
        return
      }
      expect(await db.adapter.getAuthenticator(mine)).toStrictEqual(first)
      expect(await db.adapter.getAuthenticator(theirs)).toStrictEqual(second)
    })
  })

  test.each([
    ["an accent", "cafe", "café"],
    ["a composed accent", "caf\u00e9", "cafe\u0301"],
    ["the case of a letter beyond ASCII", "ünï", "Ünï"],
    ["the Kelvin sign", "k", "\u212a"],
    ["a space within", "a b", "ab"],
  ])("e-mail addresses that differ by %s", async (_, left, right) => {
    const tail = unique("x")
    const user = await makeUser(db.adapter, { email: `${left}${tail}@example.com` })
    expect(await db.adapter.getUserByEmail(`${right}${tail}@example.com`)).toBeNull()
    const email = `${right}${tail}@example.com`
    const made = await isStored(makeUser(db.adapter, { email }))
    expect(await db.adapter.getUserByEmail(user.email)).toStrictEqual(user)
    const found = await db.adapter.getUserByEmail(email)
    expect(found?.email).toBe(made ? db.address(email) : undefined)
  })
})
