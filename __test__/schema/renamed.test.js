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

contract("the longest names", (db) => {
  // 63 bytes on PostgreSQL, 64 characters elsewhere: of two bytes each, but for the last.
  const name = (end) =>
    db.kind === "postgres" ? `${"ü".repeat(31)}${end}` : `${"ü".repeat(63)}${end}`
  const columns = { id: name("1"), email: name("2"), name: name("3") }
  const points = { userId: name("1"), createdAt: name("2") }
  const schema = {
    user: {
      table: name("u"),
      columns: { ...columns, role: { name: name("4"), type: "text", index: true } },
    },
    account: {
      table: name("a"),
      columns: { ...points, provider: name("3"), providerAccountId: name("4") },
    },
    session: {
      table: name("s"),
      columns: { ...points, sessionToken: name("3"), expires: name("4") },
    },
    verificationToken: { table: name("v"), columns: { identifier: name("1"), token: name("2") } },
    authenticator: { table: name("p"), columns: { credentialID: name("1"), userId: name("2") } },
  }

  test("tables of such names are created, migrated and signed in to", async () => {
    const adapter = db.open({ schema, synchronize: false })
    expect((await adapter.migrate()).length).toBeGreaterThanOrEqual(5)
    expect(await adapter.check()).toEqual([])
    expect(await adapter.migrate()).toEqual([])
    const user = await makeUser(adapter, { role: "admin" })
    const account = await makeAccount(adapter, user.id)
    const session = await makeSession(adapter, user.id)
    expect(await adapter.getUserByAccount(account)).toEqual(user)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toEqual({ session, user })
    const token = await makeToken(adapter, { identifier: user.email })
    expect(await adapter.useVerificationToken(token)).toEqual(token)
    const mark = db.kind === "postgres" ? '"' : "`"
    const quote = (text) => `${mark}${text}${mark}`
    expect(
      await db.row(
        `SELECT ${quote(name("2"))} AS email FROM ${quote(name("u"))} WHERE ${quote(name("1"))} = ?`,
        [user.id],
      ),
    ).toEqual({ email: user.email })
    await adapter.deleteUser(user.id)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toBeNull()
  })
})

contract("models that leave things out", (db) => {
  // What PostgreSQL does behind it.
  if (db.name === "pgbouncer") return
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
    const email = samples.uniqueEmail()
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

contract("columns of the application's own", (db) => {
  const columns = {
    visits: { type: "bigint" },
    seen: { type: "datetime" },
    details: { type: "json" },
    trusted: { type: "boolean" },
    note: { name: "a note", type: "text", hidden: true },
  }
  const schema = {
    prefix: "more_",
    user: {
      columns: {
        name: { default: "Anonymous" },
        badge: { type: "text", unique: true },
        team: { name: "team of", type: "text", index: true },
        plan: { type: "text", nullable: false },
      },
    },
    account: { columns: { ...columns, scope: { default: "openid" } } },
    session: { columns },
  }
  const given = {
    visits: 2 ** 40 + 1,
    seen: new Date(1_700_000_000_789),
    details: { theme: "dark", list: [1, null] },
    trusted: false,
  }
  const quote = (name) => (db.kind === "postgres" ? `"${name}"` : `\`${name}\``)
  let adapter
  beforeEach(() => {
    adapter = db.open({ schema })
  })

  test("a value that is another's is refused by its name, and nobody is half-made", async () => {
    const first = await makeUser(adapter, { badge: unique("badge"), plan: "free" })
    const email = samples.uniqueEmail()
    const error = await refused(
      adapter.createUser({ email, badge: first.badge, plan: "free" }),
      "ERR_UNIQUE",
    )
    expect(error.message).toContain("the same badge")
    expect(error.message).not.toContain("e-mail")
    expect(await adapter.getUserByEmail(email)).toBeNull()
    expect(await db.count("more_users", "email = ?", [email])).toBe(0)
    const second = await makeUser(adapter, { email, badge: unique("badge"), plan: "free" })
    const change = adapter.updateUser({ id: second.id, badge: first.badge })
    expect((await refused(change, "ERR_UNIQUE")).message).toContain("the same badge")
    expect(await adapter.getUser(second.id)).toEqual(second)
    const again = adapter.createUser({ email, plan: "free" })
    expect((await refused(again, "ERR_UNIQUE")).message).toContain("this e-mail address exists")
  })

  test("many that want one value at once: one gets it", async () => {
    const badge = unique("badge")
    const tries = Array.from({ length: 8 }, () => makeUser(adapter, { badge, plan: "free" }))
    const results = await Promise.allSettled(tries)
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    for (const { reason } of results.filter(({ status }) => status === "rejected")) {
      expect(reason).toMatchObject({ code: "ERR_UNIQUE" })
    }
    expect(await db.count("more_users", "badge = ?", [badge])).toBe(1)
  })

  test("a column that may not be null needs a value", async () => {
    const email = samples.uniqueEmail()
    const error = await refused(adapter.createUser({ email }), "ERR_SCHEMA")
    expect(error.cause.constraint).toContain("plan")
    await refused(adapter.createUser({ email, plan: null }), "ERR_INVALID_ARGUMENT")
    expect(await db.count("more_users", "email = ?", [email])).toBe(0)
    expect(await makeUser(adapter, { email, plan: "paid" })).toMatchObject({ email, plan: "paid" })
  })

  test("an index is in the catalogue, and so is a unique one", async () => {
    await adapter.migrate()
    expect(await adapter.check()).toEqual([])
    const indexes = await db.rows(
      {
        sqlite:
          "SELECT x.name, l.`unique` FROM pragma_index_list('more_users') l, pragma_index_info(l.name) x",
        postgres: `SELECT a.attname AS name, x.indisunique::int AS "unique" FROM pg_index x
          JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
          WHERE x.indrelid = 'more_users'::regclass`,
      }[db.kind] ??
        `SELECT column_name AS name, 1 - non_unique AS \`unique\` FROM information_schema.statistics
         WHERE table_schema = database() AND table_name = 'more_users'`,
    )
    const found = Object.fromEntries(indexes.map((index) => [index.name, Number(index.unique)]))
    expect(found).toMatchObject({ badge: 1, "team of": 0, email: 1 })
  })

  test("what NextAuth knows may have a default, for other programs too", async () => {
    const user = await adapter.createUser({ email: samples.uniqueEmail(), plan: "free" })
    expect(user.name).toBe("Anonymous")
    expect((await makeUser(adapter, { name: null, plan: "free" })).name).toBeNull()
    const account = await makeAccount(adapter, user.id)
    expect(account.scope).toBe("openid")
    const id = unique("user")
    await db.execute(
      `INSERT INTO ${quote("more_users")} (id, ${quote("plan")}) VALUES ('${id}', 'free')`,
    )
    expect(await adapter.getUser(id)).toMatchObject({ id, name: "Anonymous" })
  })

  test("sessions and accounts have columns of every type", async () => {
    const user = await makeUser(adapter, { plan: "free" })
    const session = await makeSession(adapter, user.id, { ...given, note: "hidden" })
    expect(session).toMatchObject(given)
    expect(session).not.toHaveProperty("note")
    const { sessionToken } = session
    expect((await adapter.getSessionAndUser(sessionToken)).session).toEqual(session)
    const changed = await adapter.updateSession({ sessionToken, visits: -7, details: null })
    expect(changed).toEqual({ ...session, visits: -7, details: null })
    expect(await adapter.listSessions(user.id)).toHaveLength(1)

    const account = await makeAccount(adapter, user.id, { ...given, note: "hidden" })
    expect(account).toMatchObject(given)
    expect(account).not.toHaveProperty("note")
    const { provider, providerAccountId } = account
    expect(await adapter.getAccount(providerAccountId, provider)).toEqual(account)
    expect(await adapter.listAccounts(user.id)).toEqual([account])
    const fresh = await adapter.linkAccount({ ...account, visits: 0, trusted: true })
    expect(fresh).toEqual({ ...account, visits: 0, trusted: true })

    for (const table of ["more_sessions", "more_accounts"]) {
      const stored = await db.row(
        `SELECT ${quote("a note")} AS note, seen, visits FROM ${table} WHERE user_id = ?`,
        [user.id],
      )
      expect(stored.note).toBe("hidden")
      expect(db.date(stored.seen)).toBe(given.seen.getTime())
    }
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
