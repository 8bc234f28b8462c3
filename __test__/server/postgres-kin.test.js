const { SqlxAdapter } = require("../..")
const { create } = require("../presets/presets")
const { server } = require("../servers")
const { withDatabase } = require("../servers/credentials")
const { databases } = require("../support/databases")
const { readerOf } = require("../support/postgres")
const { hence } = require("../support/samples")

jest.setTimeout(60_000)

const postgres = databases.find(({ name }) => name === "postgres")
const why = postgres ? postgres.unavailable : "DATABASES leaves it out"
const run = why ? describe.skip : describe

// CockroachDB and YugabyteDB cannot be had here. A database of PostgreSQL that lacks what they lack
// answers with their error codes.
run(`a server that lacks what some of PostgreSQL's kin lack (${why ?? "postgres"})`, () => {
  let place
  let admin
  const adapters = []
  const open = (options) => {
    const adapter = SqlxAdapter(place.url, options)
    adapters.push(adapter)
    return adapter
  }

  beforeEach(async () => {
    place = await postgres.fresh()
    admin = readerOf(withDatabase(server("postgres").adminUrl, place.database))
  })

  afterEach(async () => {
    await Promise.all(adapters.splice(0).map((adapter) => adapter.close()))
    await admin.end()
    await place.drop()
  })

  /** CockroachDB: `COLLATE "C"` is no collation for a column. */
  async function refuseCollation() {
    await admin.rows(`
      CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT 1 FROM pg_event_trigger_ddl_commands() d JOIN pg_attribute a
          ON a.attrelid = d.objid AND a.attcollation = '"C"'::regcollation AND a.attnum > 0)
        THEN RAISE EXCEPTION 'invalid locale C' USING ERRCODE = '22023'; END IF;
      END $$`)
    await admin.rows(
      "CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION refuse()",
    )
  }

  const collations = () =>
    place.rows(
      `SELECT DISTINCT collation_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'text'`,
    )

  test("the tables are created without the collation that it refuses", async () => {
    await refuseCollation()
    await expect(place.rows('CREATE TABLE plain (a text COLLATE "C")')).rejects.toMatchObject({
      code: "22023",
    })
    const adapter = open()
    const user = await adapter.createUser({ email: "ada@example.com" })
    await adapter.createSession({ sessionToken: "s", userId: user.id, expires: hence() })
    expect(await adapter.getSessionAndUser("s")).toMatchObject({ user })
    expect(await adapter.migrate()).toEqual([])
    expect(await collations()).toEqual([{ name: null }])
  })

  test.each([
    [
      "no such function (42883)",
      "ALTER FUNCTION set_config(text, text, boolean) RENAME TO elsewhere",
    ],
    [
      "a function that is not supported (0A000)",
      `DO $do$ BEGIN
        ALTER FUNCTION set_config(text, text, boolean) RENAME TO elsewhere;
        CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'not supported' USING ERRCODE = '0A000'; END $$;
      END $do$`,
    ],
    [
      "a function that this user may not call (42501)",
      `DO $do$ BEGIN
        ALTER FUNCTION set_config(text, text, boolean) RENAME TO elsewhere;
        CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'permission denied' USING ERRCODE = '42501'; END $$;
      END $do$`,
    ],
  ])("calls that come together insert alone where that is refused, %s", async (_, lack) => {
    await open().createUser({ email: "ada@example.com" })
    await admin.rows(lack)
    const adapter = open({ synchronize: false })
    await adapter.getUser("nobody")
    const users = await Promise.all(
      [...Array(40).keys()].map((n) => adapter.createUser({ email: `${n}@example.com` })),
    )
    await Promise.all(
      users.map(({ id }) =>
        adapter.createSession({ sessionToken: id, userId: id, expires: hence() }),
      ),
    )
    const stored = await place.rows("SELECT user_id FROM sessions")
    expect(stored.map(({ user_id }) => user_id).sort()).toEqual(users.map(({ id }) => id).sort())
  })

  test("another server's tables keep the collation", async () => {
    await open().createUser({ email: "ada@example.com" })
    expect((await collations()).map(({ name }) => name).sort()).toContain("C")
  })

  const LACKS = [
    [
      "no such function (42883)",
      "ALTER FUNCTION pg_advisory_xact_lock(bigint) RENAME TO elsewhere",
    ],
    [
      "a function that is not supported (0A000)",
      `DO $do$ BEGIN
        ALTER FUNCTION pg_advisory_xact_lock(bigint) RENAME TO elsewhere;
        CREATE FUNCTION public.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'advisory locks are not supported' USING ERRCODE = '0A000'; END $$;
      END $do$`,
    ],
  ]

  test.each(LACKS)("without such locks, %s, several migrate at once", async (_, lack) => {
    await admin.rows(lack)
    const all = Array.from({ length: 3 }, () => open({ synchronize: false }))
    await Promise.all(all.map((adapter) => adapter.migrate()))
    expect(await all[0].check()).toEqual([])
    await place.rows("ALTER TABLE users DROP COLUMN image")
    await place.rows("DROP INDEX sessions_expires_idx")
    await Promise.all(all.map((adapter) => adapter.migrate()))
    expect(await all[0].check()).toEqual([])
  })

  test("what nobody tells of foreign keys is not found missing", async () => {
    await create("pg-adapter", "postgres", place)
    const adapter = open({ schema: "pg-adapter" })
    const found = async () => (await adapter.check()).map(({ code }) => code)
    const there = await found()
    expect(there.filter((code) => code === "missing_foreign_key")).toHaveLength(2)
    await admin.rows("REVOKE SELECT ON pg_catalog.pg_constraint FROM PUBLIC")
    expect(await found()).toEqual(there.filter((code) => code !== "missing_foreign_key"))
  })

  test.each(LACKS)("without locks for keys, %s, no key is there twice", async (_, lack) => {
    await create("pg-adapter", "postgres", place)
    await admin.rows(lack)
    const all = [0, 1, 2].map(() =>
      open({ schema: "pg-adapter", pool: { max: 6 }, retry: { maxTime: 20_000 } }),
    )
    for (let round = 0; round < 8; round++) {
      const email = `${round}@example.com`
      const made = await Promise.allSettled(
        [...Array(12).keys()].map((n) => all[n % 3].createUser({ email, name: `${n}` })),
      )
      const refusals = made.filter(({ status }) => status === "rejected")
      expect(refusals.map(({ reason }) => reason.code)).toEqual(Array(11).fill("ERR_UNIQUE"))
      const stored = await place.rows("SELECT id, name FROM users WHERE email = ?", [email])
      const [{ value: user }] = made.filter(({ status }) => status === "fulfilled")
      expect(stored.map(({ id, name }) => [String(id), name])).toEqual([[user.id, user.name]])
      // The one account that all of them link is there once, too.
      const account = { type: "oauth", provider: "github", providerAccountId: `${round}` }
      const linked = await Promise.all(
        all.map((adapter) => adapter.linkAccount({ ...account, userId: user.id })),
      )
      expect(linked).toHaveLength(3)
      const accounts = await place.rows('SELECT * FROM accounts WHERE "providerAccountId" = ?', [
        `${round}`,
      ])
      expect(accounts).toHaveLength(1)
    }
  })
})
