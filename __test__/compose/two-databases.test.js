// Users in PostgreSQL, sessions (or accounts, or passkeys) in SQLite.

const { refused } = require("../support/expectations")
const { makeAccount, makeSession, makeUser, passkey, unique, hence } = require("../support/samples")
const { describeOnBoth } = require("./systems")

jest.setTimeout(60_000)

describeOnBoth("sessions in another database than the users", (both) => {
  test("own plain functions can be spread and called bare", async () => {
    const { createUser, createSession, getSessionAndUser } = { ...both.compose() }
    const user = await createUser({ email: `${unique("ada")}@example.com` })
    const { sessionToken } = await createSession({
      sessionToken: unique("session"),
      userId: user.id,
      expires: hence(),
    })
    expect((await getSessionAndUser(sessionToken)).user).toStrictEqual(user)
  })

  test("a session is read with the user as they are now", async () => {
    const adapter = both.compose()
    const user = await makeUser(adapter)
    const session = await makeSession(adapter, user.id)
    const changed = await adapter.updateUser({ id: user.id, name: "Countess" })

    expect(await adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({
      session,
      user: changed,
    })
    expect(await adapter.getSessionAndUser(unique("session"))).toBeNull()
  })

  test("each database holds its own rows, and the sessions' nothing of the user but the id", async () => {
    const adapter = both.compose()
    const user = await makeUser(adapter, { name: "Ada", image: "https://example.com/ada.png" })
    await makeSession(adapter, user.id)
    await makeSession(adapter, user.id)

    const sql = "SELECT count(*) AS n FROM sessions WHERE user_id = ?"
    expect(Number((await both.users.place.rows(sql, [user.id]))[0].n)).toBe(0)
    expect((await both.others.place.rows(sql, [user.id]))[0].n).toBe(2)
    const kept = await both.others.place.rows("SELECT * FROM users WHERE id = ?", [user.id])
    expect(kept).toEqual([
      expect.objectContaining({ email: `id-${user.id}@user.invalid`, name: null, image: null }),
    ])
    expect(JSON.stringify(kept)).not.toContain(user.email)
  })

  test("a session is changed and deleted, and speaks of the user by their id", async () => {
    const adapter = both.compose()
    const user = await makeUser(adapter)
    const { sessionToken } = await makeSession(adapter, user.id)
    const expires = hence(7_200_000)

    const changed = { sessionToken, userId: user.id, expires }
    expect(await adapter.updateSession({ sessionToken, expires })).toStrictEqual(changed)
    expect(await adapter.listSessions(user.id)).toMatchObject([{ userId: user.id, expires }])
    expect(await adapter.deleteSession(sessionToken)).toStrictEqual(changed)
    expect(await adapter.deleteSession(sessionToken)).toBeNull()
    expect(await adapter.updateSession({ sessionToken, expires })).toBeNull()
    expect(await adapter.getSessionAndUser(sessionToken)).toBeNull()
  })

  test("two first sessions at once are both sessions of the one user", async () => {
    const user = await makeUser(both.compose())
    const [one, other] = [both.compose(), both.compose()]
    const made = await Promise.all(
      [one, other, one, other].map((adapter) => makeSession(adapter, user.id)),
    )
    for (const { sessionToken } of made) {
      expect((await one.getSessionAndUser(sessionToken)).user.id).toBe(user.id)
    }
    const sql = "SELECT id FROM users WHERE email = ?"
    const address = `id-${user.id}@user.invalid`
    expect(await both.others.place.rows(sql, [address])).toEqual([{ id: user.id }])
  })

  test("a user whose row is gone has no session, whatever the other database holds", async () => {
    const adapter = both.compose()
    const user = await makeUser(adapter)
    const { sessionToken } = await makeSession(adapter, user.id)
    await both.users.place.execute("DELETE FROM users WHERE id = ?", [user.id])
    expect(await adapter.getSessionAndUser(sessionToken)).toBeNull()
    expect(await adapter.deleteUser(user.id)).toBeNull()
    const sql = "SELECT * FROM sessions WHERE user_id = ?"
    expect(await both.others.place.rows(sql, [user.id])).toEqual([])
  })

  test("ids that the other database would not keep find their user", async () => {
    const adapter = both.compose()
    const ids = [unique("Case"), unique("case").toUpperCase(), `${unique("é")}@user.invalid`]
    for (const id of ids) {
      const user = await makeUser(adapter, { id })
      const { sessionToken } = await makeSession(adapter, id)
      expect((await adapter.getSessionAndUser(sessionToken)).user).toStrictEqual(user)
      expect((await adapter.listSessions(id)).length).toBe(1)
    }
  })

  test("deleteSessionsByUser and listSessions know the users of the other database", async () => {
    const adapter = both.compose()
    const user = await makeUser(adapter)
    const [kept] = [await makeSession(adapter, user.id), await makeSession(adapter, user.id)]
    expect(await adapter.deleteSessionsByUser(user.id, { except: kept.sessionToken })).toBe(1)
    expect(await adapter.listSessions(user.id)).toHaveLength(1)
    expect(await adapter.deleteSessionsByUser(unique("nobody"))).toBe(0)
    expect(await adapter.listSessions(unique("nobody"))).toEqual([])
  })

  test("createSessionFor signs in a user of the other database, and nobody else", async () => {
    const adapter = both.compose()
    const user = await makeUser(adapter)
    const expires = hence()
    const session = await adapter.createSessionFor(user.id, { expires })
    expect(session).toMatchObject({ userId: user.id, expires })
    expect(await adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({ session, user })

    const nobody = unique("nobody")
    await refused(adapter.createSessionFor(nobody), "ERR_FOREIGN_KEY")
    const sql = "SELECT * FROM users WHERE email = ?"
    expect(await both.others.place.rows(sql, [`id-${nobody}@user.invalid`])).toEqual([])
  })
})

describeOnBoth("accounts and passkeys in another database than the users", (both) => {
  const composed = () => {
    const { adapter } = both.others
    const { adapter: users } = both.users
    return both.compose({ account: adapter, authenticator: adapter, session: users })
  }

  test("a user is found by their account", async () => {
    const adapter = composed()
    const user = await makeUser(adapter)
    const account = await makeAccount(adapter, user.id)
    const key = { provider: account.provider, providerAccountId: account.providerAccountId }

    expect(account.userId).toBe(user.id)
    expect(await adapter.getUserByAccount(key)).toStrictEqual(user)
    expect(await adapter.getAccount(key.providerAccountId, key.provider)).toStrictEqual(account)
    expect(await adapter.listAccounts(user.id)).toStrictEqual([account])
    expect(await adapter.unlinkAccount(key)).toStrictEqual(account)
    expect(await adapter.getUserByAccount(key)).toBeNull()
  })

  test("an account of nobody is refused, and not in the way of anybody", async () => {
    const adapter = composed()
    const account = {
      type: "oauth",
      provider: "github",
      providerAccountId: unique("account"),
    }
    const gone = await makeUser(adapter)
    await adapter.deleteUser(gone.id)
    for (const userId of [gone.id, unique("nobody")]) {
      await refused(adapter.linkAccount({ ...account, userId }), "ERR_FOREIGN_KEY")
    }
    const user = await makeUser(adapter)
    await adapter.linkAccount({ ...account, userId: user.id })
    expect(await adapter.getUserByAccount(account)).toStrictEqual(user)
  })

  test("a user who is deleted while an account is linked leaves none behind", async () => {
    const { adapter: accounts } = both.others
    const { adapter: users } = both.users
    let meanwhile = async () => undefined
    const slow = {
      ...accounts,
      async linkAccount(account) {
        await meanwhile()
        return accounts.linkAccount(account)
      },
    }
    const parts = { account: slow, authenticator: slow, session: users }
    const [adapter, other] = [both.compose(parts), both.compose(parts)]
    const user = await makeUser(adapter, { emailVerified: new Date() })
    const account = { type: "oauth", provider: "github", providerAccountId: unique("account") }
    meanwhile = () => other.deleteUser(user.id)
    await expect(adapter.linkAccount({ ...account, userId: user.id })).rejects.toThrow()
    meanwhile = async () => undefined
    const again = await makeUser(adapter)
    await adapter.linkAccount({ ...account, userId: again.id })
    expect(await adapter.getUserByAccount(account)).toStrictEqual(again)
  })

  test("updateAccount and withAccountLock know the users of the other database", async () => {
    const adapter = composed()
    const [user, stranger] = [await makeUser(adapter), await makeUser(adapter)]
    const account = await makeAccount(adapter, user.id, { access_token: "old" })
    await makeAccount(adapter, stranger.id)
    const key = { provider: account.provider, providerAccountId: account.providerAccountId }
    const stored = () => adapter.getAccount(key.providerAccountId, key.provider)

    const second = { ...account, access_token: "second" }
    expect(await adapter.updateAccount(second)).toStrictEqual(second)
    for (const userId of [stranger.id, unique("nobody")]) {
      const theft = adapter.updateAccount({ ...second, userId, access_token: "stolen" })
      await refused(theft, "ERR_NOT_FOUND")
    }
    expect(await stored()).toStrictEqual(second)

    // As a recipe may: it gives back the whole account.
    const third = { ...account, access_token: "third" }
    const refreshed = await adapter.withAccountLock(
      key.provider,
      key.providerAccountId,
      (given) => {
        expect(given).toStrictEqual(second)
        return { ...given, access_token: "third" }
      },
    )
    expect(refreshed).toStrictEqual(third)
    expect(await stored()).toStrictEqual(third)
    const nothing = adapter.withAccountLock(key.provider, key.providerAccountId)
    await refused(nothing, "ERR_INVALID_ARGUMENT")
  })

  test("a passkey belongs to its user", async () => {
    const adapter = composed()
    const user = await makeUser(adapter)
    const made = await adapter.createAuthenticator(passkey(user.id))
    expect(made.userId).toBe(user.id)
    expect(await adapter.getAuthenticator(made.credentialID)).toStrictEqual(made)
    expect(await adapter.listAuthenticatorsByUserId(user.id)).toStrictEqual([made])
    const counted = await adapter.updateAuthenticatorCounter(made.credentialID, 7)
    expect(counted).toStrictEqual({ ...made, counter: 7 })
    expect(await adapter.listAuthenticatorsByUserId(unique("nobody"))).toEqual([])
  })

  test("magic links stay in the part that keeps them", async () => {
    const adapter = both.compose({ verificationToken: both.others.adapter })
    const token = { identifier: unique("ada"), token: unique("token"), expires: hence() }
    expect(await adapter.createVerificationToken(token)).toStrictEqual(token)
    const sql = "SELECT * FROM verification_tokens WHERE identifier = ?"
    expect(await both.others.place.rows(sql, [token.identifier])).toHaveLength(1)
    expect(await adapter.useVerificationToken(token)).toStrictEqual(token)
    expect(await adapter.useVerificationToken(token)).toBeNull()
  })
})
