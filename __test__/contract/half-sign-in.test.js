// A sign-in is createUser, linkAccount, createSession, with nothing around them.

const { contract } = require("../support/contract")
const { eventually, refused } = require("../support/expectations")
const samples = require("../support/samples")

const { makeAccount, makeSession, makeUser, passkey, unique, uniqueEmail } = samples

contract("a sign-in that ends half-way", (db) => {
  /** Somebody's account, which nobody else can link. */
  async function taken() {
    const owner = await makeUser(db.adapter)
    const account = await makeAccount(db.adapter, owner.id)
    return { owner, account }
  }

  const newcomer = (adapter = db.adapter, values) =>
    adapter.createUser({ name: "Ada", email: uniqueEmail(), emailVerified: null, ...values })

  const link = (adapter, userId, { provider, providerAccountId }) =>
    adapter.linkAccount({ userId, type: "oauth", provider, providerAccountId })

  test("leaves no user behind who could never sign in again", async () => {
    const { owner, account } = await taken()
    const user = await newcomer()
    await refused(link(db.adapter, user.id, account), "ERR_UNIQUE")
    expect(await db.adapter.getUser(user.id)).toBeNull()
    expect(await db.adapter.getUserByAccount(account)).toStrictEqual(owner)
    const again = await newcomer(db.adapter, { email: user.email })
    expect(again.id).not.toBe(user.id)
    await link(db.adapter, again.id, { provider: "github", providerAccountId: unique("7") })
    expect(await db.adapter.getUserByEmail(user.email)).toStrictEqual(again)
  })

  test.each([
    [
      "whose address is verified",
      (user) => db.change("user", { emailVerified: new Date() }, { id: user.id }),
    ],
    ["whom somebody has read by the id", (user) => db.adapter.getUser(user.id)],
    ["whom somebody has changed", (user) => db.adapter.updateUser({ id: user.id, name: "Zoë" })],
    ["who is signed in", (user) => makeSession(db.adapter, user.id)],
    ["who has an account", (user) => makeAccount(db.adapter, user.id)],
    ...(db.schema.passkeys
      ? [["who has a passkey", (user) => db.adapter.createAuthenticator(passkey(user.id))]]
      : []),
  ])("leaves a user alone %s", async (_title, use) => {
    const { account } = await taken()
    const user = await newcomer()
    await use(user)
    await refused(link(db.adapter, user.id, account), "ERR_UNIQUE")
    expect(await db.adapter.getUser(user.id)).toMatchObject({ id: user.id, email: user.email })
  })

  test("leaves a user alone who was there before: invited, imported, or made by another adapter", async () => {
    const { account } = await taken()
    const invited = await newcomer(db.open({ pool: { max: 2 } }))
    await refused(link(db.adapter, invited.id, account), "ERR_UNIQUE")
    expect(await db.adapter.getUser(invited.id)).toStrictEqual(invited)
    const verified = await newcomer(db.adapter, { emailVerified: new Date(1_700_000_000_789) })
    await refused(link(db.adapter, verified.id, account), "ERR_UNIQUE")
    expect(await db.adapter.getUser(verified.id)).toStrictEqual(verified)
  })

  test("a passkey's registration under somebody's address neither finds nor changes them", async () => {
    const victim = await newcomer()
    await makeSession(db.adapter, victim.id)
    const email = db.schema.own ? victim.email.toUpperCase() : victim.email
    await refused(newcomer(db.adapter, { email }), "ERR_UNIQUE")
    const attacker = await newcomer()
    const own = await link(db.adapter, attacker.id, {
      provider: "passkey",
      providerAccountId: unique("c"),
    })
    await refused(
      db.adapter.linkAccount({ ...own, userId: victim.id, type: "webauthn" }),
      "ERR_UNIQUE",
    )
    if (db.schema.passkeys) {
      const credential = passkey(attacker.id)
      await db.adapter.createAuthenticator(credential)
      const stolen = db.adapter.createAuthenticator({ ...credential, userId: victim.id })
      await refused(stolen, "ERR_UNIQUE")
      expect(await db.adapter.listAuthenticatorsByUserId(victim.id)).toEqual([])
      expect((await db.adapter.getAuthenticator(credential.credentialID)).userId).toBe(attacker.id)
    }
    expect(await db.adapter.listAccounts(victim.id)).toEqual([])
    expect(await db.adapter.getUser(victim.id)).toStrictEqual(victim)
  })

  test("a user whose account was linked is no longer in the middle of it", async () => {
    const { account } = await taken()
    const user = await newcomer()
    const own = await makeAccount(db.adapter, user.id)
    await db.adapter.unlinkAccount(own)
    await refused(link(db.adapter, user.id, account), "ERR_UNIQUE")
    expect(await db.adapter.getUser(user.id)).toStrictEqual(user)
  })

  test("is cleared away later if the database cannot do so at once", async () => {
    const adapter = db.open({ synchronize: false, pool: { max: 3 } })
    const user = await newcomer(adapter)
    await db.without("account", () =>
      refused(link(adapter, user.id, { provider: "p", providerAccountId: "1" }), "ERR_SCHEMA"),
    )
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    const other = await newcomer(adapter)
    expect(await adapter.getUser(user.id)).toBeNull()
    expect(await adapter.getUser(other.id)).toStrictEqual(other)
  })

  test("is not in that person's way when they try again", async () => {
    const adapter = db.open({ synchronize: false, pool: { max: 3 } })
    const user = await newcomer(adapter)
    const account = { provider: "p", providerAccountId: unique("again") }
    await db.without("account", () => refused(link(adapter, user.id, account), "ERR_SCHEMA"))
    // What NextAuth asks before it makes a user: who is found here is told to sign in another way.
    expect(await adapter.getUserByAccount(account)).toBeNull()
    expect(await adapter.getUserByEmail(user.email)).toBeNull()
    const again = await newcomer(adapter, { email: user.email })
    await link(adapter, again.id, account)
    expect(await adapter.getUserByAccount(account)).toStrictEqual(again)
  })

  test("many at once for one account end with one user", async () => {
    const account = { provider: "github", providerAccountId: unique("many") }
    const emails = Array.from({ length: 16 }, () => uniqueEmail("many"))
    const results = await Promise.allSettled(
      emails.map(async (email) => {
        const user = await newcomer(db.adapter, { email })
        await link(db.adapter, user.id, account)
        return user
      }),
    )
    const [winner, ...others] = results.filter(({ status }) => status === "fulfilled")
    expect(others).toEqual([])
    expect(await db.adapter.getUserByAccount(account)).toStrictEqual(winner.value)
    const left = await Promise.all(emails.map((email) => db.one("user", { email })))
    expect(left.filter(Boolean).map(({ id }) => id)).toEqual([winner.value.id])
  })

  if (!db.schema.passkeys) return

  describe("a passkey's registration that ends half-way", () => {
    const linkPasskey = (user, id) =>
      db.adapter.linkAccount({
        userId: user.id,
        type: "webauthn",
        provider: "passkey",
        providerAccountId: id,
      })
    const accountOf = (id) =>
      db.adapter.getUserByAccount({ provider: "passkey", providerAccountId: id })

    /** A passkey whose account was linked just now. */
    async function begun(user) {
      const credentialID = unique("credential")
      await linkPasskey(user, credentialID)
      return passkey(user.id, { credentialID, providerAccountId: credentialID })
    }

    test("leaves nobody behind whose passkey could not be stored", async () => {
      const user = await newcomer()
      const credential = await begun(user)
      const { sessionToken } = await makeSession(db.adapter, user.id)
      await refused(
        db.adapter.createAuthenticator({ ...credential, counter: -1 }),
        "ERR_INVALID_ARGUMENT",
      )
      expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
      expect(await accountOf(credential.credentialID)).toBeNull()
      expect(await db.countOf("user", { id: user.id })).toBe(0)
      expect(await db.countOf("session", { userId: user.id })).toBe(0)
      expect(await db.countOf("account", { userId: user.id })).toBe(0)
      const again = await newcomer(db.adapter, { email: user.email })
      const stored = await db.adapter.createAuthenticator(await begun(again))
      expect(await db.adapter.listAuthenticatorsByUserId(again.id)).toStrictEqual([stored])
    })

    test("does so later where the database is not able to at once", async () => {
      const user = await newcomer()
      const credential = await begun(user)
      await makeSession(db.adapter, user.id)
      await db.without("authenticator", () =>
        expect(db.adapter.createAuthenticator(credential)).rejects.toMatchObject({
          name: "SqlxAdapterError",
        }),
      )
      await eventually(async () => (await db.countOf("user", { id: user.id })) === 0)
      expect(await db.countOf("account", { userId: user.id })).toBe(0)
    })

    test.each([
      ["who was there before", () => newcomer(db.open({ pool: { max: 2 } })), () => {}],
      [
        "who is verified meanwhile",
        () => newcomer(),
        (user) => db.change("user", { emailVerified: new Date() }, { id: user.id }),
      ],
      ["who has another account", () => newcomer(), (user) => makeAccount(db.adapter, user.id)],
      [
        "who has another passkey",
        () => newcomer(),
        (user) => db.adapter.createAuthenticator(passkey(user.id)),
      ],
    ])("leaves a user alone %s, and their session", async (_title, make, use) => {
      const user = await make()
      const credential = await begun(user)
      const session = await makeSession(db.adapter, user.id)
      await use(user)
      await refused(
        db.adapter.createAuthenticator({ ...credential, counter: -1 }),
        "ERR_INVALID_ARGUMENT",
      )
      expect(await accountOf(credential.credentialID)).toBeNull()
      const found = await db.adapter.getSessionAndUser(session.sessionToken)
      expect(found).toMatchObject({ session, user: { id: user.id, email: user.email } })
    })

    test("an answer that is sent twice unlinks nothing", async () => {
      const user = await newcomer()
      const stored = await db.adapter.createAuthenticator(await begun(user))
      await refused(db.adapter.createAuthenticator(stored), "ERR_UNIQUE")
      expect((await accountOf(stored.credentialID)).id).toBe(user.id)
      expect(await db.adapter.listAuthenticatorsByUserId(user.id)).toStrictEqual([stored])
    })

    test("one whose account was there before is refused, and nothing is unlinked", async () => {
      const user = await newcomer()
      const id = unique("credential")
      const account = { userId: user.id, provider: "passkey", providerAccountId: id }
      await db.adapter.linkAccount({ ...account, type: "oauth" })
      await db.change("account", { type: "webauthn" }, account)
      const credential = passkey(user.id, { credentialID: id, providerAccountId: id })
      await refused(db.adapter.createAuthenticator(credential), "ERR_UNIQUE")
      expect(await db.adapter.getAuthenticator(id)).toBeNull()
      expect((await accountOf(id)).id).toBe(user.id)
      // An account of another kind says nothing.
      await db.change("account", { type: "oauth" }, account)
      expect(await db.adapter.createAuthenticator(credential)).toStrictEqual(credential)
    })

    test("unlinking a passkey's account deletes the passkey, and no other", async () => {
      const user = await newcomer()
      const [first, second] = [await begun(user), await begun(user)]
      for (const credential of [first, second]) await db.adapter.createAuthenticator(credential)
      const key = { provider: "passkey", providerAccountId: first.credentialID }
      expect(await db.adapter.unlinkAccount(key)).toMatchObject({ ...key, userId: user.id })
      expect(await db.adapter.getAuthenticator(first.credentialID)).toBeNull()
      expect(await db.adapter.listAuthenticatorsByUserId(user.id)).toStrictEqual([second])
      expect(await db.adapter.unlinkAccount(key)).toBeNull()
    })
  })
})
