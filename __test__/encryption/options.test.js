const { SqlxAdapter } = require("../..")
const { create } = require("../presets/presets")
const { ask } = require("../support/child")
const { databases, describeOn } = require("../support/databases")
const { newKey, open } = require("../support/envelope")
const { refusedAtOnce } = require("../support/expectations")
const { makeAccount, makeUser } = require("../support/samples")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

const key = newKey("2026")
const bytes = Buffer.from(key.key, "base64")

const wrong = (encryption, options) =>
  refusedAtOnce(() => SqlxAdapter("sqlite::memory:", { encryption, ...options }), "ERR_CONFIG")

describe("option encryption", () => {
  test.each([
    ["base64", key.key],
    ["base64 without padding", key.key.replace(/=+$/, "")],
    ["base64url", bytes.toString("base64url")],
    ["hexadecimal digits", bytes.toString("hex")],
    ["upper-case digits", bytes.toString("hex").toUpperCase()],
    ["a Buffer", bytes],
    ["a Uint8Array that is a part of another", new Uint8Array([1, ...bytes, 2]).subarray(1, 33)],
  ])("takes a key as %s", async (_, given) => {
    const adapter = SqlxAdapter("sqlite::memory:", {
      encryption: { keys: [{ id: key.id, key: given }] },
    })
    const user = await makeUser(adapter)
    const account = await makeAccount(adapter, user.id, { access_token: "secret" })
    // The same database, without the option: what is stored.
    const plain = SqlxAdapter("sqlite::memory:", {
      encryption: { keys: [{ id: key.id, key: bytes }] },
    })
    expect(await plain.listAccounts(user.id)).toStrictEqual([account])
    await Promise.all([adapter.close(), plain.close()])
  })

  test.each([
    [{ keys: [] }, /option "encryption\.keys" must hold a key/],
    [{ keys: [{ id: "a", key: "hunter2" }] }, /"encryption\.keys\.0\.key" must be 32 bytes/],
    [{ keys: [key, { id: "b", key: bytes.subarray(1) }] }, /"encryption\.keys\.1\.key" must be 32/],
    [{ keys: [{ id: "a", key: Buffer.concat([bytes, bytes]) }] }, /must be 32 bytes/],
    [{ keys: [{ id: "a", key: new Uint32Array(32) }] }, /must be 32 bytes/],
    [{ keys: [{ id: "a", key: [...bytes] }] }, /must be 32 bytes/],
    [{ keys: [{ id: "a:b", key: bytes }] }, /must have ids of 1 to 32/],
    [{ keys: [{ id: 7, key: bytes }] }, /"encryption\.keys\.0\.id" must be a string/],
    [{ keys: [key, key] }, /must have ids that differ/],
    [{ keys: [{ id: "a" }] }, /"encryption\.keys\.0\.key" is missing/],
    [{ keys: { a: key.key } }, /"encryption\.keys" must be/],
    [{ key: key.key }, /did you mean "encryption\.keys"/],
    [{ keys: [key], columns: "access_token" }, /"encryption\.columns" must be/],
    [
      { keys: [key], columns: ["acces_token"] },
      /account\.acces_token .*did you mean "access_token"/,
    ],
    [{ keys: [key], columns: ["provider"] }, /account\.provider cannot be encrypted/],
    [{ keys: [key], columns: ["expires_at"] }, /account\.expires_at cannot be encrypted/],
    [{ keys: [key], columns: ["lockOwner"] }, /account\.lockOwner cannot be encrypted/],
    [{ keys: [key], allowPlain: "no" }, /"encryption\.allowPlain" must be/],
    [key.key, /option "encryption" must be true or an object/],
  ])("refuses what cannot be, without showing it (%#)", (encryption, message) => {
    const error = wrong(encryption)
    expect(error.message).toMatch(message)
    for (const secret of [key.key, bytes.toString("hex"), "hunter2"]) {
      expect(error.message).not.toContain(secret)
    }
  })

  test("names the column that is too short", () => {
    const options = {
      url: "mysql://app@127.0.0.1/app",
      schema: "drizzle",
      encryption: { keys: [key] },
    }
    const error = refusedAtOnce(() => SqlxAdapter(options), "ERR_CONFIG")
    expect(error.message).toMatch(/account\.access_token .*varchar\(255\).*too short/)
    const altered = ["access_token", "refresh_token", "id_token"].map((it) => [
      it,
      { type: "text" },
    ])
    const columns = Object.fromEntries(altered)
    SqlxAdapter({ ...options, schema: { preset: "drizzle", account: { columns } } })
    SqlxAdapter({ ...options, encryption: { keys: [key], columns: [] } })
  })

  test("needs something to encrypt", () => {
    expect(wrong({ keys: [key] }, { schema: { account: false } }).message).toMatch(/no accounts/)
    const columns = { access_token: false, refresh_token: false, id_token: false }
    const without = { schema: { account: { columns } } }
    expect(wrong({ keys: [key] }, without).message).toMatch(/no OAuth tokens/)
  })

  test("takes the keys from the environment", async () => {
    const script = `
      const adapter = SqlxAdapter("sqlite::memory:", { encryption: true })
      adapter.createUser({ name: "Ada" })
        .then(({ id: userId }) => adapter.linkAccount({
          userId, type: "oauth", provider: "p", providerAccountId: "1", access_token: "secret",
        }))
        .then(() => SqlxAdapter("sqlite::memory:").getAccount("1", "p"))
        .then(say, ({ code, message }) => say({ code, message }))
        .then(() => adapter.close())
    `
    const env = { AUTH_ENCRYPTION_KEYS: `${key.id}:${key.key}, old:${newKey("x").key}` }
    expect(await ask(script, { env })).toMatchObject({
      code: "ERR_DECRYPT",
      message: expect.stringMatching(/option "encryption" is not set/),
    })
    // While an application is built, the variable may be missing; a call needs it.
    expect(await ask(script, {})).toMatchObject({
      code: "ERR_CONFIG",
      message: expect.stringMatching(/variable AUTH_ENCRYPTION_KEYS is not set/),
    })
    const atOnce = `
      try { SqlxAdapter("sqlite::memory:", { encryption: {} }) }
      catch ({ code, message }) { say({ code, message }) }
    `
    const told = await ask(atOnce, { env: { AUTH_ENCRYPTION_KEYS: "a:hunter2" } })
    expect(told).toMatchObject({
      code: "ERR_CONFIG",
      message: expect.stringMatching(/variable AUTH_ENCRYPTION_KEYS must hold keys as id:key/),
    })
    expect(told.message).not.toContain("hunter2")
  })
})

describeOn("sqlite")("NextAuth v3's functions", () => {
  test("encrypt too, on its own tables", async () => {
    const place = await sqlite.fresh()
    const adapter = SqlxAdapter(place.url, {
      schema: "typeorm-v3",
      synchronize: "create",
      encryption: { keys: [key] },
    })
    const methods = await adapter.getAdapter({ secret: "s" })
    const user = await methods.createUser({ name: "Ada", email: "ada@example.com" })
    await methods.linkAccount(user.id, "github", "oauth", 42, "refresh", "access", null)
    const [row] = await place.rows("SELECT * FROM accounts")
    const account = { provider: "github", providerAccountId: "42" }
    expect(open(key, "access_token", account, row.access_token)).toBe("access")
    expect(open(key, "refresh_token", account, row.refresh_token)).toBe("refresh")
    const [listed] = await adapter.listAccounts(user.id)
    expect(listed).toMatchObject({ access_token: "access", refresh_token: "refresh" })
    await adapter.close()
    await place.drop()
  })
})

for (const database of databases.filter(({ name }) => ["mysql", "mariadb"].includes(name))) {
  describeOn(database.name)(`a preset's tables (${database.name})`, () => {
    test("with short columns: check names them, and what is too long is refused", async () => {
      const place = await database.fresh()
      await create("drizzle", database.name, place)
      const columns = Object.fromEntries(
        ["access_token", "refresh_token", "id_token"].map((name) => [name, { type: "text" }]),
      )
      const adapter = SqlxAdapter(place.url, {
        schema: { preset: "drizzle", account: { columns } },
        encryption: { keys: [key] },
      })
      const short = (await adapter.check()).filter(({ code }) => code === "too_short")
      expect(short.map(({ column }) => column).sort()).toEqual(
        expect.arrayContaining(["access_token", "id_token", "refresh_token"]),
      )
      const user = await makeUser(adapter)
      const linked = makeAccount(adapter, user.id, { access_token: "x".repeat(250) })
      expect((await linked.catch((error) => error)).name).toBe("SqlxAdapterError")
      for (const { sql } of short) if (sql) await place.execute(sql)
      const again = await makeUser(adapter)
      const account = await makeAccount(adapter, again.id, { access_token: "x".repeat(4_096) })
      const [row] = await place.rows("SELECT access_token FROM account")
      expect(open(key, "access_token", account, row.access_token)).toBe("x".repeat(4_096))
      expect((await adapter.check()).filter(({ code }) => code === "too_short")).toEqual([])
      await adapter.close()
      await place.drop()
    })
  })
}
