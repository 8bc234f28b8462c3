const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeAccount, makeSession, makeToken } = require("../support/samples")
const { makeUser, passkey, unique, uniqueEmail } = require("../support/samples")

const TEXTS = [
  ["a name in many scripts", "Ünïcödé Ωμέγα Жук 漢字 العربية हिन्दी"],
  ["emoji and their joiners", "👩‍👩‍👧‍👦 🏳️‍🌈 😀"],
  ["the last code points", "\u{10ffff}\u{ffff}\u{fffd}\u{10000}"],
  ["control characters", "\u0001\u0007\b\t\n\r\u001b\u007f\u0085\u2028\u2029"],
  ["quotes, percent signs and backslashes", `'"\`\\%_\\'; DROP TABLE users; --`],
  ["right-to-left marks", "\u202eabc\u202c\u200f"],
  ["a byte order mark", "\ufeffname"],
  ["spaces around", "  name  "],
  ["only a space", " "],
]

/** What no UTF-8 column can hold. */
const IMPOSSIBLE = [
  ["a NUL", "a\0b"],
  ["a NUL at the end", "ab\0"],
  ["a lone high surrogate", "a\ud800b"],
  ["a lone low surrogate", "a\udfffb"],
  ["surrogates the wrong way round", "\udc00\ud800"],
]

contract("texts", (db) => {
  test.each(TEXTS)("are kept exactly: %s", async (_, text) => {
    const user = await makeUser(db.adapter, { name: text, image: text })
    const texts = db.kept("user", { name: text, image: text })
    expect(user).toMatchObject(texts)
    expect(await db.one("user", { id: user.id })).toMatchObject(texts)
    expect(await db.adapter.getUser(user.id)).toStrictEqual(user)

    const account = await makeAccount(db.adapter, user.id, { scope: text, access_token: text })
    expect(account).toMatchObject(db.kept("account", { scope: text, access_token: text }))
    const renamed = await db.adapter.updateUser({ id: user.id, name: `${text}!` })
    expect(renamed.name).toBe(`${text}!`)
  })

  test.each(TEXTS)("are kept exactly as keys: %s", async (_, text) => {
    const key = `${unique("key")}${text}`
    const isId = [...key].length <= db.schema.longestId
    const user = await makeUser(db.adapter, isId ? { id: key } : {})
    expect(user.id === key).toBe(isId && db.schema.ids === "text")
    expect(await db.adapter.getUser(user.id)).toStrictEqual(user)
    const account = { provider: text, providerAccountId: key }
    const linked = await makeAccount(db.adapter, user.id, account)
    expect(await db.adapter.getAccount(key, text)).toStrictEqual(linked)
    const session = await makeSession(db.adapter, user.id, { sessionToken: key })
    expect(await db.adapter.getSessionAndUser(key)).toStrictEqual({ session, user })
    const token = await makeToken(db.adapter, { identifier: key, token: key })
    expect(await db.adapter.useVerificationToken(token)).toStrictEqual(token)
  })

  test("of a megabyte are kept exactly", async () => {
    const user = await makeUser(db.adapter)
    const piece = "0123456789abcdefghijklmnopqrstuvwxyz 😀 Ünï "
    const text = piece.repeat(Math.ceil(1_048_576 / piece.length))
    const tokens = { access_token: text, refresh_token: `${text}r`, id_token: `${text}i` }
    if (db.schema.longest < text.length) {
      const call = db.adapter.updateUser({ id: user.id, image: text })
      await refused(call, "ERR_INVALID_ARGUMENT")
      expect(await db.adapter.getUser(user.id)).toStrictEqual(user)
      await refused(makeAccount(db.adapter, user.id, tokens), "ERR_INVALID_ARGUMENT")
      expect(await db.adapter.listAccounts(user.id)).toStrictEqual([])
      return
    }
    const account = await makeAccount(db.adapter, user.id, tokens)
    const { provider, providerAccountId } = account

    const kept = db.kept("account", tokens)
    expect(account.access_token === text).toBe(true)
    const found = await db.adapter.getAccount(providerAccountId, provider)
    for (const key of Object.keys(tokens)) expect(found[key] === kept[key]).toBe(true)
    const row = await db.one("account", { provider, providerAccountId })
    expect(row.access_token === text).toBe(true)

    const drawn = await db.adapter.updateUser({ id: user.id, image: text })
    expect(drawn.image === db.kept("user", { image: text }).image).toBe(true)
  })

  test("of a megabyte can be looked up, and are not found", async () => {
    const text = "x".repeat(1_048_576)
    expect(await db.adapter.getUser(text)).toBeNull()
    expect(await db.adapter.getUserByEmail(text)).toBeNull()
    expect(await db.adapter.getSessionAndUser(text)).toBeNull()
    if (db.schema.passkeys) expect(await db.adapter.getAuthenticator(text)).toBeNull()
    expect(await db.adapter.useVerificationToken({ identifier: text, token: text })).toBeNull()
    const key = { provider: text, providerAccountId: text }
    expect(await db.adapter.getUserByAccount(key)).toBeNull()
    expect(await db.adapter.unlinkAccount(key)).toBeNull()
  })

  describe.each(IMPOSSIBLE)("with %s", (_, text) => {
    test("are refused by every write, and nothing is stored", async () => {
      const user = await makeUser(db.adapter)
      const session = await makeSession(db.adapter, user.id)
      const account = { userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" }
      const id = unique("user")
      const identifier = uniqueEmail()
      const expires = hence()
      const has = (model, property) => db.schema.properties(model).includes(property)
      const calls = [
        ["createUser", { id, name: text, email: uniqueEmail() }],
        ["createUser", { id, email: `${text}@example.com` }],
        ["updateUser", { id: user.id, name: text }],
        ["updateUser", { id: user.id, image: "/new.png", email: text }],
        ["linkAccount", { ...account, providerAccountId: text }],
        ["linkAccount", { ...account, provider: text }],
        ["linkAccount", { ...account, access_token: text }],
        ["createSession", { sessionToken: text, userId: user.id, expires }],
        ["createVerificationToken", { identifier, token: text, expires }],
        ["createVerificationToken", { identifier: text, token: identifier, expires }],
      ]
      if (db.schema.ids === "text") {
        calls.push(["createUser", { id: `${id}${text}`, email: uniqueEmail() }])
      }
      if (has("user", "image")) {
        calls.push(["createUser", { id, image: text, email: uniqueEmail() }])
      }
      if (has("account", "scope")) calls.push(["linkAccount", { ...account, scope: ["a", text] }])
      if (db.schema.passkeys) {
        calls.push(["createAuthenticator", passkey(user.id, { credentialID: text })])
        calls.push(["createAuthenticator", passkey(user.id, { transports: text })])
      }
      for (const [operation, argument] of calls) {
        const error = await refused(db.adapter[operation](argument), "ERR_INVALID_ARGUMENT")
        expect(error.operation).toBe(operation)
      }

      expect(await db.adapter.getUser(id)).toBeNull()
      expect(await db.adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({
        session,
        user,
      })
      const mine = (model) => db.countOf(model, { userId: user.id })
      expect(await mine("account")).toBe(0)
      if (db.schema.passkeys) expect(await mine("authenticator")).toBe(0)
      expect(await mine("session")).toBe(1)
      const tokens = await db.countOf("verificationToken", { identifier })
      expect(tokens).toBe(0)
    })

    test("are not found by any look-up", async () => {
      const key = { provider: text, providerAccountId: text }
      expect(await db.adapter.getUser(text)).toBeNull()
      expect(await db.adapter.getUserByEmail(`${text}@example.com`)).toBeNull()
      expect(await db.adapter.getUserByAccount(key)).toBeNull()
      expect(await db.adapter.getAccount(text, "github")).toBeNull()
      expect(await db.adapter.getSessionAndUser(text)).toBeNull()
      if (db.schema.passkeys) {
        expect(await db.adapter.getAuthenticator(text)).toBeNull()
        expect(await db.adapter.listAuthenticatorsByUserId(text)).toStrictEqual([])
      }
      expect(await db.adapter.listAccounts(text)).toStrictEqual([])
      expect(await db.adapter.listSessions(text)).toStrictEqual([])
      expect(await db.adapter.useVerificationToken({ identifier: "a", token: text })).toBeNull()
      expect(await db.adapter.useVerificationToken({ identifier: text, token: "a" })).toBeNull()
      expect(await db.adapter.deleteUser(text)).toBeNull()
      expect(await db.adapter.deleteSession(text)).toBeNull()
      expect(await db.adapter.unlinkAccount(key)).toBeNull()
      expect(await db.adapter.deleteSessionsByUser(text)).toBe(0)
      expect(await db.adapter.deleteVerificationTokens(text)).toBe(0)
    })

    test("do not find the row whose key is what they would turn into", async () => {
      for (const near of [text.replaceAll("\0", ""), text.split("\0")[0], text.toWellFormed()]) {
        if (near === text) continue
        const id = `${unique("near")}`
        await makeUser(db.adapter, { id: `${id}${near}` })
        expect(await db.adapter.getUser(`${id}${text}`)).toBeNull()
      }
    })
  })
})
