// A sign-in is createUser, linkAccount, createSession, with nothing around them.

const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
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
})
