// Two systems kept alike: writes to both, reads from the primary.

const { setTimeout: sleep } = require("node:timers/promises")
const { SqlxAdapter, SqlxAdapterError } = require("../..")
const { mirror } = require("../../compose.js")
const {
  hence,
  makeAccount,
  makeSession,
  makeToken,
  makeUser,
  passkey,
  unique,
} = require("../support/samples")
const { describeOnBoth } = require("./systems")

jest.setTimeout(60_000)

describeOnBoth("mirror", (both) => {
  let seen

  const open = (options, primary = both.users.adapter, secondary = both.others.adapter) => {
    seen = []
    return mirror(primary, secondary, { onDifference: (one) => seen.push(one), ...options })
  }

  const counted = (...pairs) => Object.fromEntries(pairs)

  test("writes to both, and both hold the same", async () => {
    const adapter = open()
    const { createUser } = { ...adapter }
    const user = await createUser({ name: "Ada", email: `${unique("ada")}@example.com` })
    const account = await makeAccount(adapter, user.id)
    const session = await makeSession(adapter, user.id)
    const key = await adapter.createAuthenticator(passkey(user.id))
    const token = await makeToken(adapter)
    const changed = await adapter.updateUser({ id: user.id, name: "Countess" })
    await adapter.updateSession({ sessionToken: session.sessionToken, expires: hence(7_200_000) })
    await adapter.updateAuthenticatorCounter(key.credentialID, 7)
    expect(await adapter.useVerificationToken(token)).toStrictEqual(token)

    for (const { adapter: one } of [both.users, both.others]) {
      expect(await one.getUser(user.id)).toStrictEqual(changed)
      expect(await one.getUserByAccount(account)).toStrictEqual(changed)
      expect(await one.listSessions(user.id)).toHaveLength(1)
      expect((await one.getAuthenticator(key.credentialID)).counter).toBe(7)
      expect(await one.useVerificationToken(token)).toBeNull()
    }

    await adapter.deleteSession(session.sessionToken)
    await adapter.deleteUser(user.id)
    for (const { place } of [both.users, both.others]) {
      const rows = await place.rows("SELECT * FROM users WHERE id = ?", [user.id])
      expect(rows).toEqual([])
    }
    expect(seen).toEqual([])
    expect(adapter.differences()).toEqual({
      writes: 11,
      comparedReads: 0,
      differences: 0,
      failures: 0,
      operations: {},
    })
  })

  test("the functions of this package are followed, too, and a refresh runs once", async () => {
    const adapter = open({ compareReads: true })
    const user = await makeUser(adapter)
    const account = await makeAccount(adapter, user.id, { refresh_token: "first" })
    await adapter.updateAccount({ ...account, refresh_token: "second" })
    const used = []
    const refreshed = await adapter.withAccountLock(
      "github",
      account.providerAccountId,
      (given) => {
        used.push(given.refresh_token)
        return { refresh_token: "third" }
      },
    )
    expect(used).toEqual(["second"])
    const { sessionToken } = await adapter.createSessionFor(user.id)
    await adapter.cleanup()

    for (const { adapter: one } of [both.users, both.others]) {
      expect(await one.listAccounts(user.id)).toStrictEqual([refreshed])
      expect((await one.getSessionAndUser(sessionToken)).user).toStrictEqual(user)
    }
    expect(seen).toEqual([])
    expect(adapter.differences()).toMatchObject({ writes: 5, comparedReads: 0 })
  })

  test("the methods of NextAuth 2 and 3 write to both", async () => {
    const adapter = open()
    const secret = unique("secret")
    const methods = await adapter.getAdapter({ session: { maxAge: 3600 }, secret })
    const email = `${unique("ada")}@example.com`
    const made = await methods.createUser({ name: "Ada", email })
    await methods.linkAccount(made.id, "github", "oauth", unique("account"), "refresh", "access")
    const session = await methods.createSession(made)
    await methods.updateSession(session, true)
    await methods.updateUser({ id: made.id, name: "Countess" })
    const provider = { sendVerificationRequest: async () => {} }
    await methods.createVerificationRequest(email, "https://here", "token", "unused", provider)

    const [one, other] = await Promise.all(
      [both.users, both.others].map(async ({ place, adapter: there }) => ({
        user: await there.getUser(made.id),
        accounts: await there.listAccounts(made.id),
        session: (await there.getSessionAndUser(session.sessionToken)).session,
        links: await place.rows("SELECT token FROM verification_tokens WHERE identifier = ?", [
          email,
        ]),
      })),
    )
    expect(other).toStrictEqual(one)
    expect(one).toMatchObject({ user: { name: "Countess" }, accounts: [{ provider: "github" }] })
    expect(one.links).toHaveLength(1)
    expect((await methods.getSession(session.sessionToken)).userId).toBe(made.id)
    expect(seen).toEqual([])
    expect(adapter.differences().writes).toBe(6)
  })

  test("a function of one's own beside the mirror's is what these methods call", async () => {
    const adapter = open()
    const named = []
    const wrapped = {
      ...adapter,
      createUser: (user) => {
        named.push(user.name)
        return adapter.createUser(user)
      },
    }
    const methods = await wrapped.getAdapter({ secret: "secret" })
    const { id } = await methods.createUser({ name: "Eve", email: `${unique("eve")}@example.com` })
    expect(named).toEqual(["Eve"])
    expect(await both.others.adapter.getUser(id)).toMatchObject({ name: "Eve" })
  })

  test("pending magic links are deleted in both", async () => {
    const adapter = open()
    const token = await makeToken(adapter)
    expect(await adapter.deleteVerificationTokens(token.identifier)).toBe(1)
    for (const { adapter: one } of [both.users, both.others]) {
      expect(await one.useVerificationToken(token)).toBeNull()
    }
    expect(seen).toEqual([])
  })

  test("a secondary that fails fails no call, and is reported", async () => {
    const secondary = SqlxAdapter("sqlite::memory:")
    await secondary.close()
    const adapter = open({}, both.users.adapter, secondary)
    const user = await makeUser(adapter)
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    expect(seen).toEqual([
      {
        operation: "createUser",
        kind: "failed",
        fields: [],
        error: expect.objectContaining({ code: "ERR_CLOSED" }),
      },
    ])
    expect(adapter.differences()).toMatchObject({
      failures: 1,
      operations: counted(["createUser", { differences: 0, failures: 1 }]),
    })
  })

  test("a secondary that never answers holds a call up for the time limit only", async () => {
    const secondary = { ...both.others.adapter, createUser: () => new Promise(() => {}) }
    const adapter = open({ timeout: 50 }, both.users.adapter, secondary)
    const user = await makeUser(adapter)
    expect(await both.users.adapter.getUser(user.id)).toStrictEqual(user)
    expect(seen).toMatchObject([{ kind: "failed", error: { code: "ERR_TIMEOUT" } }])
  })

  test("a function that the secondary does not have is reported", async () => {
    const { createSession, ...secondary } = both.others.adapter
    const adapter = open({}, both.users.adapter, secondary)
    const user = await makeUser(adapter)
    await makeSession(adapter, user.id)
    expect(seen).toMatchObject([
      { operation: "createSession", kind: "failed", error: { code: "ERR_UNSUPPORTED" } },
    ])
  })

  test("what the primary refuses is refused, and the secondary does not hear of it", async () => {
    const adapter = open()
    const user = await makeUser(adapter)
    await both.others.place.execute("DELETE FROM users WHERE id = ?", [user.id])
    await expect(makeUser(adapter, { email: user.email })).rejects.toMatchObject({
      code: "ERR_UNIQUE",
    })
    const sql = "SELECT * FROM users WHERE email = ?"
    expect(await both.others.place.rows(sql, [user.email])).toEqual([])
    expect(seen).toEqual([])
  })

  test("reads are the primary's", async () => {
    const adapter = open()
    const user = await makeUser(adapter)
    await both.others.place.execute("UPDATE users SET name = 'Eve' WHERE id = ?", [user.id])
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    await sleep(50)
    expect(seen).toEqual([])
  })

  test("differences are told by the names of fields, never by values", async () => {
    const adapter = open()
    const user = await makeUser(adapter)
    const { sessionToken } = await makeSession(adapter, user.id)
    await both.others.place.execute("UPDATE users SET name = 'Eve' WHERE id = ?", [user.id])
    await both.others.place.execute("DELETE FROM sessions WHERE user_id = ?", [user.id])
    const email = `${unique("new")}@example.com`
    await adapter.updateUser({ id: user.id, email })
    await adapter.deleteSession(sessionToken)
    await makeSession(both.others.adapter, user.id, { sessionToken })
    await adapter.deleteSession(sessionToken)

    expect(seen).toEqual([
      { operation: "updateUser", kind: "different", fields: ["name"] },
      { operation: "deleteSession", kind: "missing", fields: [] },
      { operation: "deleteSession", kind: "unexpected", fields: [] },
    ])
    expect(adapter.differences()).toMatchObject({
      differences: 3,
      operations: counted(
        ["updateUser", { differences: 1, failures: 0 }],
        ["deleteSession", { differences: 2, failures: 0 }],
      ),
    })
  })

  test("compareReads compares what is read, too", async () => {
    const adapter = open({ compareReads: true })
    const user = await makeUser(adapter)
    const { sessionToken } = await makeSession(adapter, user.id)
    await adapter.getSessionAndUser(sessionToken)
    await both.others.place.execute("UPDATE sessions SET expires = expires + 1000")
    await adapter.getSessionAndUser(sessionToken)
    while (seen.length === 0) await sleep(5)
    expect(seen).toEqual([
      { operation: "getSessionAndUser", kind: "different", fields: ["session.expires"] },
    ])
    expect(adapter.differences()).toMatchObject({ comparedReads: 2, differences: 1 })
  })

  test("what onDifference throws, or rejects with, fails no call", async () => {
    const { createUser, ...secondary } = both.others.adapter
    const thrown = () => {
      throw new Error("thrown")
    }
    for (const onDifference of [thrown, async () => thrown()]) {
      const adapter = open({ onDifference }, both.users.adapter, secondary)
      expect((await makeUser(adapter)).id).toEqual(expect.any(String))
    }
  })

  test("an instance of a class may be the primary", async () => {
    class Users {
      constructor(inner) {
        this.inner = inner
      }
      createUser(user) {
        return this.inner.createUser(user)
      }
    }
    const adapter = open({}, new Users(both.users.adapter))
    const user = await makeUser(adapter)
    expect(await both.others.adapter.getUser(user.id)).toStrictEqual(user)
  })

  test.each([
    ["no secondary", () => mirror(both.users.adapter)],
    [
      "a primary for NextAuth 2 and 3 alone",
      () => mirror({ getAdapter: async () => ({}) }, both.others.adapter),
    ],
    ["an unknown option", () => open({ compare: true })],
    ["a timeout that is none", () => open({ timeout: 0 })],
    ["an ill-typed onDifference", () => open({ onDifference: true })],
    ["an ill-typed compareReads", () => open({ compareReads: 1 })],
  ])("%s is refused at once", (_, make) => {
    expect(make).toThrow(SqlxAdapterError)
    expect(make).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }))
  })

  test("settles what was written while rows were copied", async () => {
    const [before, after] = [both.users.adapter, both.others.adapter]
    const adapter = open({ copying: true })
    const old = await makeUser(before)
    const gone = await makeUser(before)
    const [ended, kept] = [await makeSession(before, old.id), await makeSession(before, old.id)]
    const [{ userId, ...unlinked }, link] = [
      await makeAccount(before, old.id),
      { type: "oauth", provider: "github", providerAccountId: unique("account") },
    ]
    // None of it is there yet, so that none of this arrives.
    await adapter.updateUser({ id: old.id, name: "Countess" })
    await adapter.deleteUser(gone.id)
    await adapter.deleteSession(ended.sessionToken)
    await adapter.updateSession({ ...kept, expires: hence(7_200_789) })
    const fresh = await makeSession(adapter, old.id)
    await adapter.unlinkAccount({ ...unlinked, userId })
    await adapter.linkAccount({ ...link, userId: old.id })
    const key = await adapter.createAuthenticator(passkey(old.id))
    expect(seen.map(({ kind }) => kind)).toContain("failed")
    // What a copy inserts that had read a moment before.
    await after.createUser(old)
    await after.createUser(gone)
    for (const session of [ended, kept]) await after.createSession(session)
    await after.linkAccount({ ...unlinked, userId })
    const made = await adapter.createUser({ name: "Eve", email: `${unique("eve")}@example.com` })

    expect(await adapter.settle()).toEqual({ settled: 9 })

    for (const id of [old.id, gone.id, made.id]) {
      expect(await after.getUser(id)).toStrictEqual(await before.getUser(id))
    }
    for (const { sessionToken } of [ended, kept, fresh]) {
      const expected = await before.getSessionAndUser(sessionToken)
      expect(await after.getSessionAndUser(sessionToken)).toStrictEqual(expected)
    }
    expect(await after.getSessionAndUser(ended.sessionToken)).toBeNull()
    expect(await after.getUserByAccount(unlinked)).toBeNull()
    expect((await after.getUserByAccount(link)).name).toBe("Countess")
    expect(await after.getAuthenticator(key.credentialID)).toStrictEqual(key)
    expect(await adapter.settle()).toEqual({ settled: 0 })
  })

  /** Whoever copies has read these rows before what happened since. */
  async function copied({ user, accounts }) {
    await both.others.adapter.createUser(user)
    for (const account of accounts) await both.others.adapter.linkAccount(account)
  }

  test("settles a refresh token that was rotated while its row was copied", async () => {
    const [before, after] = [both.users.adapter, both.others.adapter]
    const adapter = open({ copying: true })
    const user = await makeUser(before)
    const tokens = { refresh_token: "first", access_token: "first", scope: "email" }
    const accounts = [
      await makeAccount(before, user.id, tokens),
      await makeAccount(before, user.id, tokens),
    ]
    const [updated, locked] = accounts
    await adapter.updateAccount({ ...updated, refresh_token: "second", access_token: null })
    const change = { refresh_token: "second", scope: "email profile" }
    await adapter.withAccountLock(locked.provider, locked.providerAccountId, () => change)
    const session = await adapter.createSessionFor(user.id)
    expect(seen.map(({ kind }) => kind)).toEqual(["failed", "failed", "failed"])
    await copied({ user, accounts })

    expect(await adapter.settle()).toEqual({ settled: 3 })
    expect(await after.listAccounts(user.id)).toStrictEqual(await before.listAccounts(user.id))
    for (const { providerAccountId } of accounts) {
      const account = await after.getAccount(providerAccountId, "github")
      expect(account.refresh_token).toBe("second")
    }
    expect(await after.getSessionAndUser(session.sessionToken)).toStrictEqual({ session, user })
    expect(await adapter.settle()).toEqual({ settled: 0 })
  })

  test("settles tokens in a secondary that can only link, and links what no copy has brought", async () => {
    const [before, after] = [both.users.adapter, both.others.adapter]
    const { updateAccount, withAccountLock, ...secondary } = after
    const adapter = open({ copying: true }, before, secondary)
    const user = await makeUser(before)
    const accounts = [
      await makeAccount(before, user.id, { refresh_token: "first" }),
      await makeAccount(before, user.id, { refresh_token: "first" }),
    ]
    for (const account of accounts) {
      await adapter.updateAccount({ ...account, refresh_token: "second" })
    }
    await copied({ user, accounts: accounts.slice(0, 1) })

    expect(await adapter.settle()).toEqual({ settled: 2 })
    expect(await after.listAccounts(user.id)).toStrictEqual(await before.listAccounts(user.id))
  })

  test("close closes both", async () => {
    const [one, other] = [SqlxAdapter("sqlite::memory:"), SqlxAdapter("sqlite::memory:")]
    await mirror(one, other).close()
    await expect(one.ping()).rejects.toMatchObject({ code: "ERR_CLOSED" })
    await expect(other.ping()).rejects.toMatchObject({ code: "ERR_CLOSED" })
  })
})
