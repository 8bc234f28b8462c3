const { contract } = require("../support/contract")
const { newKey, open, seal } = require("../support/envelope")
const { refused } = require("../support/expectations")
const { makeAccount, makeUser, unique } = require("../support/samples")

const TOKENS = ["access_token", "refresh_token", "id_token"]

contract("OAuth tokens at rest", (db) => {
  const key = newKey("2026-01")
  const other = newKey("2025")
  const where = "provider = ? AND provider_account_id = ?"
  const keyOf = ({ provider, providerAccountId }) => [provider, providerAccountId]

  const stored = (account) => db.row(`SELECT * FROM accounts WHERE ${where}`, keyOf(account))

  const store = (account, column, value) =>
    db.execute(`UPDATE accounts SET ${column} = ? WHERE ${where}`, [value, ...keyOf(account)])

  const read = (adapter, { provider, providerAccountId }) =>
    adapter.getAccount(providerAccountId, provider)

  const encrypting = (options) => db.open({ encryption: { keys: [key], ...options } })

  const tokens = () =>
    Object.fromEntries([...TOKENS, "scope"].map((name) => [name, unique(`planted-${name}`)]))

  async function linked(adapter, values) {
    const user = await makeUser(adapter)
    return makeAccount(adapter, user.id, values ?? tokens())
  }

  test("are encrypted in the database and plain for the application", async () => {
    const adapter = encrypting()
    const given = tokens()
    const account = await linked(adapter, given)
    expect(account).toMatchObject(given)
    expect(await read(adapter, account)).toStrictEqual(account)
    expect(await adapter.listAccounts(account.userId)).toStrictEqual([account])

    const row = await stored(account)
    expect(row.scope).toBe(given.scope)
    for (const name of TOKENS) {
      expect(row[name]).toMatch(/^aes256gcm:v1:2026-01:[\w-]+$/)
      expect(JSON.stringify(row)).not.toContain(given[name])
      expect(open(key, name, account, row[name], db.scope)).toBe(given[name])
    }
    expect(await adapter.unlinkAccount(account)).toStrictEqual(account)
    expect(await stored(account)).toBeNull()
  })

  test("are read where another implementation has written them", async () => {
    const adapter = encrypting()
    const account = await linked(adapter)
    for (const text of ["ya29.a0", "", "ключ 😀 \u2028", "x".repeat(40_000)]) {
      await store(account, "access_token", seal(key, "access_token", account, text, db.scope))
      expect((await read(adapter, account)).access_token).toBe(text)
    }
  })

  test("are any text, of any length, and null stays null", async () => {
    const adapter = encrypting()
    const given = {
      access_token: "ü".repeat(50_000),
      refresh_token: `aes256gcm:v1:2026-01:${"A".repeat(60)}`,
      id_token: "",
    }
    const account = await linked(adapter, given)
    expect(await read(adapter, account)).toMatchObject(given)
    const row = await stored(account)
    for (const name of TOKENS)
      expect(open(key, name, account, row[name], db.scope)).toBe(given[name])

    const without = await linked(adapter, { access_token: "one" })
    expect(await stored(without)).toMatchObject({ refresh_token: null, id_token: null })
    expect(await read(adapter, without)).not.toHaveProperty("refresh_token")
    const emptied = await adapter.updateAccount({ ...without, access_token: null })
    expect(emptied).not.toHaveProperty("access_token")
    expect((await stored(without)).access_token).toBeNull()
  })

  test("are encrypted anew by every write, and left alone by one that does not give them", async () => {
    const adapter = encrypting()
    const account = await linked(adapter)
    const before = await stored(account)
    const scope = await adapter.updateAccount({ ...withKey(account), scope: "openid" })
    expect(scope).toStrictEqual({ ...account, scope: "openid" })
    expect(await stored(account)).toMatchObject(pick(before, TOKENS))

    const fresh = await adapter.updateAccount({ ...withKey(account), access_token: "fresh" })
    expect(fresh).toStrictEqual({ ...scope, access_token: "fresh" })
    const after = await stored(account)
    expect(after).toMatchObject(pick(before, ["refresh_token", "id_token"]))
    expect(open(key, "access_token", account, after.access_token, db.scope)).toBe("fresh")
    expect(await adapter.updateAccount(withKey(account))).toStrictEqual(fresh)
  })

  test("stay linkable: linking the same account again stores what is given", async () => {
    const adapter = encrypting()
    const account = await linked(adapter)
    expect(await adapter.linkAccount(account)).toStrictEqual(account)
    const { refresh_token, ...rest } = account
    const again = { ...rest, access_token: "second" }
    const expected = { ...account, access_token: "second" }
    expect(await adapter.linkAccount(again)).toStrictEqual(expected)
    const many = await Promise.all(Array.from({ length: 8 }, () => adapter.linkAccount(again)))
    for (const one of many) expect(one).toStrictEqual(expected)
    const eve = await makeUser(adapter)
    await refused(adapter.linkAccount({ ...account, userId: eve.id }), "ERR_UNIQUE")
    expect(await read(adapter, account)).toStrictEqual(expected)
  })

  test("do not open in another account, nor in another column", async () => {
    const adapter = encrypting()
    const [alice, mallory] = [await linked(adapter), await linked(adapter)]
    const [hers, his] = [await stored(alice), await stored(mallory)]
    await store(mallory, "access_token", hers.access_token)
    const error = await refused(read(adapter, mallory), "ERR_DECRYPT")
    expect(error.message).toMatch(/^getAccount: account\.access_token .*"2026-01"/)
    expect(error.operation).toBe("getAccount")
    await refused(adapter.listAccounts(mallory.userId), "ERR_DECRYPT")

    await store(mallory, "access_token", his.refresh_token)
    await refused(read(adapter, mallory), "ERR_DECRYPT")
    // The same provider's id under another provider.
    const twin = { ...mallory, provider: "gitlab", ...tokens() }
    await adapter.linkAccount(twin)
    await store(twin, "access_token", his.access_token)
    await refused(read(adapter, twin), "ERR_DECRYPT")
    await store(mallory, "access_token", his.access_token)
    expect(await read(adapter, mallory)).toStrictEqual(mallory)
  })

  test("do not open with another key, or without theirs, and nothing is lost", async () => {
    const account = await linked(encrypting())
    const before = await stored(account)
    const cases = [
      [{ keys: [{ ...other, id: key.id }] }, /does not open with the key "2026-01"/],
      [{ keys: [other] }, /under the key "2026-01", which is not among the keys/],
    ]
    for (const [encryption, message] of cases) {
      const adapter = db.open({ encryption, logger: { warn: () => {} } })
      expect((await refused(read(adapter, account), "ERR_DECRYPT")).message).toMatch(message)
      expect(await stored(account)).toEqual(before)
    }
    const off = await refused(read(db.adapter, account), "ERR_DECRYPT")
    expect(off.message).toMatch(/is encrypted, and option "encryption" is not set/)
    expect(await read(encrypting(), account)).toStrictEqual(account)
  })

  test("that do not open are left out of what a write gives, and left in the database", async () => {
    const account = await linked(encrypting())
    const before = await stored(account)
    const told = []
    const adapter = db.open({
      encryption: { keys: [other] },
      logger: { warn: (it) => told.push(it) },
    })
    const change = { ...withKey(account), access_token: "fresh", scope: "openid" }
    const { access_token, refresh_token, id_token, ...rest } = account
    const expected = { ...rest, access_token: "fresh", scope: "openid" }
    expect(await adapter.updateAccount(change)).toStrictEqual(expected)
    expect(await adapter.updateAccount(change)).toStrictEqual(expected)
    expect(told).toEqual([
      expect.stringMatching(/^updateAccount: account\.refresh_token .*"2026-01".*left out/),
      expect.stringMatching(/^updateAccount: account\.id_token .*"2026-01".*left out/),
    ])
    const after = await stored(account)
    expect(after).toMatchObject(pick(before, ["refresh_token", "id_token"]))
    expect(open(other, "access_token", account, after.access_token, db.scope)).toBe("fresh")
    const both = db.open({ encryption: { keys: [other, key] } })
    expect(await read(both, account)).toStrictEqual({ ...expected, refresh_token, id_token })
    expect(await adapter.unlinkAccount(account)).toStrictEqual(expected)
  })

  test("that were cut off or changed are refused", async () => {
    const adapter = encrypting()
    const account = await linked(adapter)
    const { access_token: whole } = await stored(account)
    for (const broken of [
      whole.slice(0, -1),
      whole.slice(0, 40),
      `${whole}A`,
      `${whole}=`,
      "aes256gcm:v1:2026-01:",
      "aes256gcm:v2:2026-01:AAAA",
      "aes256gcm:",
      whole.replace(/.$/, (last) => (last === "A" ? "E" : "A")),
      whole.replace(/(?<=:)[^:](?=[^:]+$)/, (first) => (first === "A" ? "B" : "A")),
    ]) {
      await store(account, "access_token", broken)
      const error = await refused(read(adapter, account), "ERR_DECRYPT")
      expect(error.message).toMatch(/account\.access_token/)
      expect(error.message).not.toContain(whole.slice(-20, -1))
    }
    await store(account, "access_token", whole)
    expect(await read(adapter, account)).toStrictEqual(account)
  })

  test("are read where they are still plain, unless allowPlain is false", async () => {
    const account = await linked(db.adapter)
    expect(await read(encrypting(), account)).toStrictEqual(account)
    const strict = encrypting({ allowPlain: false })
    const error = await refused(read(strict, account), "ERR_DECRYPT")
    expect(error.message).toMatch(/account\.refresh_token is not encrypted/)
    await strict.updateAccount(account)
    expect(await read(strict, account)).toStrictEqual(account)
  })

  test("change keys: the first encrypts, all decrypt", async () => {
    const account = await linked(encrypting())
    const rotated = db.open({ encryption: { keys: [other, key] } })
    expect(await read(rotated, account)).toStrictEqual(account)
    await rotated.updateAccount({ ...withKey(account), access_token: "fresh" })
    const row = await stored(account)
    expect(open(other, "access_token", account, row.access_token, db.scope)).toBe("fresh")
    expect(open(key, "id_token", account, row.id_token, db.scope)).toBe(account.id_token)
    expect((await read(rotated, account)).access_token).toBe("fresh")
  })

  test("are refreshed under an account's lock, which ends where they do not open", async () => {
    const adapter = encrypting()
    const account = await linked(adapter)
    const { provider, providerAccountId } = account
    const wrongKey = db.open({ encryption: { keys: [other] } })
    const begun = Date.now()
    for (const _ of [1, 2]) {
      const locked = wrongKey.withAccountLock(provider, providerAccountId, () => ({}))
      await refused(locked, "ERR_DECRYPT")
    }
    const refreshed = await adapter.withAccountLock(provider, providerAccountId, (given) => {
      expect(given).toStrictEqual(account)
      return { access_token: "fresh", refresh_token: "rotated" }
    })
    expect(Date.now() - begun).toBeLessThan(10_000)
    expect(refreshed).toStrictEqual({ ...account, access_token: "fresh", refresh_token: "rotated" })
    const row = await stored(account)
    expect(open(key, "access_token", account, row.access_token, db.scope)).toBe("fresh")
    expect(open(key, "refresh_token", account, row.refresh_token, db.scope)).toBe("rotated")
  })

  test("are the columns that the options name; none are encrypted with []", async () => {
    const scope = encrypting({ columns: ["scope"] })
    const account = await linked(scope)
    const row = await stored(account)
    expect(row).toMatchObject(pick(account, TOKENS))
    expect(open(key, "scope", account, row.scope, db.scope)).toBe(account.scope)
    expect(await read(scope, account)).toStrictEqual(account)

    const ending = encrypting({ columns: [] })
    expect(await read(ending, account)).toStrictEqual(account)
    await ending.updateAccount(account)
    expect((await stored(account)).scope).toBe(account.scope)
  })
})

function withKey({ provider, providerAccountId }) {
  return { provider, providerAccountId }
}

function pick(object, names) {
  return Object.fromEntries(names.map((name) => [name, object[name]]))
}
