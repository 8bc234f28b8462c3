// A user was made in one system, and the other refuses the account.

const { makeAccount, makeSession, makeUser, passkey, unique } = require("../support/samples")
const { describeOnBoth } = require("./systems")

jest.setTimeout(60_000)

describeOnBoth("an account that is refused", (both) => {
  const compose = () => both.compose({ account: both.others.adapter, session: both.others.adapter })

  const stored = async (user) => {
    const sql = "SELECT id FROM users WHERE id = ?"
    return {
      users: (await both.users.place.rows(sql, [user.id])).length,
      standIns: (await both.others.place.rows(sql, [user.id])).length,
    }
  }

  /** The account of somebody else: linking it again is refused. */
  async function taken(adapter) {
    const { userId, ...account } = await makeAccount(adapter, (await makeUser(adapter)).id)
    return account
  }

  const refused = { code: "ERR_UNIQUE", operation: "linkAccount" }

  test("takes the user along that was made for it", async () => {
    const adapter = compose()
    const account = await taken(adapter)
    const user = await makeUser(adapter)

    const linking = adapter.linkAccount({ ...account, userId: user.id })

    await expect(linking).rejects.toMatchObject(refused)
    expect(await stored(user)).toEqual({ users: 0, standIns: 0 })
    expect(await adapter.getUserByAccount(account)).not.toBeNull()
    const again = await makeUser(adapter, { email: user.email })
    expect(again.id).not.toBe(user.id)
  })

  test.each([
    ["is verified", (adapter) => makeUser(adapter, { emailVerified: new Date() })],
    [
      "was verified since",
      async (adapter) => {
        const { id } = await makeUser(adapter)
        return adapter.updateUser({ id, emailVerified: new Date() })
      },
    ],
    ["another process made", () => makeUser(compose())],
    [
      "has an account",
      async (adapter) => {
        const user = await makeUser(adapter)
        await makeAccount(adapter, user.id)
        return user
      },
    ],
    [
      "got an account from another process",
      async (adapter) => {
        const user = await makeUser(adapter)
        await makeAccount(compose(), user.id)
        return user
      },
    ],
    [
      "got a session from another process",
      async (adapter) => {
        const user = await makeUser(adapter)
        await makeSession(compose(), user.id)
        return user
      },
    ],
    [
      "got a passkey from another process",
      async (adapter) => {
        const user = await makeUser(adapter)
        await compose().createAuthenticator(passkey(user.id))
        return user
      },
    ],
  ])("leaves a user alone who %s", async (_, make) => {
    const adapter = compose()
    const account = await taken(adapter)
    const user = await make(adapter)
    const linking = adapter.linkAccount({ ...account, userId: user.id })
    await expect(linking).rejects.toMatchObject(refused)
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
  })

  test("leaves a user alone who was made longer ago than a sign-in takes", async () => {
    const adapter = compose()
    const account = await taken(adapter)
    const user = await makeUser(adapter)
    const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 61_000)
    try {
      const linking = adapter.linkAccount({ ...account, userId: user.id })
      await expect(linking).rejects.toMatchObject(refused)
    } finally {
      clock.mockRestore()
    }
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
  })

  test("takes the user along later when the accounts' system is away", async () => {
    const adapter = compose()
    const user = await makeUser(adapter)
    const account = { type: "oauth", provider: "github", providerAccountId: unique("account") }
    await both.others.place.execute("ALTER TABLE accounts RENAME TO away")
    try {
      await expect(adapter.linkAccount({ ...account, userId: user.id })).rejects.toThrow()
      expect((await stored(user)).users).toBe(1)
      expect(await adapter.getUserByEmail(user.email)).toStrictEqual(user)
    } finally {
      await both.others.place.execute("ALTER TABLE away RENAME TO accounts")
    }
    expect(await adapter.getUserByEmail(user.email)).toBeNull()
    expect(await stored(user)).toEqual({ users: 0, standIns: 0 })
  })

  test("keeps the user when the account was stored, whatever the answer was", async () => {
    const accounts = both.others.adapter
    // Like most adapters, which cannot list a user's accounts.
    const { listAccounts, ...rest } = accounts
    const lost = {
      ...rest,
      async linkAccount(account) {
        await accounts.linkAccount(account)
        throw new Error("the answer was lost")
      },
    }
    const adapter = both.compose({ account: lost })
    const user = await makeUser(adapter)
    const account = { type: "oauth", provider: "github", providerAccountId: unique("account") }
    await expect(adapter.linkAccount({ ...account, userId: user.id })).rejects.toThrow("lost")
    expect(await adapter.getUserByAccount(account)).toStrictEqual(user)
  })
})
