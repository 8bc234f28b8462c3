const { version: VERSION } = require("../../package.json")
const { databases, describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")
const { refused } = require("../support/expectations")
const samples = require("../support/samples")
const { create } = require("../presets/presets")

const { hence, makeAccount, makeSession, makeUser, passkey, unique } = samples

jest.setTimeout(60_000)

const TABLES = ["users", "accounts", "sessions", "verification_tokens", "authenticators"]

for (const database of databases) {
  describeOn(database.name)(`check and migrate (${database.name})`, () => tests(database))
}

function tests(database) {
  const { place, open } = freshDatabase(database)

  const tables = async () => {
    const rows = await place.rows(
      {
        sqlite: "SELECT name FROM sqlite_schema WHERE type = 'table'",
        postgres:
          "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()",
      }[database.kind] ??
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()",
    )
    return rows.map(({ name }) => name)
  }

  /** What `migrate` has noted. */
  const notes = () =>
    place.rows("SELECT id, version, statement FROM next_auth_sqlx_migrations ORDER BY id")

  /** What was found, without the sentences. */
  const brief = (findings) => findings.map(({ code, table, column }) => [code, table, column])

  /** Runs what the findings say by a driver that is not the adapter's. */
  async function repair(findings) {
    for (const { sql } of findings) {
      if (sql === undefined) continue
      for (const statement of sql.split(";\n")) await place.execute(statement)
    }
  }

  test("an empty database lacks five tables; looking makes none, and migrate makes them", async () => {
    const adapter = open({ synchronize: false })
    const findings = await adapter.check()
    expect(brief(findings)).toEqual(TABLES.map((table) => ["missing_table", table, undefined]))
    for (const { level, message, sql } of findings) {
      expect(level).toBe("error")
      expect(message).toMatch(/no such table/)
      expect(sql).toMatch(/^CREATE TABLE/)
    }
    const planned = await adapter.migrate({ dryRun: true })
    expect(await tables()).toEqual([])
    expect(await adapter.migrate()).toEqual(planned)
    expect((await tables()).sort()).toEqual([...TABLES, "next_auth_sqlx_migrations"].sort())
    expect(await adapter.check()).toEqual([])
    expect(await adapter.migrate()).toEqual([])
    const user = await makeUser(adapter)
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
  })

  test("what check says makes the tables, by another program too", async () => {
    const adapter = open({ synchronize: false })
    await repair(await adapter.check())
    expect(await adapter.check()).toEqual([])
    await makeSession(adapter, (await makeUser(adapter)).id)
  })

  test("the tables that the first call makes are as they should be", async () => {
    const adapter = open()
    await makeUser(adapter)
    expect(await adapter.check()).toEqual([])
  })

  test("a user whom a crash left in the middle of a sign-in is counted, a minute later", async () => {
    const adapter = open()
    const crashed = [await makeUser(adapter), await makeUser(adapter)]
    await makeUser(adapter, { emailVerified: new Date() })
    await makeAccount(adapter, (await makeUser(adapter)).id)
    await makeSession(adapter, (await makeUser(adapter)).id)
    await adapter.createAuthenticator(passkey((await makeUser(adapter)).id))
    expect(await adapter.check()).toEqual([])

    const later = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 120_000)
    const findings = await adapter.check().finally(() => later.mockRestore())
    expect(findings).toMatchObject([{ level: "warning", code: "unfinished_users", table: "users" }])
    const [, count, sql] = findings[0].message.match(/: (\d+)\. .*?(SELECT .*)$/)
    expect(count).toBe("2")
    const listed = await place.rows(sql)
    expect(listed.map(({ id }) => id).sort()).toEqual(crashed.map(({ id }) => id).sort())
    expect(await adapter.migrate()).toEqual([])
  })

  test("a passkey's account whose passkey is not there is counted, a minute later", async () => {
    const adapter = open()
    const user = await makeUser(adapter, { emailVerified: new Date() })
    const account = { type: "webauthn", provider: "passkey" }
    const whole = passkey(user.id)
    await makeAccount(adapter, user.id, { ...account, providerAccountId: whole.providerAccountId })
    await adapter.createAuthenticator(whole)
    const left = await makeAccount(adapter, user.id, { ...account, providerAccountId: unique("c") })
    expect(await adapter.check()).toEqual([])

    const later = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 120_000)
    const findings = await adapter.check().finally(() => later.mockRestore())
    expect(findings).toMatchObject([
      { level: "warning", code: "accounts_without_passkey", table: "accounts" },
    ])
    const [, count, sql] = findings[0].message.match(/: (\d+)\. .*?(SELECT .*)$/)
    expect(count).toBe("1")
    const listed = await place.rows(sql)
    expect(listed.map((row) => row.provider_account_id)).toEqual([left.providerAccountId])
  })

  test("rows of users who are not there are counted where no foreign key prevents them", async () => {
    await create("typeorm-v3", database.name === "pgbouncer" ? "postgres" : database.name, place)
    const adapter = open({ schema: "typeorm-v3" })
    const user = await makeUser(adapter, { emailVerified: new Date() })
    await makeSession(adapter, user.id)
    const of = async () => (await adapter.check()).filter(({ code }) => code === "orphan_rows")
    expect(await of()).toEqual([])
    await place.execute("DELETE FROM users")
    const [found, ...more] = await of()
    expect(more).toEqual([])
    expect(found).toMatchObject({ level: "warning", table: "sessions" })
    const [, count, sql] = found.message.match(/: (\d+)\. .*?(DELETE FROM .*)$/)
    expect(count).toBe("1")
    await place.execute(sql)
    expect(await of()).toEqual([])
  })

  test("what is missing is named, and the statements that come with it put it back", async () => {
    const adapter = open()
    const user = await makeUser(adapter)
    const on = ["mysql", "mariadb"].includes(database.name)
    await place.execute(`DROP INDEX users_email_key${on ? " ON users" : ""}`)
    await place.execute(`DROP INDEX sessions_expires_idx${on ? " ON sessions" : ""}`)
    await place.execute("ALTER TABLE users DROP COLUMN image")
    await place.execute("ALTER TABLE accounts DROP COLUMN session_state")
    await place.execute("ALTER TABLE users ADD COLUMN role text")
    const findings = await adapter.check()
    expect(brief(findings).sort()).toEqual(
      [
        ["missing_column", "users", "image"],
        ["missing_column", "accounts", "session_state"],
        ["missing_unique", "users", "email"],
        ["missing_index", "sessions", "expires"],
        ["unknown_column", "users", "role"],
      ].sort(),
    )
    const role = findings.find(({ column }) => column === "role")
    expect(role.level).toBe("warning")
    expect(role.message).toContain('schema: { user: { columns: { role: { type: "text" } } } }')
    await repair(findings)
    expect(brief(await adapter.check())).toEqual([["unknown_column", "users", "role"]])
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    await refused(adapter.createUser({ email: user.email, emailVerified: null }), "ERR_UNIQUE")
  })

  test("migrate adds the same, once, however many processes start it", async () => {
    await Promise.all(Array.from({ length: 4 }, () => open({ synchronize: false }).migrate()))
    const adapter = open({ synchronize: false })
    await place.execute("ALTER TABLE users DROP COLUMN image")
    const since = new Set((await notes()).map(({ id }) => id))
    const run = await adapter.migrate()
    expect(run).toEqual([expect.stringMatching(/ADD COLUMN .image./)])
    expect(await adapter.check()).toEqual([])
    expect((await notes()).filter(({ id }) => !since.has(id))).toMatchObject([
      { statement: run[0] },
    ])
  })

  test("what migrate runs is noted in the order in which it ran", async () => {
    const adapter = open({
      synchronize: false,
      schema: { user: { columns: { motto: { type: "text", default: 'it\'s \\ a; "quote"' } } } },
    })
    const run = await adapter.migrate()
    const noted = await notes()
    expect(noted.map(({ statement }) => statement)).toEqual(run)
    expect(new Set(noted.map(({ version }) => version))).toEqual(new Set([VERSION]))
    expect(await adapter.migrate()).toEqual([])
    expect(await notes()).toEqual(noted)
  })

  test("a key that rows are in the way of is not made, and says so", async () => {
    const adapter = open()
    const user = await makeUser(adapter)
    const on = ["mysql", "mariadb"].includes(database.name)
    await place.execute(`DROP INDEX users_email_key${on ? " ON users" : ""}`)
    await place.execute(`INSERT INTO users (id, email) VALUES ('other', '${user.email}')`)
    await refused(adapter.migrate(), "ERR_UNIQUE")
    expect(brief(await adapter.check())).toEqual([["missing_unique", "users", "email"]])
  })

  test("columns of the wrong kind, too short, or unknown are named", async () => {
    const adapter = open({ schema: { session: { table: "odd" } } })
    await adapter.migrate()
    await place.execute("DROP TABLE odd")
    await place.execute(
      "CREATE TABLE odd (session_token varchar(20) NOT NULL PRIMARY KEY, user_id varchar(255) NOT NULL, " +
        "expires varchar(40) NOT NULL, tenant varchar(10) NOT NULL, device varchar(10))",
    )
    const found = brief(await adapter.check())
    expect(found).toEqual(
      expect.arrayContaining([
        ["wrong_type", "odd", "expires"],
        ["missing_column", "odd", "created_at"],
        ["unknown_required_column", "odd", "tenant"],
        ["unknown_column", "odd", "device"],
        ["missing_index", "odd", "user_id"],
      ]),
    )
    const short = found.some(
      ([code, , column]) => code === "too_short" && column === "session_token",
    )
    // SQLite keeps no lengths.
    expect(short).toBe(database.name !== "sqlite")
    expect(found.every(([, table]) => table === "odd")).toBe(true)
    const user = await makeUser(adapter)
    await expect(makeSession(adapter, user.id, { expires: hence() })).rejects.toThrow()
  })

  // SQLite keeps no lengths, and changes no column.
  if (database.name !== "sqlite") {
    const isMysql = ["mysql", "mariadb"].includes(database.name)

    test.each([
      [
        "too_short",
        "accounts",
        "access_token",
        isMysql
          ? "ALTER TABLE accounts MODIFY access_token varchar(255)"
          : "ALTER TABLE accounts ALTER COLUMN access_token TYPE varchar(255)",
      ],
      [
        "not_nullable",
        "users",
        "name",
        isMysql
          ? "ALTER TABLE users MODIFY name mediumtext NOT NULL"
          : "ALTER TABLE users ALTER COLUMN name SET NOT NULL",
      ],
      // PostgreSQL's collations are not looked into.
      ...(isMysql
        ? [
            [
              "loose_collation",
              "users",
              "email",
              "ALTER TABLE users MODIFY email varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
            ],
            [
              "loose_collation",
              "sessions",
              "session_token",
              "ALTER TABLE sessions MODIFY session_token varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL",
            ],
          ]
        : []),
    ])(
      "%s is found in %s.%s, and what comes with it mends it",
      async (code, table, column, sql) => {
        const adapter = open()
        const user = await makeUser(adapter)
        const account = await makeAccount(adapter, user.id, { access_token: "a".repeat(200) })
        const session = await makeSession(adapter, user.id)
        await place.execute(sql)
        const findings = await adapter.check()
        expect(brief(findings)).toEqual([[code, table, column]])
        await repair(findings)
        expect(await adapter.check()).toEqual([])
        expect(await adapter.getSessionAndUser(session.sessionToken)).toEqual({ session, user })
        expect(await adapter.listAccounts(user.id)).toEqual([account])
        const long = { ...account, access_token: "a".repeat(5_000) }
        expect(await adapter.linkAccount(long)).toEqual(long)
        expect(await makeUser(adapter, { name: undefined })).toMatchObject({ name: null })
        await makeUser(adapter, { email: user.email.replace("a", "á") })
      },
    )
  }

  test("another adapter's tables are recognised, and nothing is added to them", async () => {
    await create("prisma", database.name === "pgbouncer" ? "postgres" : database.name, place)
    const before = (await tables()).sort()
    const adapter = open({ synchronize: false })
    const [first] = await adapter.check()
    expect([first.level, first.code]).toEqual(["error", "other_tables"])
    // In SQLite names that differ in case are the same, and so are those of Drizzle's tables.
    expect(first.message).toMatch(/schema: "prisma"/)
    const error = await refused(adapter.migrate(), "ERR_SCHEMA")
    expect(error.message).toContain('schema: "prisma"')
    expect((await tables()).sort()).toEqual(before)
  })

  test.each([[{ dryRun: "yes" }], ["yes"], [7]])("migrate(%j) is refused", async (options) => {
    await refused(open().migrate(options), "ERR_INVALID_ARGUMENT")
    expect(await tables()).toEqual([])
  })
}
