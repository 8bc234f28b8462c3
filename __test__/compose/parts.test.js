// Which parts composeAdapters takes, and what it says about the others.

const { SqlxAdapter, SqlxAdapterError } = require("../..")
const { composeAdapters } = require("../../compose.js")
const { makeAccount, makeUser, unique, hence } = require("../support/samples")
const { describeOn } = require("../support/databases")

describeOn("sqlite")("the parts of a composed adapter", () => {
  let users
  let parts

  beforeAll(() => {
    users = SqlxAdapter("sqlite::memory:")
    parts = { user: users, account: users, session: users, verificationToken: users }
  })

  afterAll(() => users.close())

  const refusal = (given) => {
    try {
      composeAdapters(given)
    } catch (error) {
      expect(error).toBeInstanceOf(SqlxAdapterError)
      return [error.code, error.message]
    }
    throw new Error("it was taken")
  }

  test.each(["user", "account", "session", "verificationToken"])(
    "%s may not be missing",
    (name) => {
      const { [name]: _, ...rest } = parts
      for (const given of [rest, { ...parts, [name]: null }, { ...parts, [name]: "adapter" }]) {
        expect(refusal(given)).toEqual([
          "ERR_CONFIG",
          expect.stringContaining(`part ${name} is miss`),
        ])
      }
    },
  )

  test.each([
    ["nothing", undefined],
    ["an unknown part", { sessions: {} }],
    ["no users", { user: false }],
  ])("%s is refused", (_, more) => {
    expect(refusal(more && { ...parts, ...more })[0]).toBe("ERR_CONFIG")
  })

  test("a part that is false has no functions, so that NextAuth can say so", () => {
    const adapter = composeAdapters({ ...parts, session: false, verificationToken: false })
    expect(adapter).not.toHaveProperty("createSession")
    expect(adapter).not.toHaveProperty("useVerificationToken")
    expect(adapter).not.toHaveProperty("getAuthenticator")
    expect(adapter).toHaveProperty("linkAccount")
  })

  test("every function of Auth.js is there, and rejects where its part does not have it", async () => {
    const adapter = composeAdapters({
      user: {},
      account: {},
      session: {},
      verificationToken: {},
      authenticator: {},
    })
    const { close, ...functions } = adapter
    expect(Object.keys(functions)).toHaveLength(20)
    for (const [name, call] of Object.entries(functions)) {
      const answer = call({ userId: "1", sessionToken: "t" })
      await expect(answer).rejects.toMatchObject({ code: "ERR_UNSUPPORTED" })
      await expect(answer).rejects.toThrow(
        name === "getUserByAccount" ? /account/ : /the part \w+ /,
      )
    }
  })

  test("a part may be an object of functions, or an instance of a class", async () => {
    class Sessions {
      kept = new Map()
      async createSession(session) {
        this.kept.set(session.sessionToken, session)
        return session
      }
      async getSession(token) {
        return this.kept.get(token) ?? null
      }
      async deleteSessionsByUser(userId) {
        for (const [token, session] of this.kept) {
          if (session.userId === userId) this.kept.delete(token)
        }
      }
    }
    const session = new Sessions()
    const adapter = composeAdapters({ ...parts, session })
    const user = await makeUser(adapter)
    const made = { sessionToken: unique("session"), userId: user.id, expires: hence() }

    expect(await adapter.createSession(made)).toEqual(made)
    expect(await adapter.getSessionAndUser(made.sessionToken)).toEqual({ session: made, user })
    await adapter.deleteUser(user.id)
    expect([...session.kept]).toEqual([])
    expect(await users.getUser(user.id)).toBeNull()
  })

  test("what was spread into another object is the same system still", async () => {
    const adapter = composeAdapters({ ...parts, account: { ...users }, session: { ...users } })
    const user = await makeUser(adapter)
    const account = await makeAccount(adapter, user.id)
    expect(await adapter.getUserByAccount(account)).toStrictEqual(user)
    expect(await users.getUserByEmail(`id-${user.id}@user.invalid`)).toBeNull()
    expect(await adapter.deleteUser(user.id)).toStrictEqual(user)
    expect(await users.listAccounts(user.id)).toEqual([])
  })

  test("close closes every part, once", async () => {
    const [one, other] = [SqlxAdapter("sqlite::memory:"), SqlxAdapter("sqlite::memory:")]
    const adapter = composeAdapters({
      user: one,
      account: one,
      session: other,
      verificationToken: { ...one },
    })
    await adapter.close()
    await expect(one.getUser("1")).rejects.toMatchObject({ code: "ERR_CLOSED" })
    await expect(other.getUser("1")).rejects.toMatchObject({ code: "ERR_CLOSED" })
  })
})
