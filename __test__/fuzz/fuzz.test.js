// The short version of `npm run fuzz`.

const { describeOn } = require("../support/databases")
const { sqlite } = require("../support/sqlite")
const { fuzz, fuzzOptions } = require("./fuzz")

jest.setTimeout(120_000)

const CALLS = 8_000
const OPTIONS = 4_000

describeOn("sqlite")("random input", () => {
  const seed = String(Math.random())

  test("is answered, or refused with an error of ours: calls", async () => {
    const place = await sqlite.fresh()
    const { wrong, answered } = await fuzz(place.url, { executions: CALLS, seed })
    expect({ seed, wrong }).toEqual({ seed, wrong: [] })
    expect(answered).toBeGreaterThan(CALLS / 20)
    await place.drop()
  })

  test("is answered, or refused with an error of ours: options", () => {
    const { wrong, answered } = fuzzOptions({ executions: OPTIONS, seed })
    expect({ seed, wrong }).toEqual({ seed, wrong: [] })
    expect(answered).toBeGreaterThan(OPTIONS / 20)
  })
})
