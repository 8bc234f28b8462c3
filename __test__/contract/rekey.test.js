const { databases, describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")
const { newKey, open } = require("../support/envelope")
const { refused } = require("../support/expectations")
const { makeUser, unique } = require("../support/samples")

jest.setTimeout(60_000)

const [first, second] = [newKey("a"), newKey("b")]
const TOKENS = ["access_token", "refresh_token", "id_token"]

for (const database of databases) {
  describeOn(database.name)(`rekey (${database.name})`, () => {
    const fresh = freshDatabase(database)
    const { place } = fresh

    function opened(...keys) {
      const encryption = keys.length > 0 ? { keys } : false
      return fresh.open({ encryption, logger: { warn: () => {} } })
    }

    const rows = () => place.rows("SELECT * FROM accounts ORDER BY provider, provider_account_id")

    /** Accounts whose ids an inexact collation takes for the same, and others. */
    async function link(adapter, count, values = {}) {
      const user = await makeUser(adapter)
      const ids = Array.from(
        { length: count },
        (_, index) => `${index % 2 ? "A" : "a"}-${index >> 1}`,
      )
      const run = unique("provider")
      for (const providerAccountId of ids) {
        await adapter.linkAccount({
          userId: user.id,
          type: "oauth",
          provider: run,
          providerAccountId,
          access_token: unique("access"),
          refresh_token: unique("refresh"),
          ...values,
        })
      }
      return adapter.listAccounts(user.id)
    }

    async function all(adapter, options) {
      const batches = []
      let next = null
      do {
        const batch = await adapter.rekey({ ...options, after: next })
        batches.push(batch)
        next = batch.next
      } while (next !== null)
      const sum = (name) => batches.reduce((total, batch) => total + batch[name], 0)
      const names = ["rows", "encrypted", "rekeyed", "decrypted", "left"]
      return { batches, ...Object.fromEntries(names.map((name) => [name, sum(name)])) }
    }

    async function expectUnder(key, accounts) {
      const byId = new Map(accounts.map((account) => [account.providerAccountId, account]))
      const stored = await rows()
      expect(stored).toHaveLength(accounts.length)
      for (const row of stored) {
        const account = byId.get(row.provider_account_id)
        for (const name of TOKENS) {
          if (row[name] === null) expect(account).not.toHaveProperty(name)
          else expect(key ? open(key, name, account, row[name]) : row[name]).toBe(account[name])
        }
      }
    }

    test("encrypts what is plain, changes keys, and makes all plain again", async () => {
      const accounts = await link(opened(), 9)
      const one = opened(first)
      const planned = await all(one, { dryRun: true, batch: 2 })
      expect(planned).toMatchObject({ rows: 9, encrypted: 18, rekeyed: 0, decrypted: 0, left: 0 })
      await expectUnder(null, accounts)

      const encrypted = await all(one, { batch: 2 })
      expect(encrypted).toMatchObject({ rows: 9, encrypted: 18, rekeyed: 0, left: 0 })
      expect(encrypted.batches.map(({ rows }) => rows)).toEqual([2, 2, 2, 2, 1])
      await expectUnder(first, accounts)
      const before = await rows()
      expect(await all(one, {})).toMatchObject({ rows: 9, encrypted: 0, rekeyed: 0, decrypted: 0 })
      expect(await rows()).toEqual(before)

      const both = opened(second, first)
      expect(await all(both, { batch: 4 })).toMatchObject({ encrypted: 0, rekeyed: 18, left: 0 })
      await expectUnder(second, accounts)
      expect(await opened(second).listAccounts(accounts[0].userId)).toStrictEqual(accounts)

      expect(await all(opened(second), { decrypt: true })).toMatchObject({ decrypted: 18, left: 0 })
      await expectUnder(null, accounts)
    })

    test("goes on where it was stopped", async () => {
      const accounts = await link(opened(), 5)
      const { next } = await opened(first).rekey({ batch: 2 })
      const mixed = (await rows()).filter((row) => row.access_token.startsWith("aes256gcm:"))
      expect(mixed).toHaveLength(2)
      // Another process, which has what the first has printed; and one that has not.
      expect(await opened(first).rekey({ after: next })).toMatchObject({ rows: 3, encrypted: 6 })
      expect(await opened(first).rekey()).toMatchObject({
        rows: 5,
        encrypted: 0,
        rekeyed: 0,
        next: null,
      })
      await expectUnder(first, accounts)
    })

    test("leaves what does not open as it is, and says so", async () => {
      const accounts = await link(opened(first), 3)
      const [before] = [await rows()]
      await place.execute(
        "UPDATE accounts SET refresh_token = 'aes256gcm:v1' WHERE provider_account_id = 'a-0'",
      )
      const result = await opened(second).rekey()
      expect(result).toMatchObject({ rows: 3, encrypted: 0, rekeyed: 0, next: null })
      expect(result.failed).toEqual(
        expect.arrayContaining([
          { column: "access_token", keyId: "a", values: 3 },
          { column: "refresh_token", keyId: "a", values: 2 },
          { column: "refresh_token", values: 1 },
        ]),
      )
      expect(await opened(second).rekey({ decrypt: true })).toMatchObject({ decrypted: 0 })
      const after = await rows()
      expect(after.map((row) => row.access_token)).toEqual(before.map((row) => row.access_token))
      expect(accounts).toHaveLength(3)
    })

    test("loses no token that is written meanwhile", async () => {
      const plain = opened()
      const accounts = await link(plain, 12)
      const [both, writer] = [opened(second, first), opened(first)]
      const newest = new Map()
      let going = true
      // Processes of the old configurations go on writing.
      const write = async (adapter, lane) => {
        for (let round = 0; going; round += 1) {
          const account = accounts[(round * 2 + lane) % accounts.length]
          const access_token = unique(`fresh-${lane}`)
          const { provider, providerAccountId } = account
          await adapter.updateAccount({ provider, providerAccountId, access_token })
          newest.set(providerAccountId, access_token)
        }
      }
      const writers = [write(writer, 0), write(both, 1)]
      for (let round = 0; round < 10; round += 1) await all(both, { batch: 5 })
      going = false
      await Promise.all(writers)
      expect(await all(both, {})).toMatchObject({ left: 0 })
      await expectUnder(
        second,
        accounts.map((account) => {
          const access_token = newest.get(account.providerAccountId) ?? account.access_token
          return { ...account, access_token }
        }),
      )
    })

    test("needs keys, and options that it knows", async () => {
      const adapter = opened(first)
      const off = await refused(opened().rekey(), "ERR_CONFIG")
      expect(off.message).toMatch(/option "encryption"/)
      for (const wrong of [
        { batch: 0 },
        { batch: 1.5 },
        { batch: "2" },
        { batch: 10_001 },
        { decrypt: 1 },
        { dryRun: "yes" },
        { after: 1 },
        { after: "no such place" },
        { after: "YQ" },
        { decrypted: true },
      ]) {
        await refused(adapter.rekey(wrong), "ERR_INVALID_ARGUMENT")
      }
      await refused(adapter.rekey("all"), "ERR_INVALID_ARGUMENT")
      expect(await adapter.rekey({ batch: null, after: null })).toEqual({
        rows: 0,
        encrypted: 0,
        rekeyed: 0,
        decrypted: 0,
        left: 0,
        failed: [],
        next: null,
      })
    })
  })
}
