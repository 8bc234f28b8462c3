const { contract } = require("../support/contract")
const { mixedLoad } = require("../support/mixed-load")

contract("10,000 mixed calls, 256 at a time; 1,000 on other tables", (db) => {
  test("are all answered as the rows of each caller demand", async () => {
    const many = db.schema.name === "own" ? 10_000 : 1_000
    const { calls, wrong } = await mixedLoad(db.adapter, { calls: many, concurrency: 256, db })
    expect(wrong).toEqual([])
    expect(calls).toBeGreaterThanOrEqual(many)
  })

  test("are also right through several adapters of one place", async () => {
    const adapters = [db.adapter, db.open(), db.open({ pool: { max: 2 } })]
    const { wrong } = await mixedLoad((number) => adapters[number % adapters.length], {
      calls: db.schema.name === "own" ? 2_000 : 200,
      db,
      concurrency: 64,
      seed: 2,
    })
    expect(wrong).toEqual([])
  })
})
