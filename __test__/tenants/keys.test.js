const { readFileSync } = require("node:fs")
const { SqlxAdapter } = require("../..")
const postgres = require("../servers/postgres")
const { databases, describeOn } = require("../support/databases")
const { hence, passkey } = require("../support/samples")
const { inTenant, scope } = require("../support/tenants")

jest.setTimeout(60_000)

/** Every unique key and foreign key, as the database's own catalogue has it: `table`, and its columns. */
const KEYS = {
  sqlite: `SELECT m.name AS "table", group_concat(c.name) AS columns
    FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
    WHERE m.type = 'table' AND i."unique" GROUP BY m.name, i.name
    UNION ALL SELECT m.name, group_concat(f."from" || '>' || f."to")
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
    WHERE m.type = 'table' GROUP BY m.name, f.id`,
  postgres: `SELECT i.indrelid::regclass::text AS "table", string_agg(a.attname, ',') AS columns
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace GROUP BY i.indrelid, i.indexrelid
    UNION ALL SELECT c.conrelid::regclass::text, string_agg(m.attname || '>' || o.attname, ',')
    FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (mine, theirs)
    JOIN pg_attribute m ON m.attrelid = c.conrelid AND m.attnum = k.mine
    JOIN pg_attribute o ON o.attrelid = c.confrelid AND o.attnum = k.theirs
    WHERE c.contype = 'f' GROUP BY c.oid, c.conrelid`,
  mysql: `SELECT table_name AS \`table\`, group_concat(column_name) AS columns
    FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND non_unique = 0 GROUP BY table_name, index_name
    UNION ALL SELECT table_name, group_concat(concat(column_name, '>', referenced_column_name))
    FROM information_schema.key_column_usage
    WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
    GROUP BY table_name, constraint_name`,
}

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`the keys of tables that tenants share (${database.name})`, () => {
    let place

    beforeAll(async () => {
      place = await database.fresh()
      const adapter = SqlxAdapter(place.url, { scope })
      await inTenant(adapter, "a").getUser("nobody")
      await adapter.migrate()
      await adapter.close()
    })

    afterAll(() => place.drop())

    test("every unique key and every foreign key names the tenant", async () => {
      const kind = database.kind === "mariadb" ? "mysql" : database.kind
      const keys = await place.rows(KEYS[kind])
      // Five primary keys, the address, and three of those who point to a user.
      expect(keys).toHaveLength(9)
      const pointing = keys.filter(({ columns }) => columns.includes(">"))
      expect(pointing.map(({ table }) => table).sort()).toEqual([
        "accounts",
        "authenticators",
        "sessions",
      ])
      for (const { table, columns } of keys) {
        const name = columns.includes(">") ? "tenant_id>tenant_id" : "tenant_id"
        expect([table, columns.split(",")]).toEqual([table, expect.arrayContaining([name])])
      }
    })
  })
}

describeOn("postgres")("the statements of a tenant (postgres)", () => {
  const TABLE = /"(users|accounts|sessions|verification_tokens|authenticators)"(?!\.)/g

  test("each names the tenant, for every table in it, as the server's log has them", async () => {
    const logging = await postgres.start({ settings: { log_statement: "all" } })
    const adapter = SqlxAdapter(logging.url, { scope, autoCleanup: false })
    try {
      await inTenant(adapter, "setup").getUser("nobody")
      const before = readFileSync(logging.logFile, "utf8").length
      for (const name of ["a", "b"]) await everything(inTenant(adapter, name))
      // Calls that come together share statements.
      await Promise.all(
        ["a", "b", "c", "d"].map((name) => everything(inTenant(adapter, name), name)),
      )
      await adapter.close()
      const log = readFileSync(logging.logFile, "utf8").slice(before)
      const statements = [...log.matchAll(/LOG: {2}(?:execute [^:]*|statement): (.*)/g)]
        .map(([, sql]) => sql)
        .filter((sql) => sql.search(TABLE) >= 0)
      expect(new Set(statements).size).toBeGreaterThan(20)
      for (const sql of statements) {
        const tables = sql.match(TABLE).length
        const tenants = sql.match(/"tenant_id"/g)?.length ?? 0
        expect([sql, tenants >= tables]).toEqual([sql, true])
      }
    } finally {
      await adapter.close()
      await logging.stop()
    }
  })

  /** Calls every function about rows once, or more often. */
  async function everything(adapter, more = "") {
    const user = await adapter.createUser({ email: `ada${more}@example.com` })
    const key = { provider: "github", providerAccountId: `1${more}` }
    const account = { ...key, type: "oauth", userId: user.id, access_token: "a" }
    await adapter.linkAccount(account)
    const session = { sessionToken: `s${more}`, userId: user.id, expires: hence() }
    await adapter.createSession(session)
    const token = { identifier: user.email, token: `t${more}`, expires: hence() }
    await adapter.createVerificationToken(token)
    const passkeyOf = { ...passkey(user.id), credentialID: `key${more}` }
    await adapter.createAuthenticator(passkeyOf)
    await adapter.createSessionFor(user.id)
    await Promise.all([
      adapter.getUser(user.id),
      adapter.getUserByEmail(user.email),
      adapter.getUserByAccount(key),
      adapter.getSessionAndUser(session.sessionToken),
      adapter.getAccount(key.providerAccountId, key.provider),
      adapter.getAuthenticator(passkeyOf.credentialID),
      adapter.listAuthenticatorsByUserId(user.id),
      adapter.listSessions(user.id),
      adapter.listAccounts(user.id),
    ])
    await adapter.updateUser({ id: user.id, name: "Ada" })
    await adapter.updateSession({ ...session, expires: hence(5_000_000) })
    await adapter.updateAccount({ ...key, access_token: "b" })
    await adapter.withAccountLock(key.provider, key.providerAccountId, () => ({
      access_token: "c",
    }))
    await adapter.updateAuthenticatorCounter(passkeyOf.credentialID, 2)
    await adapter.useVerificationToken(token)
    await adapter.deleteSession(session.sessionToken)
    await adapter.deleteSessionsByUser(user.id)
    await adapter.unlinkAccount(key)
    await adapter.deleteUser(user.id)
  }
})
