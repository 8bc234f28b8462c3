const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { makeAccount, makeSession, makeUser, passkey } = require("../support/samples")

jest.setTimeout(60_000)

for (const database of databases) {
  describeOn(database.name)(`foreign keys that are missing (${database.name})`, () => {
    const isSqlite = database.kind === "sqlite"
    let place
    let adapters

    beforeEach(async () => {
      place = await database.fresh()
      adapters = []
    })

    afterEach(async () => {
      await Promise.all(adapters.map((adapter) => adapter.close()))
      await place.drop()
    })

    function open(options) {
      const adapter = SqlxAdapter(place.url, { synchronize: false, ...options })
      adapters.push(adapter)
      return adapter
    }

    /** Runs what makes our own tables, after a change of it. */
    async function createBut(change, options) {
      const making = open(options)
      for (const statement of await making.migrate({ dryRun: true })) {
        await place.execute(change(statement))
      }
    }

    const without = (statement) => statement.replace(/,\n\s*FOREIGN KEY [^\n]*/g, "")
    const missing = async (adapter) =>
      (await adapter.check()).filter(({ code }) => code === "missing_foreign_key")

    test("are named, with what adds them", async () => {
      await createBut(without)
      const adapter = open()
      const findings = await adapter.check()
      const found = (table) => ({
        level: "warning",
        code: "missing_foreign_key",
        table,
        column: "user_id",
        message: expect.stringMatching(isSqlite ? /adds none to a table/ : /when no rows of users who are not there are left/),
        ...(isSqlite ? {} : { sql: expect.stringMatching(/ON DELETE CASCADE$/) }),
      })
      expect(findings).toEqual(["accounts", "sessions", "authenticators"].map(found))
      // That is somebody's decision: adding one locks tables, and rows may be in its way.
      expect(await adapter.migrate()).toEqual([])
      if (isSqlite) return

      for (const { sql } of findings) await place.execute(sql)
      expect(await adapter.check()).toEqual([])
      const user = await makeUser(adapter)
      await makeAccount(adapter, user.id)
      await makeSession(adapter, user.id)
      await adapter.createAuthenticator(passkey(user.id))
      await place.execute("DELETE FROM users")
      for (const { table } of findings) {
        expect(await place.rows(`SELECT user_id FROM ${table}`)).toEqual([])
      }
    })

    test("are none in our own tables, whatever they are called and whoever's they are", async () => {
      for (const options of [
        { schema: { prefix: 'odd" ' } },
        { schema: { user: { table: "Müller's" }, session: { table: "order" } } },
        { schema: { naming: "camelCase", prefix: "c_" } },
        { scope: () => ({ tenant_id: "one" }), schema: { prefix: "t_" } },
      ]) {
        const adapter = open({ ...options, synchronize: true })
        await adapter.getUser("nobody")
        expect(await adapter.check()).toEqual([])
      }
    })

    test("are none where the users are a view", async () => {
      await createBut(without)
      await place.execute("CREATE VIEW people AS SELECT * FROM users")
      const adapter = open({ schema: { user: { table: "people", readOnly: true } } })
      expect(await missing(adapter)).toEqual([])
    })

    test("are not those of another column, or to another table", async () => {
      const own = await open({ schema: { prefix: "x_" } }).migrate({ dryRun: true })
      for (const statement of own) await place.execute(statement)
      await createBut((statement) =>
        statement.replace(/REFERENCES (.)users/g, "REFERENCES $1x_users"),
      )
      const tables = (await missing(open())).map(({ table }) => table)
      expect(tables).toEqual(["accounts", "sessions", "authenticators"])
      expect(await missing(open({ schema: { prefix: "x_" } }))).toEqual([])
    })

    if (!isSqlite) {
      test("cannot be added where the user's id is of another type, which is said", async () => {
        await createBut(without)
        const type = database.kind === "postgres" ? "TYPE varchar(64)" : "varchar(64)"
        const change = database.kind === "postgres" ? "ALTER COLUMN user_id" : "MODIFY user_id"
        await place.execute(`ALTER TABLE sessions ${change} ${type}`)
        const [found] = (await missing(open())).filter(({ table }) => table === "sessions")
        expect(found.message).toMatch(/type is not that of the user's id/)
        expect(found.sql).toBeUndefined()
      })
    }

    if (database.kind === "postgres") {
      test("are not those of tables of the same names in another schema", async () => {
        await place.execute("CREATE SCHEMA other")
        const elsewhere = { schema: { dbSchema: "other" } }
        await open({ ...elsewhere, synchronize: true }).getUser("nobody")
        await createBut((statement) =>
          statement.replaceAll('REFERENCES "users"', 'REFERENCES other."users"'),
        )
        const tables = (await missing(open())).map(({ table }) => table)
        expect(tables).toEqual(["accounts", "sessions", "authenticators"])
        expect(await missing(open(elsewhere))).toEqual([])
        for (const { sql } of await missing(open())) await place.execute(sql)
        expect(await missing(open())).toEqual([])
      })
    }
  })
}
