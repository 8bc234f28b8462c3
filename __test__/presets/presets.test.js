const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { refused } = require("../support/expectations")
const samples = require("../support/samples")
const { TOKENS, create, presets } = require("./presets")

jest.setTimeout(60_000)

const { makeAccount, makeSession, makeToken, makeUser, passkey, unique, uniqueEmail } = samples

for (const [name, preset] of Object.entries(presets)) {
  for (const database of databases.filter((one) => preset.databases.includes(one.name))) {
    describeOn(database.name)(`preset ${name} (${database.name})`, () =>
      contract(name, preset, database),
    )
  }
}

function contract(name, preset, database) {
  const ids = typeof preset.ids === "function" ? preset.ids(database.kind) : preset.ids
  let place
  let adapter
  /** A date that the tables keep whole. */
  const hence = (milliseconds) => {
    const date = samples.hence(milliseconds)
    if (preset.seconds?.includes(database.name)) date.setMilliseconds(0)
    return date
  }
  const session = (userId, values) => makeSession(adapter, userId, { expires: hence(), ...values })
  const token = (values) => makeToken(adapter, { expires: hence(), ...values })
  const unknownId = {
    serial: "999999",
    uuid: "0189dcd5-6f2b-7c3a-9d1e-5f1a2b3c4d5e",
    text: "nobody",
  }

  beforeAll(async () => {
    place = await database.fresh()
    await create(name, database.name, place)
    adapter = SqlxAdapter(place.url, { schema: name })
  })

  afterAll(async () => {
    await adapter.close()
    await place.drop()
  })

  test("check breaks nothing, and what it says mends what is weak", async () => {
    const other = await database.fresh()
    await create(name, database.name, other)
    const adapter = SqlxAdapter(other.url, { schema: name })
    const findings = await adapter.check()
    expect(findings.filter(({ level }) => level === "error")).toEqual([])
    if (name === "pg-adapter") {
      expect(
        findings.find(({ table, column }) => table === "sessions" && column === "sessionToken"),
      ).toMatchObject({
        code: "missing_unique",
        message: expect.stringContaining("reads the whole table"),
      })
    }
    const loose = preset.noForeignKeys ? ["account", "session"] : []
    const keys = loose.map((model) => [preset.tables[model], preset.column("userId", model)])
    const lacking = ({ code }) => code === "missing_foreign_key"
    const named = findings.filter(lacking).map(({ table, column }) => [table, column])
    expect(named).toEqual(keys)
    for (const { code, sql } of findings.filter(({ code }) => code.startsWith("missing"))) {
      // SQLite adds no foreign key to a table that is there.
      if (database.name === "sqlite" && code === "missing_foreign_key") expect(sql).toBeUndefined()
      else await other.execute(sql)
    }
    const left = (await adapter.check()).filter(({ code }) => code.startsWith("missing"))
    expect(left).toEqual(database.name === "sqlite" ? findings.filter(lacking) : [])
    await makeUser(adapter)
    await adapter.close()
    await other.drop()
  })

  test("a user is stored, found, changed and deleted", async () => {
    const email = uniqueEmail("Ada")
    const verified = hence()
    const user = await adapter.createUser({
      name: "Ada",
      email,
      emailVerified: verified,
      image: null,
    })
    expect(user).toStrictEqual({
      id: expect.any(String),
      name: "Ada",
      email,
      emailVerified: expect.any(Date),
      image: null,
    })
    expect(user.emailVerified).toEqual(verified)
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    expect(await adapter.getUserByEmail(email)).toStrictEqual(user)
    const changed = await adapter.updateUser({ id: user.id, name: "Zoë", emailVerified: null })
    expect(changed).toStrictEqual({ ...user, name: "Zoë", emailVerified: null })
    expect(await adapter.deleteUser(user.id)).toStrictEqual(changed)
    expect(await adapter.getUser(user.id)).toBeNull()
    await refused(adapter.updateUser({ id: user.id, name: "x" }), "ERR_NOT_FOUND")
  })

  test("an id finds its user as text and as a number, and what cannot be one finds nobody", async () => {
    const user = await makeUser(adapter)
    if (ids === "serial") expect(await adapter.getUser(Number(user.id))).toStrictEqual(user)
    for (const id of ["", "x", "0x1", ` ${user.id}`, `0${user.id}`, unknownId[ids], "1e3"]) {
      expect(await adapter.getUser(id)).toBeNull()
      expect(await adapter.deleteUser(id)).toBeNull()
      expect(await adapter.listSessions(id)).toEqual([])
      await refused(session(id), "ERR_FOREIGN_KEY")
      await refused(makeAccount(adapter, id), "ERR_FOREIGN_KEY")
    }
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
  })

  test("the id that core makes for every user is kept where the column can hold it", async () => {
    const id = "5f0c8d0e-2b1a-4c3d-8e9f-001122334455"
    const user = await makeUser(adapter, { id })
    expect(user.id === id).toBe(ids !== "serial")
  })

  test("two users cannot have one address, however many try at once", async () => {
    const email = uniqueEmail()
    const tries = Array.from({ length: 5 }, () => adapter.createUser({ email }))
    const results = await Promise.allSettled(tries)
    const made = results.filter(({ status }) => status === "fulfilled")
    expect(made).toHaveLength(1)
    for (const { reason } of results.filter(({ status }) => status === "rejected")) {
      expect(reason).toMatchObject({ code: "ERR_UNIQUE" })
    }
  })

  test("an address is found as it is written first, then normalised", async () => {
    const email = `Ada.${uniqueEmail()}`
    const user = await makeUser(adapter, { email })
    expect(user.email).toBe(email)
    expect(await adapter.getUserByEmail(email)).toStrictEqual(user)
    const lower = await makeUser(adapter)
    expect(await adapter.getUserByEmail(lower.email.toUpperCase())).toStrictEqual(lower)
  })

  test("an account is linked once, to one user, and keeps what it is given", async () => {
    const [ada, eve] = [await makeUser(adapter), await makeUser(adapter)]
    const tokens = {
      access_token: "a".repeat(preset.longest?.(database.kind) ?? 200),
      refresh_token: "r",
      ...((preset.tokens ?? TOKENS).includes("expires_at") ? { expires_at: 1_700_000_000 } : {}),
    }
    const account = await makeAccount(adapter, ada.id, tokens)
    expect(account).toMatchObject({ userId: ada.id, type: "oauth", ...tokens })
    const { provider, providerAccountId } = account
    expect(await adapter.getUserByAccount({ provider, providerAccountId })).toStrictEqual(ada)
    expect(await adapter.getAccount(providerAccountId, provider)).toStrictEqual(account)
    const again = await adapter.linkAccount({ ...account, access_token: "new" })
    expect(again).toStrictEqual({ ...account, access_token: "new" })
    await refused(adapter.linkAccount({ ...account, userId: eve.id }), "ERR_UNIQUE")
    expect(await adapter.listAccounts(ada.id)).toStrictEqual([again])
    expect(await adapter.unlinkAccount({ provider, providerAccountId })).toStrictEqual(again)
    expect(await adapter.unlinkAccount({ provider, providerAccountId })).toBeNull()
  })

  test("of two users who link one account at once, one gets it", async () => {
    const users = await Promise.all(Array.from({ length: 4 }, () => makeUser(adapter)))
    const key = { provider: "github", providerAccountId: unique("account") }
    const tries = users.map(({ id }) => adapter.linkAccount({ userId: id, type: "oauth", ...key }))
    const results = await Promise.allSettled(tries)
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    for (const { reason } of results.filter(({ status }) => status === "rejected")) {
      expect(reason).toMatchObject({ code: "ERR_UNIQUE" })
    }
    const owner = await adapter.getUserByAccount(key)
    const accounts = await Promise.all(users.map(({ id }) => adapter.listAccounts(id)))
    expect(accounts.flat()).toMatchObject([{ ...key, userId: owner.id }])
  })

  test("a session is stored as the other package stores it, and is used, changed and ended", async () => {
    const user = await makeUser(adapter)
    const made = await session(user.id)
    const { sessionToken } = made
    const found = await adapter.getSessionAndUser(sessionToken)
    expect(found).toStrictEqual({ session: made, user })
    await refused(session(user.id, { sessionToken }), "ERR_UNIQUE")
    const expires = hence(7_200_000)
    expect(await adapter.updateSession({ sessionToken, expires })).toEqual({ ...made, expires })
    expect(await adapter.listSessions(user.id)).toMatchObject([{ userId: user.id, expires }])
    expect(await adapter.deleteSession(sessionToken)).toEqual({ ...made, expires })
    expect(await adapter.deleteSession(sessionToken)).toBeNull()
    const past = await session(user.id, { expires: samples.ago() })
    expect(await adapter.getSessionAndUser(past.sessionToken)).toBeNull()
  })

  test("keys that differ in case or trailing spaces alone are different keys", async () => {
    const user = await makeUser(adapter)
    const { sessionToken } = await session(user.id, { sessionToken: unique("Token") })
    for (const other of [
      sessionToken.toUpperCase(),
      sessionToken.toLowerCase(),
      `${sessionToken} `,
    ]) {
      expect(await adapter.getSessionAndUser(other)).toBeNull()
      expect(await adapter.updateSession({ sessionToken: other, expires: hence() })).toBeNull()
      expect(await adapter.deleteSession(other)).toBeNull()
    }
    expect(await adapter.getSessionAndUser(sessionToken)).not.toBeNull()
    const account = await makeAccount(adapter, user.id, { providerAccountId: unique("Ab") })
    const { provider, providerAccountId } = account
    const upper = providerAccountId.toUpperCase()
    expect(await adapter.unlinkAccount({ provider, providerAccountId: upper })).toBeNull()
    expect(await adapter.getAccount(providerAccountId, provider)).toStrictEqual(account)
    const pending = await token({ token: unique("Code") })
    const wrong = { identifier: pending.identifier, token: pending.token.toUpperCase() }
    expect(await adapter.useVerificationToken(wrong)).toBeNull()
    expect(await adapter.useVerificationToken(pending)).toStrictEqual(pending)
  })

  test("a verification token is used once, however many ask at once", async () => {
    const made = await token()
    const { identifier } = made
    expect(await adapter.useVerificationToken({ identifier: "x", token: made.token })).toBeNull()
    const asked = Array.from({ length: 5 }, () =>
      adapter.useVerificationToken({ identifier, token: made.token }),
    )
    const answers = await Promise.all(asked)
    expect(answers.filter(Boolean)).toStrictEqual([made])
    const [again, twice] = [await token({ identifier }), await token({ identifier })]
    expect(await adapter.useVerificationToken(again)).toStrictEqual(again)
    expect(await adapter.useVerificationToken({ token: twice.token })).toStrictEqual(twice)
  })

  test("deleteUser leaves nothing of theirs, and everything of others", async () => {
    const [ada, eve] = [await makeUser(adapter), await makeUser(adapter)]
    const made = {}
    for (const user of [ada, eve]) {
      made[user.id] = {
        session: await session(user.id),
        account: await makeAccount(adapter, user.id),
        token: await token({ identifier: user.email }),
      }
    }
    await adapter.deleteUser(ada.id)
    const of = (user) => made[user.id]
    expect(await adapter.getSessionAndUser(of(ada).session.sessionToken)).toBeNull()
    expect(await adapter.listSessions(ada.id)).toEqual([])
    expect(await adapter.listAccounts(ada.id)).toEqual([])
    expect(await adapter.useVerificationToken(of(ada).token)).toBeNull()
    expect(await adapter.getSessionAndUser(of(eve).session.sessionToken)).not.toBeNull()
    expect(await adapter.listAccounts(eve.id)).toHaveLength(1)
    expect(await adapter.useVerificationToken(of(eve).token)).not.toBeNull()
  })

  test("passkeys are stored where there is a table for them, and refused by name where not", async () => {
    const user = await makeUser(adapter)
    const key = passkey(user.id)
    if (!preset.passkeys) {
      const error = await refused(adapter.createAuthenticator(key), "ERR_UNSUPPORTED")
      expect(error.message).toContain("authenticator")
      return
    }
    expect(await adapter.createAuthenticator(key)).toStrictEqual(key)
    await refused(adapter.createAuthenticator(key), "ERR_UNIQUE")
    expect(await adapter.getAuthenticator(key.credentialID)).toStrictEqual(key)
    expect(await adapter.listAuthenticatorsByUserId(user.id)).toStrictEqual([key])
    const counted = await adapter.updateAuthenticatorCounter(key.credentialID, 7)
    expect(counted).toStrictEqual({ ...key, counter: 7 })
  })
}
