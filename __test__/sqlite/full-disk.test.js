const path = require("node:path")
const { SqlxAdapter } = require("../..")
const { describeOn } = require("../support/databases")
const { makeAccount, makeUser } = require("../support/samples")
const { canMount, smallDisk } = require("../support/small-disk")
const { query } = require("../support/sqlite")

jest.setTimeout(60_000)

const mountable = canMount()
const mounted = mountable ? test : test.skip
const reason = mountable ? "" : " (needs the right to mount a small tmpfs)"

describeOn("sqlite")("a full disk", () => {
  let disk

  beforeEach(() => {
    disk = mountable ? smallDisk("1m") : undefined
  })

  afterEach(() => disk?.remove())

  mounted(`is a clear error, keeps what was there and is survived${reason}`, async () => {
    const file = path.join(disk.folder, "auth.db")
    const adapter = SqlxAdapter(`sqlite:${file}`)
    const user = await makeUser(adapter)
    const account = await makeAccount(adapter, user.id, { access_token: "first" })
    disk.fill()

    const failures = []
    const made = []
    for (let n = 0; n < 30; n += 1) {
      await makeUser(adapter, { image: "x".repeat(40_000) }).then(
        (row) => made.push(row.id),
        (error) => failures.push(error),
      )
    }
    expect(failures.length).toBeGreaterThan(0)
    for (const error of failures) {
      expect(error).toMatchObject({ code: "ERR_DATABASE", operation: "createUser" })
      expect(error.message).toMatch(/full|space/i)
      expect(error.cause).toMatchObject({ database: "sqlite", code: "SQLITE_FULL" })
    }
    const link = { ...account, access_token: "x".repeat(900_000) }
    await expect(adapter.linkAccount(link)).rejects.toMatchObject({ code: "ERR_DATABASE" })

    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    expect(await adapter.listAccounts(user.id)).toStrictEqual([account])

    disk.empty()
    const later = await makeUser(adapter)
    expect(await adapter.getUser(later.id)).toStrictEqual(later)
    await adapter.close()
    expect(await query(file, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }])
    const rows = await query(file, "SELECT id FROM users")
    const ids = [user.id, ...made, later.id]
    expect(rows.map(({ id }) => id).sort()).toEqual(ids.sort())
  })

  mounted(`before there is a database leaves no half of one${reason}`, async () => {
    const file = path.join(disk.folder, "auth.db")
    disk.fill()
    const adapter = SqlxAdapter(`sqlite:${file}`)
    const error = await adapter.getUser("x").catch((failure) => failure)
    expect(error?.name).toBe("SqlxAdapterError")
    expect(error.message).toMatch(/full|space/i)
    disk.empty()
    expect((await makeUser(adapter)).name).toBe("Ada")
    await adapter.close()
  })
})
