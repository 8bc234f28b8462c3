// Encrypted tokens of tenants who share tables, and the same account of the same provider.

const fs = require("node:fs")
const path = require("node:path")
const { SqlxAdapter } = require("../..")
const { copy } = require("../cli/copying")
const { databases, describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")
const { newKey, open } = require("../support/envelope")
const { refused } = require("../support/expectations")
const { makeAccount, makeUser, unique } = require("../support/samples")
const { inTenant, scope } = require("../support/tenants")

jest.setTimeout(60_000)

const [first, second] = [newKey("a"), newKey("b")]
const TOKENS = { access_token: "gho_one", refresh_token: "ghr_one", id_token: "eyJ" }

const wanted = ["sqlite", "postgres", "mariadb"]
for (const database of databases.filter(({ name }) => wanted.includes(name))) {
  describeOn(database.name)(`tokens of tenants (${database.name})`, () => {
    const fresh = freshDatabase(database)
    const { place } = fresh

    function opened(options) {
      const logger = { warn: () => {} }
      return fresh.open({ encryption: { keys: [first] }, logger, ...options })
    }

    const stored = async (name) =>
      (await place.rows("SELECT * FROM accounts WHERE tenant_id = ?", [name]))[0]
    const read = (adapter, { providerAccountId, provider }) =>
      adapter.getAccount(providerAccountId, provider)

    /** The same account of two tenants, each with a token of their own. */
    async function twoTenants(adapter) {
      const [acme, evil] = ["acme", "evil"].map((name) => inTenant(adapter, name))
      const providerAccountId = unique("account")
      const link = async (one, values) =>
        makeAccount(one, (await makeUser(one)).id, { providerAccountId, ...values })
      const theirs = await link(acme, TOKENS)
      const other = await link(evil, { access_token: "gho_other" })
      return { acme, evil, theirs, other }
    }

    test("a ciphertext in another tenant's row does not open", async () => {
      const adapter = opened({ scope })
      const { acme, evil, theirs, other } = await twoTenants(adapter)
      const { access_token } = await stored("acme")
      expect(open(first, "access_token", theirs, access_token, { tenant_id: "acme" })).toBe(
        "gho_one",
      )
      expect(() => open(first, "access_token", theirs, access_token)).toThrow()

      await place.execute("UPDATE accounts SET access_token = ? WHERE tenant_id = 'evil'", [
        access_token,
      ])
      await refused(read(evil, theirs), "ERR_DECRYPT")
      await refused(evil.listAccounts(other.userId), "ERR_DECRYPT")
      const { provider, providerAccountId } = theirs
      const changed = await evil.updateAccount({ provider, providerAccountId, scope: "mail" })
      expect(changed).not.toHaveProperty("access_token")
      const { failed } = await adapter.rekey()
      expect(failed).toEqual([{ column: "access_token", keyId: "a", values: 1 }])
      expect((await stored("evil")).access_token).toBe(access_token)
      // It is as good as ever where it belongs.
      expect(await read(acme, theirs)).toStrictEqual(theirs)
    })

    test("rekey knows whose row each is", async () => {
      const { theirs, other } = await twoTenants(opened({ scope }))
      const adapter = opened({ scope, encryption: { keys: [second, first], allowPlain: false } })
      expect(await adapter.rekey()).toMatchObject({ rows: 2, rekeyed: 4, failed: [], next: null })
      expect(await adapter.rekey()).toMatchObject({ rows: 2, rekeyed: 0, failed: [] })
      for (const [name, account] of [
        ["acme", theirs],
        ["evil", other],
      ]) {
        expect(await read(inTenant(adapter, name), account)).toStrictEqual(account)
        const { access_token } = await stored(name)
        expect(open(second, "access_token", account, access_token, { tenant_id: name })).toBe(
          account.access_token,
        )
      }
      expect(await adapter.rekey({ decrypt: true })).toMatchObject({ decrypted: 4, failed: [] })
      expect((await stored("acme")).refresh_token).toBe(TOKENS.refresh_token)
    })

    test("what was encrypted before there were tenants is read, and bound by rekey", async () => {
      const before = opened()
      const account = await makeAccount(before, (await makeUser(before)).id, TOKENS)
      const adapter = opened({ scope })
      await adapter.migrate()
      const bound = async () => {
        const { access_token } = await stored("acme")
        return open(first, "access_token", account, access_token, { tenant_id: "acme" })
      }

      // Nobody's yet, and so as it was.
      expect(await adapter.rekey()).toMatchObject({ rows: 1, rekeyed: 0, failed: [] })
      for (const table of ["users", "accounts"])
        await place.execute(`UPDATE ${table} SET tenant_id = 'acme'`)
      expect(await read(inTenant(adapter, "acme"), account)).toStrictEqual(account)
      const strict = opened({ scope, encryption: { keys: [first], allowPlain: false } })
      await refused(read(inTenant(strict, "acme"), account), "ERR_DECRYPT")
      await expect(bound()).rejects.toThrow()

      expect(await strict.rekey({ dryRun: true })).toMatchObject({ rekeyed: 3, failed: [] })
      expect(await strict.rekey()).toMatchObject({ rekeyed: 3, left: 0, failed: [] })
      expect(await bound()).toBe(TOKENS.access_token)
      expect(await read(inTenant(strict, "acme"), account)).toStrictEqual(account)
    })

    test("whatever columns tell tenants apart, and whichever is said first", async () => {
      const uuid = "0190a8b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
      const more = database.kind === "mariadb" ? {} : { zone: "uuid", site: "binary" }
      const columns = { org: "bigint", ...more, area: "text" }
      const all = { zone: uuid, org: 7, site: uuid, area: "ü=\\ \u{1f600}" }
      const values = Object.fromEntries(Object.keys(columns).map((name) => [name, all[name]]))
      const one = opened({ scope: { columns, values: () => values } })
      const account = await makeAccount(one, (await makeUser(one)).id, TOKENS)
      const [row] = await place.rows("SELECT * FROM accounts")
      expect(open(first, "id_token", account, row.id_token, values)).toBe(TOKENS.id_token)

      const turned = Object.fromEntries(Object.entries(columns).reverse())
      const other = opened({ scope: { columns: turned, values: () => ({ ...values }) } })
      expect(await read(other, account)).toStrictEqual(account)
      expect(await other.rekey()).toMatchObject({ rows: 1, rekeyed: 0, failed: [] })
    })
  })
}

const sqlite = databases.find(({ name }) => name === "sqlite")
const run = sqlite ? test : test.skip
run(
  "copy leaves out what is bound to a tenant, and takes it when rekey has made it plain",
  async () => {
    const place = await sqlite.fresh()
    const file = (name, options) => {
      fs.writeFileSync(path.join(place.folder, name), JSON.stringify(options))
      return path.join(place.folder, name)
    }
    const encryption = { keys: [first] }
    const adapter = SqlxAdapter(place.url, { scope, encryption })
    const acme = inTenant(adapter, "acme")
    const account = await makeAccount(acme, (await makeUser(acme)).id, TOKENS)
    const models = ["user", "account", "session", "verificationToken", "authenticator"]
    const columns = { tenant_id: { name: "tenant_id", type: "text" } }
    const schema = Object.fromEntries(models.map((model) => [model, { columns }]))
    const options = file("options.json", { schema, encryption })
    const target = path.join(place.folder, "target.db")
    const args = ["--from", place.url, "--to", target]
    const copied = () => copy([...args, "--from-schema", options, "--to-schema", options])

    const bound = await copied()
    expect([bound.code, bound.copied.models.account.inserted]).toEqual([1, 0])
    expect(bound.copied.reasons[0].message).toMatch(/^account\.\w+ does not open with the key "a"/)

    await adapter.rekey({ decrypt: true })
    await adapter.close()
    expect((await copied()).copied.models.account).toMatchObject({ inserted: 1, verified: 1 })
    const moved = SqlxAdapter(target, { scope, encryption, synchronize: false })
    expect(await inTenant(moved, "acme").listAccounts(account.userId)).toStrictEqual([account])
    expect(await moved.rekey()).toMatchObject({ rows: 1, rekeyed: 3, failed: [] })
    expect(await inTenant(moved, "acme").listAccounts(account.userId)).toStrictEqual([account])
    await moved.close()
    await place.drop()
  },
)
