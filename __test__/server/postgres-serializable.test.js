const contention = require("../clusters/contention")
const { databases } = require("../support/databases")
const { hence, unique } = require("../support/samples")

jest.setTimeout(60_000)

const postgres = databases.find(({ name }) => name === "postgres")
const why = postgres ? postgres.unavailable : "DATABASES leaves it out"
const run = why ? describe.skip : describe

run(`a role whose transactions are serializable (postgres${why ? `: ${why}` : ""})`, () => {
  const modes = [
    ["in single statements", { pooler: false }],
    ["in a transaction for each call, as for a pooler", { pooler: true }],
  ]
  let place
  let adapters = []

  beforeAll(async () => {
    place = await postgres.fresh()
    const setting = "SET default_transaction_isolation = 'serializable'"
    await place.execute(`ALTER ROLE CURRENT_USER IN DATABASE "${place.database}" ${setting}`)
  })

  afterEach(async () => {
    await contention.close(adapters)
    adapters = []
  })

  afterAll(() => place.drop())

  test("meets 40001 in single statements, as a plain client sees", async () => {
    const { Client } = require("pg")
    adapters = contention.open([place.url])
    const user = await contention.commonUser(adapters)
    const clients = Array.from({ length: 8 }, () => new Client({ connectionString: place.url }))
    await Promise.all(clients.map((client) => client.connect()))
    try {
      const met = await contention.codesMet(clients, (client, number, n) =>
        client.query("UPDATE users SET name = $1 WHERE id = $2", [`${number} ${n}`, user.id]),
      )
      expect(met["40001"]).toBeGreaterThan(0)
    } finally {
      await Promise.all(clients.map((client) => client.end()))
    }
  })

  test.each(modes)("no caller of the adapter sees 40001, %s", async (_, options) => {
    adapters = contention.open([place.url], options)
    const user = await contention.commonUser(adapters)
    // On a busy machine the writers may miss each other for a while.
    let [rounds, met] = [0, 0]
    const over = () => {
      contention.retries(adapters).then((retries) => {
        met = retries
      })
      rounds += 1
      return rounds > 12 && (met > 0 || rounds > 150)
    }
    const told = await contention.contend(adapters, { user, writers: 16, until: over })
    expect(met).toBeGreaterThan(0)
    await contention.expectKept(told, place.rows)
  })

  test.each(modes)("a conflict that comes up at COMMIT is repeated, %s", async (_, options) => {
    adapters = contention.open([place.url], options)
    const [adapter] = adapters
    await adapter.ping()
    await adapter.migrate()
    // What a sequence has given out stays so when the transaction is undone: the third try succeeds.
    await place.execute("CREATE SEQUENCE IF NOT EXISTS tries")
    await place.execute(`
      CREATE OR REPLACE FUNCTION refuse_twice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('tries') <= 2 THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END IF;
        RETURN NULL;
      END $$`)
    const tables = ["users", "accounts", "sessions", "verification_tokens"]
    for (const table of tables) {
      await place.execute(`
        CREATE CONSTRAINT TRIGGER refuse_twice AFTER INSERT OR UPDATE OR DELETE ON ${table}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_twice()`)
    }
    try {
      /** Does a call whose first two tries are refused at COMMIT. */
      const twice = async (name, ...args) => {
        await place.execute("ALTER SEQUENCE tries RESTART")
        const before = await contention.retries(adapters)
        const answer = await adapter[name](...args)
        expect([name, (await contention.retries(adapters)) - before]).toEqual([name, 2])
        return answer
      }
      const email = `${unique("ada")}@e.test`
      const user = await twice("createUser", { email })
      const account = { provider: "github", providerAccountId: unique("account") }
      await twice("linkAccount", { ...account, type: "oauth", userId: user.id })
      const session = { sessionToken: unique("session"), userId: user.id, expires: hence() }
      await twice("createSession", session)
      expect(await twice("updateSession", { ...session, expires: hence(5_000_000) })).toMatchObject(
        { sessionToken: session.sessionToken },
      )
      expect(await twice("updateUser", { id: user.id, name: "Ada" })).toMatchObject({ name: "Ada" })
      const token = { identifier: email, token: unique("token"), expires: hence() }
      await twice("createVerificationToken", token)
      expect(await twice("useVerificationToken", token)).toEqual(token)
      expect(await twice("deleteSession", session.sessionToken)).toMatchObject({ userId: user.id })
      expect(await twice("unlinkAccount", account)).toMatchObject({ userId: user.id })
      expect(await twice("deleteUser", user.id)).toMatchObject({ email })
      expect(await place.rows("SELECT id FROM users WHERE id = ?", [user.id])).toEqual([])
    } finally {
      for (const table of tables) await place.execute(`DROP TRIGGER refuse_twice ON ${table}`)
    }
  })

  test.each(modes)(
    "a person is deleted while they sign in and out elsewhere, %s",
    async (_, options) => {
      adapters = contention.open([place.url, place.url], options)
      for (let round = 0; round < 4; round++) {
        const user = await contention.commonUser(adapters)
        const first = { sessionToken: unique("session"), userId: user.id, expires: hence() }
        await adapters[0].createSession(first)
        const errors = []
        const attempt = (call, allowed) =>
          call.catch(({ code, cause }) => {
            if (code !== allowed) errors.push({ code, cause })
          })
        const others = [...Array(12).keys()].map(async (n) => {
          const adapter = adapters[n % 2]
          const sessionToken = unique("session")
          const account = { provider: "github", providerAccountId: unique("account") }
          await attempt(
            adapter.linkAccount({ ...account, type: "oauth", userId: user.id }),
            "ERR_FOREIGN_KEY",
          )
          await attempt(
            adapter.createSession({ sessionToken, userId: user.id, expires: hence() }),
            "ERR_FOREIGN_KEY",
          )
          await attempt(adapter.updateSession({ ...first, expires: hence(1e6 * n) }))
          await attempt(adapter.updateUser({ id: user.id, name: `${n}` }), "ERR_NOT_FOUND")
          await attempt(adapter.deleteSession(sessionToken))
          await attempt(adapter.unlinkAccount(account))
        })
        const deletion = new Promise((resolve) => setTimeout(resolve, 5 * round)).then(() =>
          adapters[1].deleteUser(user.id),
        )
        const [deleted] = await Promise.all([deletion, ...others])
        expect(errors).toEqual([])
        expect(deleted.id).toBe(user.id)
        for (const [table, column] of [
          ["users", "id"],
          ["accounts", "user_id"],
          ["sessions", "user_id"],
        ]) {
          const left = await place.rows(`SELECT * FROM ${table} WHERE ${column} = ?`, [user.id])
          expect([table, left]).toEqual([table, []])
        }
      }
    },
  )
})
