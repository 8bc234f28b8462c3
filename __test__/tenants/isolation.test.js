const { SqlxAdapter } = require("../..")
const { create } = require("../presets/presets")
const { databases, describeOn } = require("../support/databases")
const { refused } = require("../support/expectations")
const { ago, hence, passkey } = require("../support/samples")
const { inTenant, scope } = require("../support/tenants")

jest.setTimeout(60_000)

// Two tenants whose names a collation may take for one.
const ONE = "acme"
const OTHER = "ACME"

/** What the two share: our own tables, and another adapter's, also where the column was added to them. */
const tables = {
  "our own tables": {
    on: ["sqlite", "postgres", "mariadb", "mysql"],
    options: {},
    names: () => ["users", "accounts", "sessions", "verification_tokens", "authenticators"],
  },
  "our own tables with counted ids": {
    on: ["sqlite", "postgres", "mariadb"],
    options: { schema: { ids: "serial" } },
    names: () => ["users", "accounts", "sessions", "verification_tokens", "authenticators"],
  },
  "prisma's tables": {
    on: ["sqlite", "postgres", "mariadb"],
    options: { schema: "prisma" },
    // Elsewhere the keys that are in the way cannot be dropped.
    altered: ["postgres"],
    names: (quote) =>
      ["User", "Account", "Session", "VerificationToken", "Authenticator"].map(quote),
  },
  "pg-adapter's tables": {
    on: ["postgres"],
    options: { schema: "pg-adapter" },
    altered: ["postgres"],
    names: () => ["users", "accounts", "sessions", "verification_token"],
    passkeys: false,
  },
  "tables whose collation takes the two for one": {
    on: ["mariadb"],
    options: { schema: "prisma" },
    altered: ["mariadb"],
    names: (quote) =>
      ["User", "Account", "Session", "VerificationToken", "Authenticator"].map(quote),
    loose: "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
  },
}

for (const [title, shared] of Object.entries(tables)) {
  for (const database of databases.filter(({ name }) => shared.on.includes(name))) {
    describeOn(database.name)(`two tenants in ${title} (${database.name})`, () =>
      isolation(database, shared),
    )
  }
}

function isolation(database, { options, names, altered = [], passkeys = true, loose }) {
  const quote = (name) =>
    ["mariadb", "mysql"].includes(database.kind) ? `\`${name}\`` : `"${name}"`
  const all = names(quote)
  let place
  let adapter
  let one
  let other
  /** What the one has, as the adapter gave it. */
  let theirs

  beforeAll(async () => {
    place = await database.fresh()
    const alter = altered.includes(database.name)
    if (alter) {
      await create(options.schema, database.name, place)
      for (const name of all) {
        const type = loose ? `VARCHAR(100) ${loose}` : "TEXT"
        await place.execute(`ALTER TABLE ${name} ADD COLUMN tenant_id ${type}`)
      }
    }
    const synchronize = alter ? false : "create"
    adapter = SqlxAdapter(place.url, { ...options, scope, synchronize })
    if (alter && !loose) {
      // Keys without the column are in the way of the other tenant: check names them.
      const narrow = (await adapter.check()).filter(({ code }) => code === "unscoped_key")
      for (const { table, column } of narrow) await dropKey(table, column.split(", "))
      await adapter.migrate()
    }
    one = inTenant(adapter, ONE)
    other = inTenant(adapter, OTHER)
    theirs = await fill(one)
  })

  afterAll(async () => {
    await adapter.close()
    await place.drop()
  })

  async function dropKey(table, columns) {
    const [{ index, constraint }] = await place.rows(
      `SELECT c.relname AS index, k.conname AS constraint FROM pg_index i
         JOIN pg_class c ON c.oid = i.indexrelid
         LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u')
       WHERE i.indisunique AND i.indrelid = '"${table}"'::regclass AND i.indnatts = ?
         AND (SELECT array_agg(attname::text) FROM pg_attribute
              WHERE attrelid = i.indrelid AND attnum = ANY(i.indkey)) @> CAST(? AS text[])`,
      [columns.length, columns],
    )
    await place.execute(
      constraint
        ? `ALTER TABLE "${table}" DROP CONSTRAINT "${constraint}"`
        : `DROP INDEX "${index}"`,
    )
  }

  const byTenant =
    { sqlite: "tenant_id = ?", postgres: "tenant_id = ?" }[database.kind] ??
    "CAST(tenant_id AS BINARY) = CAST(? AS BINARY)"

  /** Every row of a tenant, read by a driver that is not the adapter's. */
  async function stored(tenant) {
    const rows = {}
    for (const name of all) {
      const found = await place.rows(`SELECT * FROM ${name} WHERE ${byTenant}`, [tenant])
      rows[name] = found.map((row) => JSON.stringify(row)).sort()
    }
    return rows
  }

  async function fill(adapter) {
    const user = await adapter.createUser({ name: "Ada", email: "ada@example.com" })
    const account = {
      userId: user.id,
      type: "oauth",
      provider: "github",
      providerAccountId: "1815",
      access_token: "secret",
    }
    await adapter.linkAccount(account)
    const session = { sessionToken: "the same token", userId: user.id, expires: hence() }
    await adapter.createSession(session)
    const verification = { identifier: "ada@example.com", token: "123456", expires: hence() }
    await adapter.createVerificationToken(verification)
    const key = { ...passkey(user.id), credentialID: "AQID" }
    if (passkeys) await adapter.createAuthenticator(key)
    const [{ id: sessionId }] = await adapter.listSessions(user.id)
    return { user, account, session, verification, key, sessionId }
  }

  /** Every function with what is the one's, and what the other must get. */
  const attempts = {
    createUser: [
      // The same address is another person's here.
      [() => [{ name: "Other", email: theirs.user.email }], (user) => user.id !== theirs.user.id],
    ],
    getUser: [[() => [theirs.user.id], null]],
    getUserByEmail: [[() => [theirs.user.email], (user) => user.name === "Other"]],
    getUserByAccount: [[() => [theirs.account], null]],
    updateUser: [[() => [{ id: theirs.user.id, name: "Mallory" }], "ERR_NOT_FOUND"]],
    deleteUser: [[() => [theirs.user.id], null]],
    linkAccount: [
      [() => [theirs.account], "ERR_FOREIGN_KEY"],
      [() => [{ ...theirs.account, providerAccountId: "1816" }], "ERR_FOREIGN_KEY"],
    ],
    unlinkAccount: [[() => [theirs.account], null]],
    createSession: [
      [() => [theirs.session], "ERR_FOREIGN_KEY"],
      [() => [{ ...theirs.session, sessionToken: "another token" }], "ERR_FOREIGN_KEY"],
    ],
    getSessionAndUser: [[() => [theirs.session.sessionToken], null]],
    updateSession: [[() => [{ ...theirs.session, expires: ago() }], null]],
    deleteSession: [[() => [theirs.session.sessionToken], null]],
    createVerificationToken: [
      [
        () => [{ ...theirs.verification, expires: hence(1_000) }],
        (token) => token.token === "123456",
      ],
    ],
    useVerificationToken: [
      // Its own, which is alike, once; the one's stays.
      [() => [theirs.verification], (token) => token.expires < theirs.verification.expires],
      [() => [theirs.verification], null],
      [() => [{ token: theirs.verification.token }], null],
    ],
    getAccount: [[() => [theirs.account.providerAccountId, theirs.account.provider], null]],
    getAuthenticator: [[() => [theirs.key.credentialID], null]],
    createAuthenticator: [[() => [theirs.key], "ERR_FOREIGN_KEY"]],
    listAuthenticatorsByUserId: [[() => [theirs.user.id], []]],
    updateAuthenticatorCounter: [[() => [theirs.key.credentialID, 7], "ERR_NOT_FOUND"]],
    listSessions: [[() => [theirs.user.id], []]],
    deleteSessionsByUser: [
      [() => [theirs.user.id], 0],
      [() => [theirs.user.id, { id: theirs.sessionId }], 0],
      [() => [theirs.user.id, { except: "no token" }], 0],
    ],
    deleteVerificationTokens: [[() => [theirs.verification.identifier], 0]],
    createSessionFor: [[() => [theirs.user.id], "ERR_FOREIGN_KEY"]],
    listAccounts: [[() => [theirs.user.id], []]],
    withAccountLock: [
      [
        () => ["github", "1815", () => ({ access_token: "stolen" })],
        // Where the tables have no columns for it, it is nobody's.
        options.schema === undefined || typeof options.schema === "object"
          ? "ERR_NOT_FOUND"
          : "ERR_UNSUPPORTED",
      ],
    ],
    updateAccount: [
      [() => [{ ...theirs.account, access_token: "stolen" }], "ERR_NOT_FOUND"],
      [
        () => [{ provider: "github", providerAccountId: "1815", access_token: "stolen" }],
        "ERR_NOT_FOUND",
      ],
    ],
  }

  /** These are about the database, not about a tenant's rows. */
  const administrative = "cleanup rekey check migrate getAdapter ping stats close".split(" ")

  test("every function has been tried", () => {
    expect([...Object.keys(attempts), ...administrative].sort()).toEqual(
      Object.keys(adapter).sort(),
    )
  })

  test("nothing of the one's is found or changed by the other, whatever it calls", async () => {
    const before = await stored(ONE)
    expect(Object.values(before).flat()).toHaveLength(passkeys ? 5 : 4)
    for (const [method, tries] of Object.entries(attempts)) {
      if (!passkeys && /authenticator/i.test(method)) continue
      for (const [args, expected] of tries) {
        const call = other[method](...args())
        if (loose && typeof expected === "function") {
          // The tables' keys keep the other from having the same; that is all.
          await call.catch(() => {})
        } else if (typeof expected === "string") await refused(call, expected)
        else if (typeof expected === "function")
          expect([method, expected(await call)]).toEqual([method, true])
        else expect([method, await call]).toEqual([method, expected])
        expect([method, await stored(ONE)]).toEqual([method, before])
      }
    }
    // It is all there for the one.
    expect(await one.getUser(theirs.user.id)).toEqual(theirs.user)
    expect(await one.getSessionAndUser(theirs.session.sessionToken)).toMatchObject({
      user: theirs.user,
    })
    expect(await one.getUserByAccount(theirs.account)).toEqual(theirs.user)
    expect(await one.useVerificationToken(theirs.verification)).toEqual(theirs.verification)
  })

  if (loose) return

  test("calls of both in the same turn are answered with each one's own", async () => {
    const tenants = [ONE, OTHER].map((name) => inTenant(adapter, name))
    const numbers = [...Array(60).keys()]
    const both = (run) => numbers.flatMap((n) => tenants.map((tenant, t) => run(tenant, n, t)))
    const users = await Promise.all(
      both((tenant, n, t) => tenant.createUser({ name: `${t}`, email: `${n}@example.com` })),
    )
    const at = (n, t) => users[2 * n + t]
    await Promise.all(
      both((tenant, n, t) =>
        tenant.linkAccount({
          userId: at(n, t).id,
          type: "oauth",
          provider: "google",
          providerAccountId: `${n}`,
        }),
      ),
    )
    const expires = hence()
    // The key of a random token may be left without the column.
    const token = (n, t) => (altered.includes(database.name) ? `session ${n} ${t}` : `session ${n}`)
    await Promise.all(
      both((tenant, n, t) =>
        tenant.createSession({ sessionToken: token(n, t), userId: at(n, t).id, expires }),
      ),
    )
    await Promise.all(
      both((tenant, n, t) =>
        tenant.createVerificationToken({
          identifier: `${n}`,
          token: "1",
          expires: hence(1e6 + t * 1e6),
        }),
      ),
    )
    const found = await Promise.all(
      both((tenant, n, t) =>
        Promise.all([
          tenant.getUserByEmail(`${n}@example.com`),
          tenant.getUserByAccount({ provider: "google", providerAccountId: `${n}` }),
          tenant.getSessionAndUser(token(n, t)).then(({ user }) => user),
        ]),
      ),
    )
    both((_, n, t) => expect(found[2 * n + t]).toEqual(Array(3).fill(at(n, t))))
    // The other's ids at the same moment as one's own.
    const mixed = await Promise.all(
      both(async (tenant, n, t) => [
        await tenant.getUser(at(n, t).id),
        await tenant.getUser(at(n, 1 - t).id),
      ]),
    )
    both((_, n, t) => expect(mixed[2 * n + t]).toEqual([at(n, t), null]))
    // The one's rows of a table go; the other's stay.
    await Promise.all(numbers.map((n) => tenants[0].deleteUser(at(n, 0).id)))
    expect(
      await Promise.all(numbers.map((n) => tenants[0].getSessionAndUser(token(n, 0)))),
    ).toEqual(numbers.map(() => null))
    const left = await Promise.all(numbers.map((n) => tenants[1].getSessionAndUser(token(n, 1))))
    expect(left.map(({ user }) => user)).toEqual(numbers.map((n) => at(n, 1)))
  })
}
