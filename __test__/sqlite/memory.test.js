const { existsSync, readdirSync } = require("node:fs")
const { SqlxAdapter } = require("../..")
const { describeOn } = require("../support/databases")
const { mixedLoad } = require("../support/mixed-load")
const { makeUser } = require("../support/samples")

jest.setTimeout(60_000)

describeOn("sqlite")(":memory:", () => {
  let adapter

  beforeEach(() => {
    adapter = SqlxAdapter("sqlite::memory:")
  })

  afterEach(() => adapter.close())

  test("is one database however many calls run at once", async () => {
    const users = await Promise.all(Array.from({ length: 256 }, () => makeUser(adapter)))
    const found = await Promise.all(users.map((user) => adapter.getUser(user.id)))
    expect(found).toStrictEqual(users)
  })

  test("gives right answers to 256 callers at once", async () => {
    const { wrong } = await mixedLoad(adapter, { calls: 5_000, concurrency: 256, seed: 3 })
    expect(wrong).toEqual([])
  })

  test("keeps its rows while nothing is called", async () => {
    const short = SqlxAdapter("sqlite::memory:", { pool: { idleTimeout: 50, maxLifetime: 100 } })
    const user = await makeUser(short)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(await short.getUser(user.id)).toStrictEqual(user)
    await short.close()
  })

  test("leaves nothing on the disk", async () => {
    await makeUser(adapter)
    expect(existsSync(":memory:")).toBe(false)
    expect(readdirSync(".").filter((name) => name.includes("memory"))).toEqual([])
  })
})
