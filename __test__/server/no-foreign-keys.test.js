const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { hence, passkey, unique } = require("../support/samples")

jest.setTimeout(60_000)

// Vitess refuses foreign keys, and older TiDB does not check them: our own tables, made by hand without.
for (const database of databases.filter(({ name }) => ["postgres", "mysql"].includes(name))) {
  describeOn(database.name)(`our own tables without foreign keys (${database.name})`, () => {
    let place
    let adapter

    beforeAll(async () => {
      place = await database.fresh()
      adapter = SqlxAdapter(place.url, { synchronize: false })
      for (const statement of await adapter.migrate({ dryRun: true })) {
        await place.execute(statement.replace(/,\n\s*FOREIGN KEY [^\n]*/g, ""))
      }
    })

    afterAll(async () => {
      await adapter.close()
      await place.drop()
    })

    test("there are none, and nothing that breaks a function is found", async () => {
      const keys = await place.rows(
        `SELECT constraint_name FROM information_schema.table_constraints
         WHERE constraint_type = 'FOREIGN KEY' AND table_schema = ${
           database.kind === "postgres" ? "'public'" : "DATABASE()"
         }`,
      )
      expect(keys).toEqual([])
      expect((await adapter.check()).map(({ level, code, table }) => [level, code, table])).toEqual(
        ["accounts", "sessions", "authenticators"].map((table) => [
          "warning",
          "missing_foreign_key",
          table,
        ]),
      )
    })

    test("a person's rows go with them", async () => {
      const people = await Promise.all(
        [0, 1].map(() => adapter.createUser({ email: `${unique("ada")}@e.test` })),
      )
      for (const { id, email } of people) {
        const providerAccountId = unique("account")
        await adapter.linkAccount({
          userId: id,
          type: "oauth",
          provider: "github",
          providerAccountId,
        })
        await adapter.createSession({ sessionToken: unique("s"), userId: id, expires: hence() })
        await adapter.createAuthenticator({ ...passkey(id), credentialID: unique("key") })
        const token = { identifier: email, token: unique("token"), expires: hence() }
        await adapter.createVerificationToken(token)
      }
      const [gone, stays] = people
      expect(await adapter.deleteUser(gone.id)).toMatchObject({ id: gone.id })
      for (const [table, column] of [
        ["users", "id"],
        ["accounts", "user_id"],
        ["sessions", "user_id"],
        ["authenticators", "user_id"],
      ]) {
        const left = await place.rows(`SELECT ${column} AS owner FROM ${table}`)
        expect([table, left]).toEqual([table, [{ owner: stays.id }]])
      }
      const tokens = await place.rows("SELECT identifier FROM verification_tokens")
      expect(tokens).toEqual([{ identifier: stays.email }])
    })

    test("with a row of nobody's nobody is found", async () => {
      const session = { sessionToken: unique("s"), userId: unique("nobody"), expires: hence() }
      await adapter.createSession(session)
      expect(await adapter.getSessionAndUser(session.sessionToken)).toBeNull()
      const account = { provider: "github", providerAccountId: unique("account") }
      await adapter.linkAccount({ ...account, type: "oauth", userId: session.userId })
      expect(await adapter.getUserByAccount(account)).toBeNull()
    })
  })
}
