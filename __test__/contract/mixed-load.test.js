const { contract } = require("../support/contract")
const { mixedLoad } = require("../support/mixed-load")

contract("10,000 mixed calls, 256 at a time", (db) => {
  test("are all answered as the rows of each caller demand", async () => {
    const { calls, wrong } = await mixedLoad(db.adapter, { calls: 10_000, concurrency: 256 })
    expect(wrong).toEqual([])
    expect(calls).toBeGreaterThanOrEqual(10_000)
  })

  test("are also right through several adapters of one place", async () => {
    const adapters = [db.adapter, db.open(), db.open({ pool: { max: 2 } })]
    const { wrong } = await mixedLoad((number) => adapters[number % adapters.length], {
      calls: 2_000,
      concurrency: 64,
      seed: 2,
    })
    expect(wrong).toEqual([])
  })
})
