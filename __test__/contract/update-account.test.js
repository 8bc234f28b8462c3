const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { makeAccount, makeUser, unique } = require("../support/samples")

contract("updateAccount", (db) => {
  const stored = ({ provider, providerAccountId }) =>
    db.one("account", { provider, providerAccountId })

  async function linked(values) {
    const user = await makeUser(db.adapter)
    const tokens = { access_token: "old", refresh_token: "kept", expires_at: 1_700_000_000 }
    return { user, account: await makeAccount(db.adapter, user.id, { ...tokens, ...values }) }
  }

  test("changes what is given, and leaves the rest", async () => {
    const [{ account }, other] = [await linked(), await linked()]
    const { provider, providerAccountId } = account
    const changed = await db.adapter.updateAccount({
      provider,
      providerAccountId,
      access_token: "new",
      expires_at: "1800000000",
      scope: ["openid", "email"],
      refresh_token: undefined,
      a_token_of_its_own: "left out",
    })

    const tokens = { access_token: "new", expires_at: 1_800_000_000, scope: "openid email" }
    const expected = { ...account, ...db.kept("account", tokens) }
    expect(changed).toStrictEqual(expected)
    expect(await stored(account)).toMatchObject(db.kept("account", expected))
    expect((await stored(other.account)).access_token).toBe("old")
  })

  test("null empties a column", async () => {
    const { account } = await linked()
    const { refresh_token, ...rest } = account
    expect(await db.adapter.updateAccount({ ...account, refresh_token: null })).toStrictEqual(rest)
    expect((await stored(account)).refresh_token).toBeNull()
  })

  test("gives the account as it is where nothing changes", async () => {
    const { account } = await linked()
    const { provider, providerAccountId, userId } = account
    for (const call of [
      { provider, providerAccountId },
      { provider, providerAccountId, userId },
      account,
      account,
    ]) {
      expect(await db.adapter.updateAccount(call)).toStrictEqual(account)
    }
  })

  test("never moves an account to another user", async () => {
    const [{ account }, eve] = [await linked(), await makeUser(db.adapter)]
    const before = await stored(account)
    const { provider, providerAccountId } = account
    for (const tokens of [{}, { access_token: "stolen" }]) {
      const call = { provider, providerAccountId, userId: eve.id, ...tokens }
      const error = await refused(db.adapter.updateAccount(call), "ERR_NOT_FOUND")
      expect(error.operation).toBe("updateAccount")
    }
    expect(await stored(account)).toEqual(before)
  })

  test("rejects where there is no such account, and inserts none", async () => {
    const { account } = await linked()
    for (const key of ["provider", "providerAccountId"]) {
      const unknown = { ...account, [key]: unique("other"), access_token: "new" }
      await refused(db.adapter.updateAccount(unknown), "ERR_NOT_FOUND")
      expect(await stored(unknown)).toBeNull()
      const upper = { ...account, [key]: account[key].toUpperCase(), access_token: "new" }
      await refused(db.adapter.updateAccount(upper), "ERR_NOT_FOUND")
    }
    expect((await stored(account)).access_token).toBe("old")
  })

  test("rejects without a provider and its id, and a token that is none", async () => {
    const { account } = await linked()
    for (const key of ["provider", "providerAccountId"]) {
      for (const value of [undefined, null, {}]) {
        const call = db.adapter.updateAccount({ ...account, [key]: value })
        await refused(call, "ERR_INVALID_ARGUMENT")
      }
    }
    await refused(db.adapter.updateAccount(), "ERR_INVALID_ARGUMENT")
    const wrong = { ...account, access_token: { a: 1 } }
    await refused(db.adapter.updateAccount(wrong), "ERR_INVALID_ARGUMENT")
    expect((await stored(account)).access_token).toBe("old")
  })
})
