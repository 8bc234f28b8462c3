const path = require("node:path")
const { SqlxAdapter } = require("../..")
const { root, run } = require("../package/project")
const { startNode } = require("../support/child")
const { databases, describeOn } = require("../support/databases")
const { newKey, open } = require("../support/envelope")
const { makeAccount, makeUser, unique } = require("../support/samples")

jest.setTimeout(90_000)

const { DATABASE_URL: _, AUTH_DATABASE_URL: __, ...environment } = process.env

/** What the variable holds for these keys. */
const variable = (...keys) => keys.map(({ id, key }) => `${id}:${key}`).join(",")

for (const database of databases.filter(({ name }) => ["sqlite", "postgres"].includes(name))) {
  describeOn(database.name)(`a change of keys (${database.name})`, () => {
    const [old, fresh] = [newKey("old"), newKey("new")]
    let place

    beforeEach(async () => {
      place = await database.fresh()
    })

    afterEach(() => place.drop())

    const rekey = (args, ...keys) =>
      run(process.execPath, [path.join(root, "cli.js"), "rekey", ...args], {
        cwd: root,
        env: {
          ...environment,
          AUTH_DATABASE_URL: place.url,
          ...(keys.length > 0 && { AUTH_ENCRYPTION_KEYS: variable(...keys) }),
        },
      })

    const rows = () => place.rows("SELECT * FROM accounts")

    async function link(count, encryption) {
      const adapter = SqlxAdapter(place.url, { encryption })
      const user = await makeUser(adapter)
      const accounts = []
      for (let index = 0; index < count; index += 1) {
        const tokens = { access_token: unique("access"), refresh_token: unique("refresh") }
        accounts.push(await makeAccount(adapter, user.id, tokens))
      }
      await adapter.close()
      return accounts
    }

    test("by the command, from plain to one key, to another, and back", async () => {
      const accounts = await link(3)
      const planned = await rekey(["--dry-run"], old)
      expect([planned.code, planned.stderr]).toEqual([0, ""])
      expect(planned.stdout).toMatch(/^3 accounts: 6 values would be encrypted, 0 /)
      expect((await rows())[0].access_token).toMatch(/^access-/)
      for (const [args, keys, expected] of [
        [[], [old], { rows: 3, encrypted: 6, rekeyed: 0, decrypted: 0 }],
        [[], [old], { rows: 3, encrypted: 0, rekeyed: 0, decrypted: 0 }],
        [[], [fresh, old], { rows: 3, encrypted: 0, rekeyed: 6, decrypted: 0 }],
        [["--decrypt"], [fresh], { rows: 3, encrypted: 0, rekeyed: 0, decrypted: 6 }],
      ]) {
        const done = await rekey(["--json", ...args], ...keys)
        expect([done.code, done.stderr]).toEqual([0, ""])
        expect(JSON.parse(done.stdout)).toEqual({ ...expected, left: 0, failed: [], dryRun: false })
      }
      expect((await rows()).map((row) => row.access_token).sort()).toEqual(
        accounts.map(({ access_token }) => access_token).sort(),
      )
    })

    test("without the key that is needed changes nothing, and says which it is", async () => {
      await link(2, { keys: [old] })
      const before = await rows()
      const said = await rekey([], fresh)
      expect(said.code).toBe(1)
      expect(said.stdout).toMatch(/access_token 2 values, encrypted under the key "old"/)
      expect(await rows()).toEqual(before)
      expect(said.stdout + said.stderr).not.toContain(fresh.key)
    })

    test("killed in the middle and started again, beside a process that goes on", async () => {
      const accounts = await link(150, { keys: [old] })
      // The application, which has both keys already and the old one first.
      const application = startNode(
        `
          const adapter = SqlxAdapter(${JSON.stringify(place.url)}, { encryption: true })
          const accounts = ${JSON.stringify(accounts)}
          const errors = []
          const given = {}
          let going = true
          process.stdin.on("end", () => { going = false }).resume()
          const work = async () => {
            for (let round = 0; going; round += 1) {
              const { provider, providerAccountId } = accounts[(round * 7) % accounts.length]
              const access_token = "fresh-" + round
              try {
                await adapter.updateAccount({ provider, providerAccountId, access_token })
                given[providerAccountId] = access_token
                const read = await adapter.getAccount(providerAccountId, provider)
                if (read.access_token !== access_token) errors.push("lost " + access_token)
              } catch (error) { errors.push(String(error)) }
            }
          }
          work().then(() => adapter.close()).then(() => say({ errors, given }))
        `,
        { env: { AUTH_ENCRYPTION_KEYS: variable(old, fresh) } },
      )
      const batch = `
        const adapter = SqlxAdapter(${JSON.stringify(place.url)}, { encryption: true })
        const all = async () => {
          for (let after = null; ; ) {
            const { next } = await adapter.rekey({ batch: 10, after })
            if (next === null) break
            after = next
            await new Promise((resolve) => setTimeout(resolve, 20))
          }
        }
        all()
      `
      const first = startNode(batch, { env: { AUTH_ENCRYPTION_KEYS: variable(fresh, old) } })
      const under = async ({ id }) =>
        (await rows()).filter((row) => row.refresh_token.startsWith(`aes256gcm:v1:${id}:`)).length
      while ((await under(fresh)) === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      first.child.kill("SIGKILL")
      await first.ended.catch(() => {})
      expect(await under(old)).toBeGreaterThan(0)

      const done = await rekey(["--json"], fresh, old)
      expect(JSON.parse(done.stdout)).toMatchObject({ rows: 150, failed: [] })
      expect(await under(old)).toBe(0)
      application.child.stdin.end()
      const { errors, given } = JSON.parse((await application.ended).stdout)
      expect(errors).toEqual([])
      expect(Object.keys(given).length).toBeGreaterThan(0)

      // What the application went on writing under the old key.
      expect((await rekey([], fresh, old)).code).toBe(0)
      const stored = await rows()
      expect(stored).toHaveLength(150)
      for (const account of accounts) {
        const row = stored.find((one) => one.provider_account_id === account.providerAccountId)
        const newest = given[account.providerAccountId] ?? account.access_token
        expect(open(fresh, "access_token", account, row.access_token)).toBe(newest)
        expect(open(fresh, "refresh_token", account, row.refresh_token)).toBe(account.refresh_token)
      }
    })
  })
}
