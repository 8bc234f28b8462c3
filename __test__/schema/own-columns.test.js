const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const samples = require("../support/samples")

const { makeAccount, makeSession, makeUser, unique } = samples

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
