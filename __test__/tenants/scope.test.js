const { randomBytes } = require("node:crypto")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { refused, refusedAtOnce } = require("../support/expectations")
const { hence, makeAccount, makeSession, makeUser, passkey } = require("../support/samples")
const { sqlite } = require("../support/sqlite")
const { inTenant, scope, tenant } = require("../support/tenants")

jest.setTimeout(60_000)

describeOn("sqlite")("the option scope", () => {
  const adapters = []
  const open = (options) => {
    const adapter = SqlxAdapter("sqlite::memory:", options)
    adapters.push(adapter)
    return adapter
  }

  afterEach(() => Promise.all(adapters.splice(0).map((adapter) => adapter.close())))

  test("is asked once at each call, at once, in the caller's own context", async () => {
    const seen = []
    const adapter = open({
      scope: () => {
        seen.push(tenant.getStore())
        return { tenant_id: tenant.getStore() }
      },
    })
    const called = tenant.run("a", () => adapter.getUser("nobody"))
    expect(seen).toEqual(["a"])
    await called
    await tenant.run("b", async () => {
      await null
      await adapter.getUser("nobody")
    })
    expect(seen).toEqual(["a", "b"])
  })

  test("what it says when the call is made holds until the call ends", async () => {
    let current = "a"
    const adapter = open({ scope: () => ({ tenant_id: current }) })
    const made = makeUser(adapter, { email: "ada@example.com" })
    current = "b"
    const { id } = await made
    expect(await adapter.getUser(id)).toBeNull()
    current = "a"
    expect(await adapter.getUser(id)).toMatchObject({ id })
  })

  const without = {
    throws: [
      () => {
        throw new Error("hunter2")
      },
      /threw an exception/,
    ],
    "gives nothing": [() => undefined, /gave nothing instead of an object/],
    "gives null": [() => null, /gave null/],
    "gives a string": [() => "hunter2", /gave a string/],
    "gives an array": [() => ["hunter2"], /gave an array/],
    "gives a promise": [async () => ({ tenant_id: "hunter2" }), /gave a promise/],
    "gives no column": [() => ({}), /gave nothing for "tenant_id"/],
    "gives undefined": [() => ({ tenant_id: undefined }), /gave nothing for "tenant_id"/],
    "gives null for the column": [() => ({ tenant_id: null }), /gave null for "tenant_id"/],
    "gives an empty string": [() => ({ tenant_id: "" }), /"tenant_id"/],
    "gives an object": [() => ({ tenant_id: { hunter2: 1 } }), /gave an object for "tenant_id"/],
    "gives a boolean": [() => ({ tenant_id: true }), /gave a boolean for "tenant_id"/],
    "gives a fraction": [() => ({ tenant_id: 1.5 }), /gave a number for "tenant_id"/],
    "gives half a character": [() => ({ tenant_id: "\ud800" }), /"tenant_id"/],
    "gives a NUL": [() => ({ tenant_id: "a\0b" }), /"tenant_id"/],
    "gives what is too long": [() => ({ tenant_id: "x".repeat(256) }), /"tenant_id"/],
    "gives another column too": [() => ({ tenant_id: "a", shard: "b" }), /gave "shard"/],
    "has a getter that throws": [
      () => ({
        get tenant_id() {
          throw new Error("hunter2")
        },
      }),
      /threw an exception/,
    ],
  }

  test.each(Object.entries(without))(
    "a function that %s rejects the call with ERR_SCOPE",
    async (_, [values, why]) => {
      const adapter = open({ scope: { columns: { tenant_id: "text" }, values } })
      const error = await refused(adapter.getUser("nobody"), "ERR_SCOPE")
      expect(error.message).toMatch(why)
      expect(error.message).not.toContain("hunter2")
      expect(error.operation).toBe("getUser")
    },
  )

  const administrative = ["cleanup", "check", "migrate", "ping", "stats"]

  test("every function about rows needs a scope; those about the database need none", async () => {
    const adapter = open({ scope })
    const args = {
      getAccount: ["1", "github"],
      updateAuthenticatorCounter: ["a", 1],
      withAccountLock: ["github", "1", () => {}],
    }
    for (const [method, run] of Object.entries(adapter)) {
      if (["getAdapter", "close", "rekey", ...administrative].includes(method)) continue
      const takesId = /^(get|list|delete)|createSessionFor/.test(method)
      const usual = [takesId && method !== "getUserByAccount" ? "a" : {}]
      await refused(run(...(args[method] ?? usual)), "ERR_SCOPE")
    }
    for (const method of administrative) await adapter[method]()
  })

  test("columns that are not declared are those of the first answer", async () => {
    let answer = () => {
      throw new Error()
    }
    const adapter = open({ scope: () => answer() })
    const error = await refused(adapter.migrate(), "ERR_SCOPE")
    expect(error.message).toContain("scope: { columns, values }")
    answer = () => ({})
    await refused(adapter.getUser("nobody"), "ERR_SCOPE")
    answer = () => ({ org: "acme", shard: 7 })
    const user = await makeUser(adapter)
    expect(await adapter.check()).toEqual([])
    answer = () => ({ org: "acme", shard: 8 })
    expect(await adapter.getUser(user.id)).toBeNull()
    answer = () => ({ org: "acme", shard: "seven" })
    expect((await refused(adapter.getUser(user.id), "ERR_SCOPE")).message).toContain('"shard"')
    answer = () => ({ tenant_id: "acme" })
    await refused(adapter.getUser(user.id), "ERR_SCOPE")
    answer = () => ({ shard: 7, org: "acme" })
    expect(await adapter.getUser(user.id)).toEqual(user)
  })

  test("nothing that a call gives goes into the column", async () => {
    const adapter = open({ scope })
    const a = inTenant(adapter, "a")
    const user = await makeUser(a, { tenant_id: "b" })
    await a.updateUser({ id: user.id, name: "Ada", tenant_id: "b" })
    expect(await a.getUser(user.id)).toEqual({ ...user, name: "Ada" })
    expect(await inTenant(adapter, "b").getUser(user.id)).toBeNull()
  })

  test("a half-finished sign-in of one tenant deletes no user of another's", async () => {
    const adapter = open({ scope })
    const [a, b] = ["a", "b"].map((name) => inTenant(adapter, name))
    const ids = { id: "01900000-0000-7000-8000-000000000000" }
    const [inA, inB] = [await makeUser(a, ids), await makeUser(b, ids)]
    expect(inA.id).toBe(inB.id)
    const other = await makeUser(a)
    await makeAccount(a, other.id, { providerAccountId: "taken" })
    await refused(makeAccount(a, inA.id, { providerAccountId: "taken" }), "ERR_UNIQUE")
    expect(await a.getUser(inA.id)).toBeNull()
    expect(await b.getUser(inB.id)).toEqual(inB)
  })

  test("cleanup deletes what has expired, of every tenant", async () => {
    const adapter = open({ scope })
    let sessions = 0
    for (const name of ["a", "b"]) {
      const one = inTenant(adapter, name)
      const user = await makeUser(one)
      await makeSession(one, user.id, { expires: new Date(Date.now() - 1_000) })
      await makeSession(one, user.id)
      sessions += 1
    }
    expect(await adapter.cleanup()).toEqual({ sessions, verificationTokens: 0 })
  })

  test("rekey encrypts the tokens of every tenant, each in its place", async () => {
    const place = await sqlite.fresh()
    const plain = SqlxAdapter(place.url, { scope })
    const encryption = { keys: [{ id: "k1", key: randomBytes(32).toString("base64") }] }
    const adapter = SqlxAdapter(place.url, { scope, encryption })
    for (const name of ["a", "b"]) {
      const { id } = await makeUser(inTenant(plain, name))
      const account = {
        provider: "github",
        providerAccountId: "1",
        access_token: `token of ${name}`,
      }
      await makeAccount(inTenant(plain, name), id, account)
    }
    expect(await adapter.rekey({ batch: 1 })).toMatchObject({ rows: 1, encrypted: 1 })
    expect(
      (await place.rows("SELECT access_token FROM accounts")).map(({ access_token }) =>
        access_token.startsWith("token"),
      ),
    ).toEqual([false, true])
    expect(await adapter.rekey()).toMatchObject({ rows: 2, encrypted: 1, left: 0, failed: [] })
    for (const name of ["a", "b"]) {
      const account = await inTenant(adapter, name).getAccount("1", "github")
      expect(account.access_token).toBe(`token of ${name}`)
    }
    await Promise.all([plain.close(), adapter.close()])
    await place.drop()
  })

  test("wrong tries, grace periods and plain tokens are counted and moved for one tenant only", async () => {
    const place = await sqlite.fresh()
    const before = SqlxAdapter(place.url, { scope, sessions: { hash: false } })
    const token = { identifier: "ada@example.com", token: "123456", expires: hence() }
    const ids = {}
    for (const name of ["a", "b"]) {
      const one = inTenant(before, name)
      ids[name] = (await makeUser(one)).id
      await makeSession(one, ids[name], { sessionToken: "plain" })
      await one.createVerificationToken(token)
    }
    const options = {
      sessions: { hash: "migrate" },
      verificationTokens: { graceSeconds: 60, maxAttempts: 2 },
    }
    const adapter = SqlxAdapter(place.url, { scope, ...options })
    const [a, b] = ["a", "b"].map((name) => inTenant(adapter, name))
    for (let tries = 0; tries < 2; tries += 1) {
      expect(await a.useVerificationToken({ ...token, token: "000000" })).toBeNull()
    }
    expect(await a.useVerificationToken(token)).toBeNull()
    for (let uses = 0; uses < 2; uses += 1)
      expect(await b.useVerificationToken(token)).toEqual(token)
    await a.updateSession({ sessionToken: "plain", expires: hence(2_000_000) })
    const stored = await place.rows(
      "SELECT tenant_id, session_token FROM sessions ORDER BY tenant_id",
    )
    expect(stored.map((row) => [row.tenant_id, row.session_token === "plain"])).toEqual([
      ["a", false],
      ["b", true],
    ])
    expect((await b.getSessionAndUser("plain")).user.id).toBe(ids.b)
    expect((await a.getSessionAndUser("plain")).user.id).toBe(ids.a)
    // One lease each.
    for (const one of [a, b]) {
      const userId = ids[one === a ? "a" : "b"]
      await makeAccount(one, userId, { provider: "github", providerAccountId: "1" })
    }
    const inside = await a.withAccountLock("github", "1", async () => {
      const other = await b.withAccountLock("github", "1", () => ({ access_token: "of b" }))
      return { access_token: `${other.access_token}, and of a` }
    })
    expect(inside).toMatchObject({ userId: ids.a, access_token: "of b, and of a" })
    expect(await b.getAccount("1", "github")).toMatchObject({ userId: ids.b, access_token: "of b" })
    await Promise.all([before.close(), adapter.close()])
    await place.drop()
  })

  test("the options are looked at", () => {
    const refusedOptions = (scope, rest) =>
      refusedAtOnce(() => SqlxAdapter("sqlite::memory:", { scope, ...rest }), "ERR_CONFIG").message
    const values = () => ({ tenant_id: "a" })
    expect(refusedOptions("tenant_id")).toContain("a function or an object { columns, values }")
    expect(refusedOptions({ columns: { tenant_id: "text" } })).toContain("needs values")
    expect(refusedOptions({ values })).toContain("needs columns")
    expect(refusedOptions({ columns: { tenant_id: "json" }, values })).toContain(
      '"scope.columns.tenant_id"',
    )
    expect(refusedOptions({ columns: { tenant_id: "text" }, value: values })).toContain(
      'did you mean "scope.values"',
    )
    expect(refusedOptions({ columns: { email: "text" }, values })).toContain(
      "property of the user model already",
    )
    expect(
      refusedOptions(
        { columns: { tenant_id: "text" }, values },
        { schema: { user: { columns: { tenant_id: false } } } },
      ),
    ).toContain("cannot be false")
    expect(
      refusedOptions(
        { columns: { tenant_id: "text" }, values },
        { schema: { user: { columns: { tenant_id: { type: "uuid" } } } } },
      ),
    ).toContain('is given by option "scope"')
  })
})

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`tables with a scope (${database.name})`, () => withTables(database))
}

function withTables(database) {
  let place
  const adapters = []
  const open = (options) => {
    const adapter = SqlxAdapter(place.url, options)
    adapters.push(adapter)
    return adapter
  }

  beforeEach(async () => {
    place = await database.fresh()
  })

  afterEach(async () => {
    await Promise.all(adapters.splice(0).map((adapter) => adapter.close()))
    await place.drop()
  })

  test("every type of column, and two of them, under names of their own", async () => {
    const uuid = "0189dcd5-6f2b-7c3a-9d1e-5f1a2b3c4d5e"
    const given = { org: uuid, shard: 7 }
    const adapter = open({
      scope: { columns: { org: "uuid", shard: "bigint" }, values: () => given },
      schema: { prefix: "auth_", user: { columns: { org: "organisation" } } },
    })
    const user = await makeUser(adapter)
    await makeAccount(adapter, user.id)
    await makeSession(adapter, user.id, { sessionToken: "a" })
    await adapter.createAuthenticator(passkey(user.id))
    expect(await adapter.getSessionAndUser("a")).toMatchObject({ user })
    expect(await adapter.check()).toEqual([])
    const [row] = await place.rows("SELECT organisation, shard FROM auth_users")
    expect([row.organisation, Number(row.shard)]).toEqual([uuid, 7])
    given.shard = 8
    expect(await adapter.getSessionAndUser("a")).toBeNull()
    given.org = uuid.toUpperCase()
    expect((await refused(adapter.getUser(user.id), "ERR_SCOPE")).message).toContain("UUID")
  })

  test("the database itself keeps a row from pointing to another tenant's user", async () => {
    const adapter = open({ scope })
    const user = await inTenant(adapter, "a").createUser({ email: "ada@example.com" })
    const insert = (tenant) =>
      place.execute(
        `INSERT INTO sessions (session_token, user_id, expires, tenant_id) VALUES ('${tenant}', '${user.id}', ?, '${tenant}')`,
        [database.moment(Date.now() + 1_000_000)],
      )
    await insert("a")
    if (database.name === "sqlite")
      await expect(
        place.execute(
          `PRAGMA foreign_keys = 1; INSERT INTO sessions (session_token, user_id, expires, tenant_id) VALUES ('b', '${user.id}', 1, 'b')`,
        ),
      ).rejects.toThrow(/FOREIGN KEY/)
    else await expect(insert("b")).rejects.toThrow(/foreign key/i)
  })

  test.each(["migrate", "synchronize"])(
    "%s adds the columns to tables that were without, and their keys",
    async (how) => {
      const before = open()
      const old = await makeUser(before, { email: "ada@example.com" })
      await makeAccount(before, old.id, { provider: "github", providerAccountId: "1" })
      await makeSession(before, old.id, { sessionToken: "old" })
      const adapter = open({ scope, synchronize: how === "synchronize" })
      const a = inTenant(adapter, "a")
      if (how === "migrate") {
        await refused(a.getUser(old.id), "ERR_SCHEMA")
        const found = (await adapter.check()).map(({ code }) => code)
        expect(found.filter((code) => code === "missing_column")).toHaveLength(5)
        await adapter.migrate()
      }
      expect(await a.getUser(old.id)).toBeNull()
      // What stays are the old keys, which nothing drops.
      const left = await adapter.check()
      expect(left.map(({ code, table }) => [code, table]).sort()).toEqual([
        ["unscoped_key", "accounts"],
        ["unscoped_key", "authenticators"],
        ["unscoped_key", "users"],
        ["unscoped_key", "verification_tokens"],
      ])
      expect(left.find(({ table }) => table === "users").message).toContain("email")
      for (const table of ["users", "accounts", "sessions"]) {
        await place.execute(`UPDATE ${table} SET tenant_id = 'a'`)
      }
      expect(await a.getUser(old.id)).toEqual(old)
      expect(await a.getSessionAndUser("old")).toMatchObject({ user: old })
      const again = { provider: "github", providerAccountId: "1", access_token: "new" }
      expect(await makeAccount(a, old.id, again)).toMatchObject({ access_token: "new" })
      await refused(
        inTenant(adapter, "b").createSession({
          sessionToken: "b",
          userId: old.id,
          expires: hence(),
        }),
        "ERR_FOREIGN_KEY",
      )
    },
  )
}
