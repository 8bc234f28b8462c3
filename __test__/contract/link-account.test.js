const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { makeAccount, makeUser, unique } = require("../support/samples")

contract("linkAccount, unlinkAccount and getAccount", (db) => {
  const stored = ({ provider, providerAccountId }) =>
    db.one("account", { provider, providerAccountId })

  function fullAccount(userId) {
    return db.kept("account", {
      userId,
      type: "oidc",
      provider: "google",
      providerAccountId: unique("account"),
      refresh_token: unique("refresh"),
      access_token: unique("access"),
      expires_at: 1_700_000_000,
      token_type: "bearer",
      scope: "openid email",
      id_token: unique("id-token"),
      session_state: unique("state"),
    })
  }

  test("stores every column and returns the account", async () => {
    const user = await makeUser(db.adapter)
    const account = fullAccount(user.id)
    expect(await db.adapter.linkAccount(account)).toStrictEqual(account)
    const more = db.kept("account", { oauth_token: null, oauth_token_secret: null })
    expect(await stored(account)).toEqual({ ...account, ...more })
  })

  test("leaves out the columns that hold nothing", async () => {
    const user = await makeUser(db.adapter)
    const account = {
      userId: user.id,
      type: "email",
      provider: "nodemailer",
      providerAccountId: user.email,
    }
    const given = { ...account, refresh_token: null, scope: undefined }
    expect(await db.adapter.linkAccount(given)).toStrictEqual(account)
    const empty = db.kept("account", { refresh_token: null, scope: null })
    expect(await stored(account)).toMatchObject(empty)

    const found = await db.adapter.getAccount(account.providerAccountId, account.provider)
    expect(found).toStrictEqual(account)
    expect(await db.adapter.listAccounts(user.id)).toStrictEqual([account])
  })

  test("stores the new tokens when the same user links the account again", async () => {
    const user = await makeUser(db.adapter)
    const account = fullAccount(user.id)
    await db.adapter.linkAccount(account)
    const tokens = { access_token: unique("access"), expires_at: 1_800_000_000 }
    const renewed = db.kept("account", { ...account, ...tokens })

    expect(await db.adapter.linkAccount(renewed)).toStrictEqual(renewed)
    expect(await db.countOf("account", { userId: user.id })).toBe(1)
    expect((await stored(account)).access_token).toBe(renewed.access_token)
    const found = await db.adapter.getAccount(account.providerAccountId, account.provider)
    expect(found).toStrictEqual(renewed)
  })

  test("keeps a refresh token that the provider gives only the first time", async () => {
    const user = await makeUser(db.adapter)
    const account = fullAccount(user.id)
    await db.adapter.linkAccount(account)
    const { refresh_token, session_state, ...given } = account
    given.access_token = unique("access")

    const renewed = await db.adapter.linkAccount({ ...given, session_state: undefined })
    const expected = db.kept("account", { ...given, refresh_token, session_state })
    expect(renewed).toStrictEqual(expected)
    expect((await stored(account)).refresh_token).toBe(refresh_token)
  })

  test("refuses an account that another user has, and changes nothing", async () => {
    const [ada, eve] = [await makeUser(db.adapter), await makeUser(db.adapter)]
    const account = await db.adapter.linkAccount(fullAccount(ada.id))
    const before = await stored(account)

    const error = await refused(
      db.adapter.linkAccount({ ...account, userId: eve.id, access_token: "stolen" }),
      "ERR_UNIQUE",
    )
    expect(error.operation).toBe("linkAccount")
    expect(await stored(account)).toEqual(before)
    expect(await db.countOf("account", { userId: eve.id })).toBe(0)
    expect(await db.adapter.getUserByAccount(account)).toStrictEqual(ada)
  })

  test("refuses an account of a user that is not there, and stores nothing", async () => {
    const account = fullAccount(db.unknownId())
    const error = await refused(db.adapter.linkAccount(account), "ERR_FOREIGN_KEY")
    expect(error.operation).toBe("linkAccount")
    expect(await stored(account)).toBeNull()
  })

  test.each(["userId", "type", "provider", "providerAccountId"])(
    "refuses an account without %s",
    async (key) => {
      const user = await makeUser(db.adapter)
      for (const value of [undefined, null]) {
        const account = { ...fullAccount(user.id), [key]: value }
        await refused(db.adapter.linkAccount(account), "ERR_INVALID_ARGUMENT")
      }
      expect(await db.countOf("account", { userId: user.id })).toBe(0)
    },
  )

  test("a user may have several accounts of one provider", async () => {
    const user = await makeUser(db.adapter)
    await makeAccount(db.adapter, user.id)
    await makeAccount(db.adapter, user.id)
    expect(await db.countOf("account", { userId: user.id })).toBe(2)
  })

  test("unlinkAccount deletes one account and returns it", async () => {
    const user = await makeUser(db.adapter)
    const kept = await makeAccount(db.adapter, user.id)
    const account = await db.adapter.linkAccount(fullAccount(user.id))
    const { provider, providerAccountId } = account

    expect(await db.adapter.unlinkAccount({ provider, providerAccountId })).toStrictEqual(account)
    expect(await stored(account)).toBeNull()
    expect(await stored(kept)).not.toBeNull()
    expect(await db.adapter.unlinkAccount({ provider, providerAccountId })).toBeNull()
  })

  test("unlinkAccount gives null for an account that is not there", async () => {
    const user = await makeUser(db.adapter)
    const account = await makeAccount(db.adapter, user.id)
    const { provider, providerAccountId } = account

    expect(await db.adapter.unlinkAccount({ provider: "other", providerAccountId })).toBeNull()
    expect(await db.adapter.unlinkAccount({ provider, providerAccountId: "other" })).toBeNull()
    expect(await db.adapter.unlinkAccount({ provider })).toBeNull()
    expect(await stored(account)).not.toBeNull()
  })

  test("getAccount gives null for an account that is not there", async () => {
    const user = await makeUser(db.adapter)
    const { provider, providerAccountId } = await makeAccount(db.adapter, user.id)
    expect(await db.adapter.getAccount(providerAccountId, provider)).not.toBeNull()
    expect(await db.adapter.getAccount(provider, providerAccountId)).toBeNull()
    expect(await db.adapter.getAccount(providerAccountId, "other")).toBeNull()
    expect(await db.adapter.getAccount(providerAccountId)).toBeNull()
    expect(await db.adapter.getAccount(providerAccountId, null)).toBeNull()
  })

  test("listAccounts gives a user's accounts in the order of provider and id", async () => {
    const [ada, eve] = [await makeUser(db.adapter), await makeUser(db.adapter)]
    const tail = unique("x")
    for (const [provider, id] of [
      ["b", "2"],
      ["a", "3"],
      ["b", "1"],
      ["B", "9"],
    ]) {
      await makeAccount(db.adapter, ada.id, { provider, providerAccountId: `${id}-${tail}` })
    }
    await makeAccount(db.adapter, eve.id)

    const listed = await db.adapter.listAccounts(ada.id)
    const keys = listed.map((account) => [account.provider, account.providerAccountId[0]])
    // A collation may take B for b.
    const order = db.schema.loose ? "3129" : "9312"
    expect(keys.map(([, id]) => id).join("")).toBe(order)
    expect(keys.map(([provider]) => provider).join("")).toBe(db.schema.loose ? "abbB" : "Babb")
    expect(listed.every((account) => account.userId === ada.id)).toBe(true)
  })

  test("listAccounts gives an empty list for a user without accounts, or none at all", async () => {
    const user = await makeUser(db.adapter)
    expect(await db.adapter.listAccounts(user.id)).toStrictEqual([])
    expect(await db.adapter.listAccounts(unique("nobody"))).toStrictEqual([])
  })
})
