const { randomUUID } = require("node:crypto")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { hence, makeAccount, makeSession, unique } = require("../support/samples")

jest.setTimeout(60_000)

const BYTES = { sqlite: "BLOB", postgres: "bytea", mariadb: "BINARY(16)", mysql: "BINARY(16)" }

/** The 16 bytes of a UUID, as a literal. */
const literal = (kind, uuid) => {
  const hex = uuid.replaceAll("-", "")
  return kind === "postgres" ? `decode('${hex}', 'hex')` : `X'${hex}'`
}

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`another program's ids of 16 bytes (${database.name})`, () =>
    tests(database),
  )
}

function tests(database) {
  const { kind } = database
  const bytes = (uuid) => literal(kind, uuid)
  const hex = kind === "postgres" ? (name) => `encode(${name}, 'hex')` : (name) => `HEX(${name})`
  const [ada, eve] = [randomUUID(), randomUUID()]
  const adapters = []
  let place
  let adapter

  const open = (schema) => {
    const made = SqlxAdapter(place.url, { schema, synchronize: false })
    adapters.push(made)
    return made
  }
  const left = { createdAt: false, unfinishedSince: false, lockOwner: false, lockExpires: false }
  const of = (...properties) => ({
    columns: Object.fromEntries(properties.map((property) => [property, left[property]])),
  })
  const described = (id) => ({
    verificationToken: false,
    authenticator: false,
    user: { columns: { ...of("createdAt", "unfinishedSince").columns, ...(id && { id }) } },
    account: of("createdAt", "lockOwner", "lockExpires"),
    session: of("createdAt"),
  })

  beforeAll(async () => {
    place = await database.fresh({ utc: true })
    const type = BYTES[kind]
    const text = ["mariadb", "mysql"].includes(kind) ? "mediumtext" : "text"
    const date = { sqlite: "INTEGER", postgres: "timestamptz(3)" }[kind] ?? "datetime(3)"
    const foreign = "FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE"
    await place.execute(
      `CREATE TABLE users (id ${type} NOT NULL PRIMARY KEY, name ${text}, email varchar(255) UNIQUE, ` +
        `email_verified ${date}, image ${text})`,
    )
    await place.execute(
      `CREATE TABLE accounts (user_id ${type} NOT NULL, type varchar(100) NOT NULL, ` +
        "provider varchar(100) NOT NULL, provider_account_id varchar(100) NOT NULL, " +
        `refresh_token ${text}, access_token ${text}, expires_at bigint, token_type ${text}, ` +
        `scope ${text}, id_token ${text}, session_state ${text}, ` +
        `PRIMARY KEY (provider, provider_account_id), ${foreign})`,
    )
    await place.execute(
      "CREATE TABLE sessions (session_token varchar(100) NOT NULL PRIMARY KEY, " +
        `user_id ${type} NOT NULL, expires ${date} NOT NULL, ${foreign})`,
    )
    for (const [id, name] of [
      [ada, "Ada"],
      [eve, "Eve"],
    ]) {
      await place.execute(
        `INSERT INTO users (id, name, email) VALUES (${bytes(id)}, '${name}', '${name}@example.com')`,
      )
    }
    adapter = open(described({ type: "binary" }))
  })

  afterAll(async () => {
    await Promise.all(adapters.map((adapter) => adapter.close()))
    await place.drop()
  })

  test("check names the type that they have", async () => {
    const found = await open(described()).check()
    const wrong = found.filter(({ code }) => code === "wrong_type")
    expect(wrong.map(({ table, column }) => [table, column])).toEqual([
      ["users", "id"],
      ["accounts", "user_id"],
      ["sessions", "user_id"],
    ])
    for (const { message } of wrong) expect(message).toContain('{ type: "binary" }')
    const errors = (await adapter.check()).filter(({ level }) => level === "error")
    expect(errors).toEqual([])
  })

  test("they are read, one and many at once", async () => {
    const user = await adapter.getUser(ada)
    expect(user).toMatchObject({ id: ada, name: "Ada" })
    const many = Array.from({ length: 64 }, (_, n) => [ada, eve, randomUUID(), "no uuid"][n % 4])
    const found = await Promise.all(many.map((id) => adapter.getUser(id)))
    expect(found.map((one) => one?.id ?? null)).toEqual(
      many.map((id) => ([ada, eve].includes(id) ? id : null)),
    )
    expect(await adapter.getUser(ada.toUpperCase())).toBeNull()
    const made = await adapter.createUser({ email: `${unique("c")}@example.com` })
    const [{ id }] = await place.rows(`SELECT ${hex("id")} AS id FROM users WHERE email = ?`, [
      made.email,
    ])
    expect(id.toLowerCase()).toBe(made.id.replaceAll("-", ""))
  })

  test("sessions and accounts point to them, and go with them", async () => {
    const { sessionToken } = await makeSession(adapter, eve)
    const account = await makeAccount(adapter, eve)
    for (const table of ["sessions", "accounts"]) {
      const rows = await place.rows(`SELECT ${hex("user_id")} AS id FROM ${table}`)
      expect(rows.map(({ id }) => id.toLowerCase())).toEqual([eve.replaceAll("-", "")])
    }
    const found = await adapter.getSessionAndUser(sessionToken)
    expect([found.user.id, found.session.userId]).toEqual([eve, eve])
    expect((await adapter.getUserByAccount(account)).id).toBe(eve)
    const expires = hence(7_200_000)
    expect((await adapter.updateSession({ sessionToken, expires })).expires).toEqual(expires)
    expect(await adapter.listSessions(eve)).toHaveLength(1)
    expect(await adapter.deleteUser(eve)).toMatchObject({ id: eve, name: "Eve" })
    expect(await place.rows("SELECT name FROM users WHERE name = 'Eve'")).toEqual([])
    for (const table of ["sessions", "accounts"]) {
      expect(await place.rows(`SELECT user_id FROM ${table}`)).toEqual([])
    }
    expect((await adapter.getUser(ada)).id).toBe(ada)
  })
}
