const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const samples = require("../support/samples")
const { renamed } = require("./renamed")

const { hence, makeAccount, makeSession, makeToken, makeUser, passkey, unique } = samples

contract("a schema with other names and more columns", (db) => {
  const open = () => db.open({ schema: { ...renamed, prefix: undefined } })
  let adapter
  beforeEach(() => {
    adapter = open()
  })

  const more = {
    role: "admin",
    age: 36,
    score: 1.5,
    admin: true,
    seen: new Date(1_700_000_000_789),
    settings: { theme: "dark", list: [1, "zwei", null] },
    team: "0189dcd5-6f2b-7c3a-9d1e-5f1a2b3c4d5e",
  }

  test("extra columns of a user are stored and come back with their types", async () => {
    const user = await makeUser(adapter, { ...more, secret: "never seen", unknown: 1 })
    expect(user).toEqual({
      id: user.id,
      name: "Ada",
      email: user.email,
      emailVerified: null,
      ...more,
    })
    expect(user).not.toHaveProperty("image")
    expect(user).not.toHaveProperty("secret")
    expect(await adapter.getUser(user.id)).toEqual(user)
    const changed = await adapter.updateUser({ id: user.id, age: 37, settings: ["x"], secret: "s" })
    expect(changed).toEqual({ ...user, age: 37, settings: ["x"] })
    const { sessionToken } = await makeSession(adapter, user.id)
    expect((await adapter.getSessionAndUser(sessionToken)).user).toEqual(changed)
  })

  test("a hidden column is stored", async () => {
    const user = await makeUser(adapter, { secret: "never seen" })
    const quote = db.kind === "postgres" ? (name) => `"${name}"` : (name) => `\`${name}\``
    const sql = `SELECT ${quote("secret")} AS secret FROM ${quote("order by")} WHERE ${quote("id")} = ?`
    expect(await db.row(sql, [user.id])).toEqual({ secret: "never seen" })
  })

  test("a column that is given nothing has its default, or null", async () => {
    const user = await makeUser(adapter)
    expect(user).toMatchObject({ role: "member", age: null, settings: null, team: null })
    expect(await makeUser(adapter, { role: null })).toMatchObject({ role: null })
  })

  test.each([
    ["age", "x"],
    ["age", 1.5],
    ["score", "1"],
    ["admin", 1],
    ["seen", "2020-01-01"],
    ["team", "not a uuid"],
    ["role", 7],
  ])("%s cannot be %j", async (property, value) => {
    const error = await refused(makeUser(adapter, { [property]: value }), "ERR_INVALID_ARGUMENT")
    expect(error.message).toContain(`user.${property}`)
  })

  test("dates are kept as the schema says", async () => {
    const verified = hence()
    const user = await makeUser(adapter, { emailVerified: verified })
    expect(user.emailVerified).toEqual(verified)
    const session = await makeSession(adapter, user.id, { ip: "::1" })
    expect(await adapter.getSessionAndUser(session.sessionToken)).toMatchObject({ session })
    expect(session).toMatchObject({ ip: "::1", expires: expect.any(Date) })
    const expires = hence(7_200_000)
    const changed = await adapter.updateSession({ sessionToken: session.sessionToken, expires })
    expect(changed).toEqual({ ...session, expires })
    expect(await adapter.listSessions(user.id)).toHaveLength(1)
    const past = await makeSession(adapter, user.id, { expires: samples.ago() })
    expect(await adapter.getSessionAndUser(past.sessionToken)).toBeNull()
  })

  test("accounts, tokens and passkeys live under other names", async () => {
    const user = await makeUser(adapter)
    const account = await makeAccount(adapter, user.id, { note: "mine", access_token: "a" })
    expect(account).toMatchObject({ note: "mine", userId: user.id })
    expect(await adapter.linkAccount({ ...account, note: "ours" })).toEqual({
      ...account,
      note: "ours",
    })
    const token = await makeToken(adapter)
    expect(await adapter.useVerificationToken(token)).toEqual(token)
    const key = passkey(user.id)
    expect(await adapter.createAuthenticator(key)).toEqual(key)
    expect(await adapter.updateAuthenticatorCounter(key.credentialID, 2)).toEqual({
      ...key,
      counter: 2,
    })
    expect(await adapter.deleteUser(user.id)).toEqual(user)
    expect(await adapter.listAccounts(user.id)).toEqual([])
    expect(await adapter.getAuthenticator(key.credentialID)).toBeNull()
  })

  test("a prefix and another naming give another set of tables", async () => {
    const other = db.open({ schema: { prefix: "auth_", naming: "camelCase" } })
    const user = await makeUser(other)
    expect(await db.count("auth_users", "id = ?", [user.id])).toBe(1)
    expect(await adapter.getUser(user.id)).toBeNull()
  })

  test("what the schema leaves out is refused by name, and the rest works", async () => {
    const schema = {
      prefix: "less_",
      verificationToken: false,
      authenticator: false,
      account: false,
    }
    const less = db.open({ schema })
    const user = await makeUser(less)
    const error = await refused(makeToken(less), "ERR_UNSUPPORTED")
    expect(error.message).toContain("schema.verificationToken")
    await refused(makeAccount(less, user.id), "ERR_UNSUPPORTED")
    await refused(less.getAuthenticator("x"), "ERR_UNSUPPORTED")
    const { sessionToken } = await makeSession(less, user.id)
    expect(await less.getSessionAndUser(sessionToken)).not.toBeNull()
    expect(await less.deleteUser(user.id)).toEqual(user)
  })

  test("users that are only read are read, signed in, and never written", async () => {
    const prefix = unique("v").replace("-", "").slice(0, 12)
    const user = await makeUser(db.adapter)
    await db.execute(
      `CREATE VIEW ${prefix} AS SELECT id, name, email, email_verified, image FROM users`,
    )
    const columns = { columns: {} }
    const view = db.open({
      schema: { prefix, user: { table: prefix, readOnly: true, ...columns } },
    })
    expect(await view.getUser(user.id)).toEqual(user)
    const { sessionToken } = await makeSession(view, user.id)
    expect((await view.getSessionAndUser(sessionToken)).user).toEqual(user)
    for (const call of [
      makeUser(view),
      view.updateUser({ id: user.id, name: "x" }),
      view.deleteUser(user.id),
    ]) {
      const error = await refused(call, "ERR_UNSUPPORTED")
      expect(error.message).toContain("schema.user.readOnly")
    }
    await refused(makeSession(view, "nobody"), "ERR_FOREIGN_KEY")
  })
})

contract("ids", (db) => {
  let n = 0
  const open = (schema) => db.open({ schema: { prefix: `ids${++n}_`, ...schema } })
  const typed = (type) => ({ user: { columns: { id: { type } } } })

  async function serves(adapter) {
    const user = await makeUser(adapter)
    expect(typeof user.id).toBe("string")
    expect(await adapter.getUser(user.id)).toEqual(user)
    const { sessionToken, userId } = await makeSession(adapter, user.id)
    expect(userId).toBe(user.id)
    expect((await adapter.getSessionAndUser(sessionToken)).user).toEqual(user)
    const account = await makeAccount(adapter, user.id)
    expect(await adapter.getUserByAccount(account)).toEqual(user)
    expect(await adapter.updateUser({ id: user.id, name: "Zoë" })).toEqual({ ...user, name: "Zoë" })
    expect(await adapter.listSessions(user.id)).toHaveLength(1)
    for (const id of ["x", "", "1.5", user.id.toUpperCase().replace(/\d/g, "x"), `${user.id} `]) {
      expect(await adapter.getUser(id)).toBeNull()
      expect(await adapter.deleteUser(id)).toBeNull()
      await refused(makeSession(adapter, id), "ERR_FOREIGN_KEY")
    }
    expect(await adapter.deleteUser(user.id)).toMatchObject({ id: user.id })
    expect(await adapter.getSessionAndUser(sessionToken)).toBeNull()
    return user.id
  }

  test.each([
    ["uuid", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/],
    ["uuidv7", /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/],
    ["cuid2", /^[a-z][a-z0-9]{23}$/],
    ["nanoid", /^[\w-]{21}$/],
    ["serial", /^\d+$/],
  ])("%s", async (ids, form) => {
    expect(await serves(open({ ids }))).toMatch(form)
  })

  test.each(["uuid", "binary"])("a column of type %s", async (type) => {
    expect(await serves(open(typed(type)))).toMatch(/^[0-9a-f-]{36}$/)
  })

  test.each(["integer", "bigint"])("a column of type %s counts", async (type) => {
    const adapter = open(typed(type))
    const id = await serves(adapter)
    expect(id).toBe("1")
    const second = await makeUser(adapter)
    expect(await adapter.getUser(Number(second.id))).toEqual(second)
  })

  test("the database's own default", async () => {
    if (db.kind === "mysql") {
      const error = await refused(makeUser(open({ ids: "database" })), "ERR_CONFIG")
      expect(error.message).toContain("schema.ids")
      return
    }
    expect(await serves(open({ ids: "database" }))).toMatch(/^[0-9a-f-]{32,36}$/)
  })

  test("a function of the application's", async () => {
    let next = 100
    expect(await serves(open({ ids: () => `user_${++next}` }))).toBe("user_101")
    const numbers = open({ ids: () => ++next, ...typed("integer") })
    expect(await serves(numbers)).toBe("102")
    const given = await makeUser(numbers, { id: 7 })
    expect(given.id).toBe("7")
    const core = await makeUser(open({ ids: () => "made" }), { id: crypto.randomUUID() })
    expect(core.id).toBe("made")
  })

  test("a function that gives no id, or throws, is the caller's error", async () => {
    for (const ids of [() => undefined, () => ({}), () => 1.5, () => "", async () => "x"]) {
      await refused(makeUser(open({ ids })), "ERR_INVALID_ARGUMENT")
    }
    const ids = () => {
      throw new Error("hunter2")
    }
    const error = await refused(makeUser(open({ ids })), "ERR_INVALID_ARGUMENT")
    expect(error.message).not.toContain("hunter2")
  })
})
