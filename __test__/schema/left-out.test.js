const { contract } = require("../support/contract")
const { hence, passkey, unique, uniqueEmail } = require("../support/samples")

contract("models that leave things out", (db) => {
  let n = 0
  const names = ["refresh_token", "access_token", "expires_at", "token_type", "scope", "id_token"]
  const none = (...properties) => ({
    columns: Object.fromEntries(properties.map((property) => [property, false])),
  })
  /** Calls every function, one after the other; gives what could not be done, and which option says so. */
  async function serve(adapter) {
    const unsupported = {}
    const call = async (name, ...args) => {
      try {
        return await adapter[name](...args)
      } catch (error) {
        if (error.code !== "ERR_UNSUPPORTED") throw error
        unsupported[name] = error.message.match(/schema\.[\w.]+/)[0]
        return undefined
      }
    }
    const email = uniqueEmail()
    const user = await call("createUser", { name: "Ada", email, emailVerified: new Date() })
    const { id } = user
    expect(await call("getUser", id)).toEqual(user)
    const found = await call("getUserByEmail", email)
    if (found !== undefined) expect(found).toEqual(user)
    expect(await call("updateUser", { id, name: "Zoë" })).toMatchObject({ id })
    const provider = "github"
    const providerAccountId = unique("account")
    const key = { provider, providerAccountId }
    const account = { userId: id, type: "oauth", ...key, access_token: "a", expires_at: 1 }
    const linked = await call("linkAccount", account)
    if (linked !== undefined) {
      expect(await call("getUserByAccount", key)).toMatchObject({ id })
      expect(await call("getAccount", providerAccountId, provider)).toEqual(linked)
      expect(await call("listAccounts", id)).toEqual([linked])
      expect(await call("updateAccount", { ...key, access_token: "b" })).toMatchObject(key)
      await call("withAccountLock", provider, providerAccountId, () => ({ access_token: "c" }))
    }
    const session = { sessionToken: unique("session"), userId: id, expires: hence() }
    const { sessionToken } = session
    const made = await call("createSession", session)
    const expires = hence(7_200_000)
    const both = await call("getSessionAndUser", sessionToken)
    const extended = await call("updateSession", { sessionToken, expires })
    if (made !== undefined) {
      expect(both).toMatchObject({ session: made, user: { id } })
      expect(extended).toEqual({ ...made, expires })
    }
    await call("createSessionFor", id)
    await call("listSessions", id)
    await call("deleteSessionsByUser", id, { except: sessionToken })
    await call("deleteSession", unique("session"))
    const token = { identifier: email, token: unique("token"), expires: hence() }
    await call("createVerificationToken", token)
    await call("useVerificationToken", token)
    const credential = passkey(id)
    await call("createAuthenticator", credential)
    await call("getAuthenticator", credential.credentialID)
    await call("listAuthenticatorsByUserId", id)
    await call("updateAuthenticatorCounter", credential.credentialID, 1)
    expect(await call("cleanup")).toEqual({ sessions: 0, verificationTokens: 0 })
    expect(await call("deleteUser", id)).toMatchObject({ id })
    expect(await call("getUser", id)).toBeNull()
    if (linked !== undefined) expect(await call("unlinkAccount", key)).toBeNull()
    if (made !== undefined) expect(await call("getSessionAndUser", sessionToken)).toBeNull()
    return { unsupported, id }
  }

  test.each([
    [
      "sessions",
      { session: false },
      {
        "schema.session": [
          "createSession",
          "createSessionFor",
          "deleteSession",
          "deleteSessionsByUser",
          "getSessionAndUser",
          "listSessions",
          "updateSession",
        ],
      },
    ],
    [
      "e-mail addresses",
      { user: none("email") },
      { "schema.user.columns.email": ["getUserByEmail"] },
    ],
    [
      "what nobody needs",
      {
        user: none("name", "image", "emailVerified", "createdAt", "unfinishedSince"),
        account: none(...names, "session_state", "createdAt"),
        session: none("createdAt"),
      },
      {},
    ],
    [
      "an account's lease",
      { account: none("lockOwner", "lockExpires") },
      { "schema.account.columns.lockOwner": ["withAccountLock"] },
    ],
    [
      "Prisma's dates",
      prismaWithoutDates(),
      // Prisma's tables have no lease.
      { "schema.account.columns.lockOwner": ["withAccountLock"] },
    ],
  ])("without %s", async (_, schema, expected) => {
    const prefix = `n${++n}_`
    const adapter = db.open({ schema: { prefix, ...schema }, synchronize: false })
    await adapter.migrate()
    const found = await adapter.check()
    expect(found.filter(({ level }) => level === "error")).toEqual([])
    if (schema.preset === undefined) expect(found).toEqual([])
    const { unsupported, id } = await serve(adapter)
    const wanted = Object.entries(expected).flatMap(([option, functions]) =>
      functions.map((name) => [name, option]),
    )
    expect(unsupported).toEqual(Object.fromEntries(wanted))
    const left = ["accounts", "sessions", "authenticators"].filter(
      (table) => schema.preset === undefined && schema[table.slice(0, -1)] !== false,
    )
    for (const table of left) {
      expect(await db.count(`${prefix}${table}`, "user_id = ?", [id])).toBe(0)
    }
  })

  function prismaWithoutDates() {
    const dates = none("createdAt", "updatedAt")
    return { preset: "prisma", user: dates, account: dates, session: dates }
  }
})
