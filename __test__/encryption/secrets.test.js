const fs = require("node:fs")
const path = require("node:path")
const { inspect } = require("node:util")
const { SqlxAdapter } = require("../..")
const { Default } = require("../../v3")
const { databases, describeOn } = require("../support/databases")
const { newKey } = require("../support/envelope")
const { hence, passkey, unique, uniqueEmail } = require("../support/samples")
const { root } = require("../package/project")

jest.setTimeout(60_000)

/** Codes that nothing here provokes: a queue that is full, a tenant that is missing, a defect of ours. */
const NOT_HERE = ["ERR_OVERLOADED", "ERR_SCOPE", "ERR_INTERNAL"]

const CODES = fs
  .readFileSync(path.join(root, "index.d.ts"), "utf8")
  .match(/SqlxAdapterErrorCode =\n((?: {2}\| ".*"\n)+)/)[1]
  .match(/ERR_\w+/g)

/** Every way in which a value may be printed. */
function printed(value) {
  const descriptors =
    typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptors(value) : {}
  return [
    String(value),
    value?.stack,
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    JSON.stringify(value),
    JSON.stringify(descriptors),
    JSON.stringify(value?.cause ?? null),
  ].join("\n")
}

const database = databases.find(({ name }) => name === "postgres")

describeOn("postgres")("what must not be seen", () => {
  let place
  let secrets
  let said
  let adapters

  beforeEach(async () => {
    place = await database.fresh()
    secrets = []
    said = []
    adapters = []
  })

  afterEach(async () => {
    await Promise.all(adapters.map((adapter) => adapter.close()))
    await place.drop()
  })

  const plant = (prefix) => {
    const secret = unique(`planted-${prefix}`)
    secrets.push(secret)
    return secret
  }

  function plantKey(id) {
    const key = newKey(id)
    const bytes = Buffer.from(key.key, "base64")
    secrets.push(key.key, bytes.toString("hex"), bytes.toString("base64url"))
    return { ...key, bytes }
  }

  /** An adapter with secrets in all of its options, and listeners that keep what they are told. */
  function open(options = {}, url = place.url) {
    const { bytes, ...key } = plantKey("k1")
    secrets.push(url)
    const { password } = new URL(url)
    if (password) secrets.push(password, decodeURIComponent(password))
    const tell = (...told) => said.push(told)
    const adapter = SqlxAdapter(url, {
      encryption: { keys: [key, { id: "k2", key: bytes }] },
      sessions: { key: plant("session-key") },
      onQuery: tell,
      logger: { error: tell, warn: tell, info: tell, debug: tell },
      retry: { attempts: 1 },
      ...options,
    })
    adapters.push(adapter)
    return adapter
  }

  /** The error that a call is rejected with, or that it throws. */
  async function failure(call) {
    try {
      await call()
    } catch (error) {
      said.push(error)
      return error.code
    }
    return "nothing"
  }

  function expectNothingSeen() {
    const everything = said.map(printed).join("\n")
    expect(everything.length).toBeGreaterThan(100)
    for (const secret of secrets) expect(everything).not.toContain(secret)
  }

  const account = (userId, values) => ({
    userId,
    type: "oauth",
    provider: "github",
    providerAccountId: plant("account"),
    access_token: plant("access"),
    refresh_token: plant("refresh"),
    id_token: plant("id"),
    ...values,
  })

  test("is not in an adapter, however it is printed", async () => {
    const adapter = open()
    const user = await adapter.createUser({ email: uniqueEmail() })
    await adapter.linkAccount(account(user.id))
    said.push(adapter, { adapter }, Object.values(adapter), await adapter.stats())
    for (const name of Object.keys(adapter)) {
      said.push(adapter[name], adapter[name].held, adapter[name].toString())
    }
    const legacy = Default(place.url)
    adapters.push(legacy)
    said.push(legacy, await legacy.getAdapter({ secret: plant("secret") }))
    expectNothingSeen()
  })

  test("is in no error, event or log, whatever the code", async () => {
    const seen = new Set()
    const expectCode = async (code, call) => {
      expect(await failure(call)).toBe(code)
      seen.add(code)
    }
    const adapter = open()
    const [name, email] = [plant("name"), `${plant("email")}@example.com`]
    const user = await adapter.createUser({ name, email })
    const linked = await adapter.linkAccount(account(user.id))
    const session = { sessionToken: plant("session"), userId: user.id, expires: hence() }
    await adapter.createSession(session)
    const token = { identifier: email, token: plant("token"), expires: hence() }
    await adapter.createVerificationToken(token)

    await expectCode("ERR_UNIQUE", () => adapter.createUser({ name, email }))
    await expectCode("ERR_UNIQUE", () => adapter.createSession(session))
    const eve = await adapter.createUser({ email: uniqueEmail() })
    await expectCode("ERR_UNIQUE", () => adapter.linkAccount({ ...linked, userId: eve.id }))
    await expectCode("ERR_FOREIGN_KEY", () => adapter.linkAccount(account(plant("nobody"))))
    await expectCode("ERR_FOREIGN_KEY", () =>
      adapter.createAuthenticator(passkey(plant("nobody"), { credentialID: plant("credential") })),
    )
    await expectCode("ERR_NOT_FOUND", () => adapter.updateAccount(account(user.id)))
    await expectCode("ERR_NOT_FOUND", () => adapter.updateUser({ id: plant("nobody"), name }))
    for (const wrong of [
      { access_token: { a: plant("nested") } },
      { scope: `${plant("scope")}\0` },
    ]) {
      await expectCode("ERR_INVALID_ARGUMENT", () => adapter.linkAccount(account(user.id, wrong)))
    }
    await expectCode("ERR_INVALID_ARGUMENT", () => adapter.rekey({ after: plant("cursor") }))

    // Another key of the same name, and none.
    const get = (one) => one.getAccount(linked.providerAccountId, linked.provider)
    await expectCode("ERR_DECRYPT", () => get(open()))
    const { bytes, ...other } = plantKey("k3")
    await expectCode("ERR_DECRYPT", () => get(open({ encryption: { keys: [other] } })))
    await expectCode("ERR_DECRYPT", () => get(open({ encryption: false })))
    said.push(await open({ encryption: { keys: [other, { id: "k4", key: bytes }] } }).rekey())
    const { access_token } = await open().updateAccount({ ...linked, refresh_token: undefined })
    expect(access_token).toBe(linked.access_token)

    for (const encryption of [
      { keys: [{ id: plant("an id"), key: plant("key") }] },
      { keys: [{ id: "a", key: plant("key") }] },
      { keys: [{ id: "a", key: Buffer.from(plant("bytes")) }] },
      { keys: plant("keys") },
      plant("keys"),
    ]) {
      await expectCode("ERR_CONFIG", () => open({ encryption }))
    }
    await expectCode("ERR_CONFIG", () => open({ sessions: { key: "short", hash: plant("hash") } }))
    await expectCode("ERR_CONFIG", () => open({ password: { value: plant("password") } }))
    const elsewhere = new URL(place.url)
    elsewhere.password = plant("password")
    await expectCode("ERR_CONNECT", () => open({}, elsewhere.href).ping())
    elsewhere.port = "1"
    await expectCode("ERR_CONNECT", () => open({}, elsewhere.href).ping())

    const without = open({ schema: { authenticator: false } })
    await expectCode("ERR_UNSUPPORTED", () => without.getAuthenticator(plant("credential")))

    const readOnly = new URL(place.url)
    readOnly.searchParams.set("options", "-c default_transaction_read_only=on")
    await expectCode("ERR_READ_ONLY", () => open({}, readOnly.href).createUser({ name, email }))

    // The database's own words quote the row.
    await place.execute(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'not %', row_to_json(NEW) USING DETAIL = row_to_json(NEW)::text; END $$`)
    await place.execute(
      "CREATE TRIGGER refuse BEFORE INSERT ON verification_tokens FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    await expectCode("ERR_DATABASE", () =>
      adapter.createVerificationToken({ ...token, token: plant("token") }),
    )

    // One that waits for a lock: the next has no connection, and then it loses its own.
    await place.execute(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$`)
    await place.execute(
      "CREATE TRIGGER wait BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    // A statement by itself, of which nobody knows then; in a transaction it would not have happened.
    const options = { pooler: false, retry: { attempts: 1 } }
    const narrow = open({ ...options, pool: { max: 1, acquireTimeout: 100 } })
    await narrow.ping()
    const lost = expectCode("ERR_OUTCOME_UNKNOWN", () =>
      narrow.createSession({ ...session, sessionToken: plant("session") }),
    )
    const sleeping = "query ILIKE '%insert into%sessions%' AND pid <> pg_backend_pid()"
    const find = () =>
      place.rows(`SELECT pid FROM pg_stat_activity WHERE ${sleeping} AND state = 'active'`)
    while ((await find()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await expectCode("ERR_TIMEOUT", () => narrow.listAccounts(user.id))
    for (const { pid } of await find()) await place.rows("SELECT pg_terminate_backend(?)", [pid])
    await lost

    await place.execute("ALTER TABLE accounts DROP COLUMN scope")
    await expectCode("ERR_SCHEMA", () => open().linkAccount(account(user.id)))
    await narrow.close()
    await expectCode("ERR_CLOSED", () => narrow.linkAccount(account(user.id)))

    expect([...seen, ...NOT_HERE].sort()).toEqual([...CODES].sort())
    expectNothingSeen()
  })
})
