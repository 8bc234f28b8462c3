const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")
const { refused } = require("../support/expectations")
const { makeAccount, makeSession, makeUser, passkey } = require("../support/samples")
const { inTenant, scope } = require("../support/tenants")
const { create } = require("../presets/presets")
const { renamed } = require("./renamed")

jest.setTimeout(60_000)

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`foreign keys that are missing (${database.name})`, () =>
    tests(database),
  )
}

function tests(database) {
  const isSqlite = database.name === "sqlite"
  const { place, open } = freshDatabase(database)

  const quote = (name) =>
    database.name === "postgres"
      ? `"${name.replaceAll('"', '""')}"`
      : `\`${name.replaceAll("`", "``")}\``

  /** Runs a statement that SQLite minds foreign keys in. */
  const execute = (sql) => place.execute(isSqlite ? `PRAGMA foreign_keys = 1; ${sql}` : sql)

  /** Makes the tables that an adapter would, with other foreign keys: none, or what this makes of each. */
  async function createWith(options, change = () => "") {
    const adapter = open({ ...options, synchronize: false })
    for (const statement of await adapter.migrate({ dryRun: true })) {
      await place.execute(statement.replace(/,\n\s*(FOREIGN KEY [^\n]*)/g, (_, key) => change(key)))
    }
    return adapter
  }

  /** What is found, without the sentences; nothing else may be. */
  async function missing(adapter) {
    const findings = await adapter.check()
    for (const { level, code, sql } of findings) {
      expect([level, code]).toEqual(["warning", "missing_foreign_key"])
      if (isSqlite) expect(sql).toBeUndefined()
    }
    return findings.map(({ table, column }) => [table, column])
  }

  /** Gives the tables their foreign keys as `check` says, or, on SQLite, by new tables. */
  async function repair(adapter, schema) {
    const findings = await adapter.check()
    if (!isSqlite) {
      for (const { sql } of findings) await place.execute(sql)
      return
    }
    const other = await database.fresh()
    const whole = SqlxAdapter(other.url, { schema, synchronize: false })
    const statements = await whole.migrate({ dryRun: true })
    await whole.close()
    await other.drop()
    for (const { table, message } of findings) {
      expect(message).toContain("that takes a new table, to which the rows are copied")
      await place.execute(`CREATE TABLE kept AS SELECT * FROM ${quote(table)}`)
      await place.execute(`DROP TABLE ${quote(table)}`)
      for (const statement of statements.filter((one) => one.includes(` ${quote(table)} (`))) {
        await place.execute(statement)
      }
      await place.execute(`INSERT INTO ${quote(table)} SELECT * FROM kept; DROP TABLE kept`)
    }
  }

  const OWN = [
    ["accounts", "user_id"],
    ["sessions", "user_id"],
    ["authenticators", "user_id"],
  ]

  const count = async (table) =>
    Number((await place.rows(`SELECT COUNT(*) AS n FROM ${quote(table)}`))[0].n)

  const everything = async () => [
    await count("accounts"),
    await count("sessions"),
    await count("authenticators"),
  ]

  /** A user with an account, a session and a passkey. */
  async function person(adapter) {
    const user = await makeUser(adapter, { emailVerified: new Date() })
    const account = await makeAccount(adapter, user.id)
    const session = await makeSession(adapter, user.id)
    const key = await adapter.createAuthenticator(passkey(user.id))
    return { user, account, session, key }
  }

  test("what each table lacks is named, what that leaves is so, and with the key nothing is left", async () => {
    const adapter = await createWith({})
    expect(await missing(adapter)).toEqual(OWN)
    const ada = await person(adapter)
    await person(adapter)
    expect(await missing(adapter)).toEqual(OWN)

    // By hand, without deleteUser: all that is theirs stays.
    await execute(`DELETE FROM users WHERE id = '${ada.user.id}'`)
    expect(await everything()).toEqual([2, 2, 2])
    // "nobody is found by one, and whoever signs in with it is refused (ERR_UNIQUE)"
    const { provider, providerAccountId } = ada.account
    expect(await adapter.getUserByAccount({ provider, providerAccountId })).toBeNull()
    const again = await makeUser(adapter, { email: ada.user.email, emailVerified: new Date() })
    await refused(makeAccount(adapter, again.id, { provider, providerAccountId }), "ERR_UNIQUE")
    // "nobody is found by one, unless somebody gets the same id later"
    const { sessionToken } = ada.session
    expect(await adapter.getSessionAndUser(sessionToken)).toBeNull()
    await adapter.deleteUser(again.id)
    await makeUser(adapter, { id: ada.user.id, emailVerified: new Date() })
    expect((await adapter.getSessionAndUser(sessionToken)).user.id).toBe(ada.user.id)
    await execute(`DELETE FROM users WHERE id = '${ada.user.id}'`)
    // "nor is a row refused whose user is not there"
    await makeSession(adapter, "nobody")

    // What is in the way is counted, and deleted by what the findings say.
    const findings = await adapter.check()
    const [left, orphans] = [findings.slice(0, 3), findings.slice(3)]
    expect(orphans.map(({ code, table }) => [code, table]).sort()).toEqual(
      OWN.map(([table]) => ["orphan_rows", table]).sort(),
    )
    expect(orphans.find(({ table }) => table === "sessions").message).toContain(": 2. ")
    for (const { message, sql } of left) {
      if (isSqlite) continue
      await expect(place.execute(sql)).rejects.toThrow(/foreign key/i)
      await place.execute(message.match(/this deletes them: (DELETE FROM .*)$/)[1])
    }
    for (const { message } of orphans) {
      await place.execute(message.match(/may be deleted: (DELETE FROM .*)$/)[1])
    }
    expect(await everything()).toEqual([1, 1, 1])
    await repair(adapter)
    expect(await adapter.check()).toEqual([])

    const eve = await person(adapter)
    expect(await everything()).toEqual([2, 2, 2])
    await execute(`DELETE FROM users WHERE id = '${eve.user.id}'`)
    expect(await everything()).toEqual([1, 1, 1])
    await refused(makeSession(adapter, "nobody"), "ERR_FOREIGN_KEY")
  })

  test("they are named, and not added, by migrate and synchronize", async () => {
    await createWith({})
    for (const adapter of [open({ synchronize: false }), open({ synchronize: true })]) {
      expect(await adapter.migrate({ dryRun: true })).toEqual([])
      expect(await adapter.migrate()).toEqual([])
      await adapter.deleteUser((await person(adapter)).user.id)
      expect(await missing(adapter)).toEqual(OWN)
      expect(await everything()).toEqual([0, 0, 0])
    }
  })

  test("names of every kind are quoted", async () => {
    const adapter = await createWith({ schema: renamed })
    expect(await missing(adapter)).toEqual([
      ["select", "from"],
      ["group`s", "user_id"],
      ["Passkeys", "user_id"],
    ])
    await repair(adapter, renamed)
    expect(await adapter.check()).toEqual([])
    const { user, session } = await person(adapter)
    expect(await count("group`s")).toBe(1)
    await execute(`DELETE FROM ${quote("order by")}`)
    expect(await count("group`s")).toBe(0)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toBeNull()
    expect(await adapter.getUser(user.id)).toBeNull()
  })

  test("in another package's tables", async () => {
    await create("typeorm-v3", database.name, place)
    const adapter = open({ schema: "typeorm-v3" })
    const found = (await adapter.check()).filter(({ code }) => code === "missing_foreign_key")
    expect(found.map(({ level, table, column }) => [level, table, column])).toEqual([
      ["warning", "accounts", "user_id"],
      ["warning", "sessions", "user_id"],
    ])
    for (const { message } of found) {
      // The adapter keeps its own rows from it.
      expect(message).not.toContain("The adapter takes the foreign key to be there")
    }
    const user = await makeUser(adapter, { emailVerified: new Date() })
    const { provider, providerAccountId } = await makeAccount(adapter, user.id)
    await makeSession(adapter, user.id)
    await execute("DELETE FROM users")
    const again = await makeUser(adapter, { emailVerified: new Date() })
    expect(await adapter.getUserByAccount({ provider, providerAccountId })).toBeNull()
    await refused(makeAccount(adapter, again.id, { provider, providerAccountId }), "ERR_UNIQUE")
    await refused(makeSession(adapter, "999999"), "ERR_FOREIGN_KEY")
    if (isSqlite) return
    await execute("DELETE FROM accounts")
    await execute("DELETE FROM sessions")
    for (const { sql } of found) await place.execute(sql)
    const left = (await adapter.check()).map(({ code }) => code)
    expect(left).not.toContain("missing_foreign_key")
    await makeSession(adapter, again.id)
    expect(await count("sessions")).toBe(1)
    await execute("DELETE FROM users")
    expect(await count("sessions")).toBe(0)
  })

  test.each([
    ["to another table", (key) => key.replace(quote("users"), quote("others"))],
    [
      "on another column",
      (key, n) =>
        key.replace(
          /(["`])user_id\1/,
          quote(["provider", "session_token", "provider_account_id"][n]),
        ),
    ],
  ])("a key %s is none", async (_, change) => {
    const [users] = await open({ synchronize: false }).migrate({ dryRun: true })
    await place.execute(users.replace(quote("users"), quote("others")))
    let n = 0
    const adapter = await createWith({}, (key) => `,\n  ${change(key, n++)}`)
    expect(n).toBe(3)
    expect(await missing(adapter)).toEqual(OWN)
  })

  test("whatever a key does when a user is deleted, it is one", async () => {
    const adapter = await createWith({}, (key) => `,\n  ${key.replace(" ON DELETE CASCADE", "")}`)
    const { user } = await person(adapter)
    expect(await adapter.check()).toEqual([])
    await expect(execute("DELETE FROM users")).rejects.toThrow(/foreign key/i)
    await adapter.deleteUser(user.id)
    expect(await everything()).toEqual([0, 0, 0])
  })

  test("a scope's names its columns, and one without them will do", async () => {
    const adapter = await createWith({ scope })
    const a = inTenant(adapter, "a")
    expect(await missing(adapter)).toEqual(OWN)
    if (isSqlite) return
    const [account, session, authenticator] = await adapter.check()
    await place.execute(session.sql)
    expect(await missing(adapter)).toEqual([OWN[0], OWN[2]])
    const { user } = await person(a)
    await refused(makeSession(inTenant(adapter, "b"), user.id), "ERR_FOREIGN_KEY")
    await execute(`DELETE FROM users WHERE id = '${user.id}'`)
    expect(await everything()).toEqual([1, 0, 1])
    for (const { table, message } of [account, authenticator]) {
      await place.execute(message.match(/this deletes them: (DELETE FROM .*)$/)[1])
      expect(await count(table)).toBe(0)
    }
    // As a table has it that is older than the column.
    await place.execute("ALTER TABLE users ADD UNIQUE (id)")
    for (const { table } of [account, authenticator]) {
      await place.execute(
        `ALTER TABLE ${table} ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE`,
      )
    }
    expect(await adapter.check()).toEqual([])
  })

  test("nothing can point to a view, nor need a table that is left out", async () => {
    await createWith({ schema: { prefix: "real_" } })
    await place.execute("CREATE VIEW people AS SELECT * FROM real_users")
    const schema = {
      prefix: "real_",
      user: { table: "people", readOnly: true },
      authenticator: false,
    }
    expect(await open({ schema, synchronize: false }).check()).toEqual([])
  })

  test.each([
    [{ schema: { prefix: "odd\" ' `_" } }],
    [{ schema: { naming: "camelCase" } }],
    [{ schema: renamed }],
    [{ schema: { prefix: "n_", ids: "serial" } }],
    [{ scope }],
  ])("tables of the adapter's own, as %j makes them, lack none", async (options) => {
    const adapter = open({ ...options, synchronize: false })
    await adapter.migrate()
    expect(await adapter.check()).toEqual([])
  })

  // SQLite keeps no lengths and no collations, and adds no key anyway.
  if (!isSqlite) {
    test("none can go to a column of another type", async () => {
      const adapter = await createWith({
        schema: { user: { columns: { id: { type: "uuid" } } }, ...other("text") },
      })
      for (const { code, message, sql } of await adapter.check()) {
        expect([code, sql]).toEqual(["missing_foreign_key", undefined])
        expect(message).toMatch(/as long as the two differ in their type: user_id and id$/)
      }
      expect(await missing(adapter)).toEqual(OWN)
    })
  }

  /** The columns that point to users, of a type of their own. */
  function other(type) {
    const columns = { userId: { type } }
    return { account: { columns }, session: { columns }, authenticator: { columns } }
  }

  if (["mysql", "mariadb"].includes(database.name)) {
    test("a table that takes the statement and ignores it still has none", async () => {
      const adapter = await createWith({})
      await place.execute("DROP TABLE sessions")
      const [sessions] = await adapter.migrate({ dryRun: true })
      await place.execute(
        // Its keys are shorter.
        sessions
          .replaceAll("varchar(255)", "varchar(200)")
          .replace("ENGINE = InnoDB", "ENGINE = MyISAM"),
      )
      for (const { sql } of await adapter.check()) await place.execute(sql)
      expect(await missing(adapter)).toEqual([["sessions", "user_id"]])
    })
  }

  if (database.name === "postgres") {
    test("a key of a table of the same name in another schema is none", async () => {
      for (const schema of ["one", "two"]) await place.execute(`CREATE SCHEMA ${schema}`)
      const whole = open({ schema: { dbSchema: "one" } })
      await makeUser(whole)
      const adapter = await createWith({ schema: { dbSchema: "two" } })
      expect(await whole.check()).toEqual([])
      expect(await missing(adapter)).toEqual(OWN)
      // Nor is one to the users of another.
      for (const [table, column] of OWN) {
        await place.execute(
          `ALTER TABLE two.${table} ADD FOREIGN KEY (${column}) REFERENCES one.users (id)`,
        )
      }
      expect(await missing(adapter)).toEqual(OWN)
      for (const { sql } of await adapter.check()) {
        expect(sql).toContain('REFERENCES "two"."users"')
        await place.execute(sql)
      }
      expect(await adapter.check()).toEqual([])
    })

    test("a key can go from a text of one type to one of another", async () => {
      const adapter = await createWith({})
      await place.execute("ALTER TABLE sessions ALTER COLUMN user_id TYPE varchar(64)")
      await repair(adapter)
      expect(await adapter.check()).toEqual([])
    })

    test("a key that has not looked at the rows before it is one", async () => {
      const adapter = await createWith({})
      for (const { sql } of await adapter.check()) await place.execute(`${sql} NOT VALID`)
      expect(await adapter.check()).toEqual([])
    })
  }

  if (isSqlite) {
    test("a key that names no column is one to the users' own key", async () => {
      const adapter = await createWith({}, (key) => `,\n  ${key.replace(" (`id`)", "")}`)
      const { user } = await person(adapter)
      expect(await adapter.check()).toEqual([])
      await execute(`DELETE FROM users WHERE id = '${user.id}'`)
      expect(await everything()).toEqual([0, 0, 0])
    })
  }
}
