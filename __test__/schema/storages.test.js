const { randomUUID } = require("node:crypto")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { makeAccount, passkey, unique } = require("../support/samples")

jest.setTimeout(60_000)

const toSecond = (milliseconds) => Math.floor(milliseconds / 1_000) * 1_000
const iso = (milliseconds) => new Date(milliseconds).toISOString()
const plain = (milliseconds) => iso(milliseconds).replace("T", " ").replace("Z", "")

const exactly = { write: (_, value) => value, read: (_, value) => value }
const seconds = {
  write: (_, milliseconds) => milliseconds / 1_000,
  read: (_, value) => Number(value) * 1_000,
  kept: toSecond,
}
const milliseconds = { write: exactly.write, read: (_, value) => Number(value) }
const native = {
  write: ({ moment }, milliseconds) => moment(milliseconds),
  read: ({ date }, value) => date(value),
}
const nativeToSecond = { ...native, kept: toSecond }
const text = (form) => ({
  write: (_, value) => form(value),
  read: (_, value) => parsed(form, value),
})

/** The milliseconds of a text, which has to be in that form. */
function parsed(form, value) {
  const time = /^\d+$/.test(value)
    ? Number(value)
    : Date.parse(`${value.replace(" ", "T").replace("Z", "")}Z`)
  expect(value).toBe(form(time))
  return time
}

const ON_MYSQL = [
  ["datetime(0)", "datetime(0)", nativeToSecond],
  ["datetime", "datetime(3)", native],
  ["datetime", "datetime(6)", native],
  ["timestamp", "timestamp(3) NULL", native],
  ["seconds", "int", seconds],
  ["seconds", "bigint", seconds],
  ["milliseconds", "bigint", milliseconds],
  ["iso-text", "varchar(40)", text(iso)],
  ["datetime-text", "varchar(40)", text(plain)],
  ["milliseconds-text", "varchar(20)", text(String)],
]

/** By kind: what the option calls a storage of dates, a column's type, and how another program keeps a date there. */
const DATES = {
  sqlite: [
    ["datetime", "DATETIME", native],
    ["seconds", "INTEGER", seconds],
    ["milliseconds", "INTEGER", milliseconds],
    ["iso-text", "TEXT", text(iso)],
    ["datetime-text", "TEXT", text(plain)],
    ["milliseconds-text", "varchar(20)", text(String)],
  ],
  postgres: [
    ["datetime(0)", "timestamptz(0)", nativeToSecond],
    ["datetime", "timestamptz(3)", native],
    ["datetime", "timestamptz", native],
    ["timestamp", "timestamp", native],
    ["timestamp", "timestamp(3)", native],
    ["seconds", "integer", seconds],
    ["seconds", "bigint", seconds],
    ["milliseconds", "bigint", milliseconds],
    ["iso-text", "text", text(iso)],
    ["datetime-text", "text", text(plain)],
    ["milliseconds-text", "varchar(20)", text(String)],
  ],
  mariadb: ON_MYSQL,
  mysql: ON_MYSQL,
}

const BOOLEAN = { sqlite: "INTEGER", postgres: "boolean", mariadb: "boolean", mysql: "boolean" }

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`storages (${database.name})`, () => tests(database))
}

function tests(database) {
  const { kind } = database
  let place
  const adapters = []
  let tables = 0

  beforeAll(async () => {
    place = await database.fresh({ utc: true })
  })

  afterEach(async () => {
    await Promise.all(adapters.splice(0).map((adapter) => adapter.close()))
  })

  afterAll(() => place.drop())

  const open = (schema) => {
    const adapter = SqlxAdapter(place.url, {
      schema,
      synchronize: false,
      sessions: { hash: false },
      autoCleanup: false,
    })
    adapters.push(adapter)
    return adapter
  }

  const plainUser = { image: false, createdAt: false, unfinishedSince: false }
  const none = { account: false, verificationToken: false, authenticator: false }
  const users = (verified) =>
    create(
      `id varchar(40) PRIMARY KEY, name varchar(40), email varchar(100) UNIQUE, email_verified ${verified}`,
    )
  const sessions = (expires) =>
    create(
      `session_token varchar(80) PRIMARY KEY, user_id varchar(40) NOT NULL, expires ${expires}`,
    )

  /** Makes a table by another driver; gives its name. */
  async function create(columns) {
    const name = `t${++tables}`
    await place.execute(`CREATE TABLE ${name} (${columns})`)
    return name
  }

  const insert = (table, row) =>
    place.execute(
      `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${Object.keys(row).map(() => "?")})`,
      Object.values(row),
    )

  const stored = async (table, column, key, value) => {
    const [row] = await place.rows(`SELECT ${column} AS kept FROM ${table} WHERE ${key} = ?`, [
      value,
    ])
    return row?.kept
  }

  test.each(DATES[kind])("dates as %s in a column %s", async (type, sqlType, form) => {
    const { write, read, kept = (time) => time } = form
    const user = await users(sqlType)
    const session = await sessions(sqlType)
    const adapter = open({
      ...none,
      user: { table: user, columns: { ...plainUser, emailVerified: { type } } },
      session: { table: session, columns: { createdAt: false, expires: { type } } },
    })
    expect((await adapter.check()).filter(({ level }) => level === "error")).toEqual([])

    // What another program has written.
    const verified = 1_700_000_000_000
    const soon = toSecond(Date.now()) + 3_600_000
    const past = toSecond(Date.now()) - 3_600_000
    const theirs = { id: randomUUID(), email: `${unique("a")}@example.com` }
    await insert(user, { ...theirs, email_verified: write(database, verified) })
    for (const [token, time] of [
      ["live", soon],
      ["over", past],
      ["old", past],
    ]) {
      await insert(session, {
        session_token: token,
        user_id: theirs.id,
        expires: write(database, time),
      })
    }
    const found = await adapter.getSessionAndUser("live")
    expect(found.user).toEqual({ ...theirs, name: null, emailVerified: new Date(verified) })
    expect(found.session).toEqual({
      sessionToken: "live",
      userId: theirs.id,
      expires: new Date(soon),
    })
    expect(await adapter.getSessionAndUser("over")).toBeNull()

    // What this one writes.
    const time = kept(1_600_000_000_789)
    const ours = await adapter.createUser({
      email: `${unique("b")}@example.com`,
      emailVerified: new Date(1_600_000_000_789),
    })
    expect(ours.emailVerified).toEqual(new Date(time))
    expect(await adapter.getUser(ours.id)).toEqual(ours)
    expect(read(database, await stored(user, "email_verified", "id", ours.id))).toBe(time)
    expect(
      (await adapter.updateUser({ id: ours.id, emailVerified: null })).emailVerified,
    ).toBeNull()
    expect(await stored(user, "email_verified", "id", ours.id)).toBeNull()

    const made = await adapter.createSession({
      sessionToken: "ours",
      userId: ours.id,
      expires: new Date(soon + 789),
    })
    expect(made.expires).toEqual(new Date(kept(soon + 789)))
    const later = new Date(soon + 7_200_000)
    expect(await adapter.updateSession({ sessionToken: "ours", expires: later })).toEqual({
      ...made,
      expires: later,
    })
    expect(read(database, await stored(session, "expires", "session_token", "ours"))).toBe(+later)
    expect((await adapter.getSessionAndUser("ours")).session.expires).toEqual(later)

    // What has expired is deleted, and nothing else.
    const { sessions: deleted } = await adapter.cleanup()
    expect(deleted).toBeGreaterThanOrEqual(1)
    const left = await place.rows(`SELECT session_token AS token FROM ${session} ORDER BY token`)
    expect(left.map(({ token }) => token)).toEqual(["live", "ours"])
  })

  test("a verified address as a boolean", async () => {
    const user = await users(`${BOOLEAN[kind]} NOT NULL`)
    const adapter = open({
      ...none,
      session: false,
      user: { table: user, columns: { ...plainUser, emailVerified: { type: "boolean" } } },
    })
    const boolean = async (id) => database.boolean(await stored(user, "email_verified", "id", id))
    for (const yes of [true, false]) {
      const id = randomUUID()
      await insert(user, { id, email: `${id}@example.com`, email_verified: yes })
      expect((await adapter.getUser(id)).emailVerified).toEqual(yes ? new Date(0) : null)
      const emailVerified = yes ? null : new Date()
      const changed = await adapter.updateUser({ id, emailVerified })
      expect(changed.emailVerified).toEqual(yes ? null : new Date(0))
      expect(await boolean(id)).toBe(!yes)
    }
    const made = await adapter.createUser({ email: "c@example.com", emailVerified: new Date() })
    expect(await boolean(made.id)).toBe(true)
  })

  test("booleans as 0 and 1", async () => {
    const user = await users(BOOLEAN[kind])
    const table = await create(
      "credential_id varchar(100) PRIMARY KEY, user_id varchar(40), provider_account_id varchar(80), " +
        "credential_public_key varchar(200), counter int, credential_device_type varchar(40), " +
        "credential_backed_up int, transports varchar(80)",
    )
    const adapter = open({
      account: false,
      session: false,
      verificationToken: false,
      user: { table: user, columns: { ...plainUser, emailVerified: { type: "boolean" } } },
      authenticator: { table, columns: { credentialBackedUp: { type: "integer" } } },
    })
    const { id } = await adapter.createUser({ email: "d@example.com" })
    for (const credentialBackedUp of [true, false]) {
      const key = passkey(id, { credentialBackedUp })
      expect(await adapter.createAuthenticator(key)).toEqual(key)
      const kept = await stored(table, "credential_backed_up", "credential_id", key.credentialID)
      expect(kept).toBe(Number(credentialBackedUp))
      await place.execute(`UPDATE ${table} SET credential_backed_up = ? WHERE credential_id = ?`, [
        1 - kept,
        key.credentialID,
      ])
      expect(await adapter.getAuthenticator(key.credentialID)).toEqual({
        ...key,
        credentialBackedUp: !credentialBackedUp,
      })
    }
  })

  test.each([
    ["integer", "int", 1_700_000_000],
    ["bigint", "bigint", 17_000_000_000],
    ["text", "varchar(20)", 17_000_000_000],
  ])("an account's expiry as %s", async (type, sqlType, expires) => {
    const user = await users(BOOLEAN[kind])
    const tokens = [
      "refresh_token",
      "access_token",
      "token_type",
      "scope",
      "id_token",
      "session_state",
    ]
    const table = await create(
      "provider varchar(40), provider_account_id varchar(80), user_id varchar(40), type varchar(20), " +
        `expires_at ${sqlType}, PRIMARY KEY (provider, provider_account_id)`,
    )
    const left = [...tokens, "createdAt", "lockOwner", "lockExpires"]
    const columns = Object.fromEntries(left.map((property) => [property, false]))
    const adapter = open({
      session: false,
      verificationToken: false,
      authenticator: false,
      user: { table: user, columns: { ...plainUser, emailVerified: { type: "boolean" } } },
      account: { table, columns: { ...columns, expires_at: { type } } },
    })
    const { id } = await adapter.createUser({ email: `${type}@example.com` })
    const account = await makeAccount(adapter, id, { expires_at: expires })
    expect(account.expires_at).toBe(expires)
    const kept = await stored(table, "expires_at", "provider_account_id", account.providerAccountId)
    expect(type === "text" ? kept : Number(kept)).toBe(type === "text" ? String(expires) : expires)
    await place.execute(`UPDATE ${table} SET expires_at = ?`, [
      type === "text" ? String(expires - 1) : expires - 1,
    ])
    const found = await adapter.getAccount(account.providerAccountId, account.provider)
    expect(found).toEqual({ ...account, expires_at: expires - 1 })
  })
}
