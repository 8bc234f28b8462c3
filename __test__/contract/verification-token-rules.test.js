// The option verificationTokens: a grace period, and an end to guessing.

const { contract } = require("../support/contract")
const { refusedAtOnce } = require("../support/expectations")
const { hence, makeToken, unique, uniqueEmail, wholeSeconds } = require("../support/samples")

const CODE = { identifier: undefined, token: undefined }

contract("verificationTokens", (db) => {
  const stored = ({ identifier }) =>
    db.rows("SELECT * FROM verification_tokens WHERE identifier = ?", [identifier])
  const use = (adapter, { identifier, token }) =>
    adapter.useVerificationToken({ ...CODE, identifier, token })
  const wrong = ({ identifier }) => ({ identifier, token: unique("wrong") })
  /** How many of many calls at once found something. */
  const winners = async (calls) => (await Promise.all(calls)).filter((found) => found !== null)
  const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))

  afterEach(() => jest.restoreAllMocks())

  function later(milliseconds) {
    const now = Date.now() + milliseconds
    jest.spyOn(Date, "now").mockImplementation(() => now)
  }

  describe("graceSeconds", () => {
    let adapter
    beforeEach(() => {
      adapter = db.open({ verificationTokens: { graceSeconds: 600 } })
    })

    test("a token may be used three times, and no more", async () => {
      const token = await makeToken(adapter)
      const given = [
        await use(adapter, token),
        await use(adapter, token),
        await use(adapter, token),
      ]
      expect(given).toStrictEqual([token, token, token])
      expect(await use(adapter, token)).toBeNull()
      expect(await use(adapter, wrong(token))).toBeNull()
    })

    test("three of 64 uses at once find it, through two adapters", async () => {
      const other = db.open({ verificationTokens: { graceSeconds: 600 }, pool: { max: 3 } })
      const token = await makeToken(adapter)
      const calls = times(64, (index) => use(index % 2 ? adapter : other, token))
      expect(await winners(calls)).toStrictEqual([token, token, token])
      expect(Number((await stored(token))[0].uses)).toBe(3)
    })

    test("the period begins with the first use, and does not go on with the second", async () => {
      const short = db.open({ verificationTokens: { graceSeconds: 60 } })
      const [first, second] = [await makeToken(short), await makeToken(short)]
      expect(await use(short, first)).toStrictEqual(first)
      later(50_000)
      expect(await use(short, first)).toStrictEqual(first)
      expect(await use(short, second)).toStrictEqual(second)
      later(20_000)
      expect(await use(short, first)).toBeNull()
      expect(await use(short, second)).toStrictEqual(second)
    })

    test("it does not outlast the token", async () => {
      const token = await makeToken(adapter, { expires: hence(30_000) })
      expect(await use(adapter, token)).toStrictEqual(token)
      later(31_000)
      expect(await use(adapter, token)).toBeNull()
    })

    test("the same token made again begins anew", async () => {
      const token = await makeToken(adapter)
      for (let round = 0; round < 2; round += 1) {
        expect(await winners(times(5, () => use(adapter, token)))).toHaveLength(3)
        expect(await adapter.createVerificationToken(token)).toStrictEqual(token)
      }
      const [row] = await stored(token)
      expect([Number(row.uses), row.used_at]).toEqual([0, null])
    })

    test("a token without its identifier is used as often, if it is one person's", async () => {
      const token = await makeToken(adapter)
      const calls = times(8, () => adapter.useVerificationToken({ token: token.token }))
      expect(await winners(calls)).toStrictEqual([token, token, token])
      const [first, second] = [await makeToken(adapter), await makeToken(adapter)]
      await makeToken(adapter, { identifier: second.identifier, token: first.token })
      expect(await adapter.useVerificationToken({ token: first.token })).toBeNull()
    })

    test("without it a token that was used is gone", async () => {
      const token = await makeToken(db.adapter)
      expect(await winners(times(64, () => use(db.adapter, token)))).toStrictEqual([token])
      expect(await stored(token)).toEqual([])
    })
  })

  describe("maxAttempts", () => {
    const limited = (maxAttempts) => db.open({ verificationTokens: { maxAttempts } })

    test("the right code is found before the last wrong try, and used once", async () => {
      const adapter = limited(3)
      const token = await makeToken(adapter)
      await use(adapter, wrong(token))
      await use(adapter, wrong(token))
      expect(await use(adapter, token)).toStrictEqual(token)
      expect(await use(adapter, token)).toBeNull()
      expect(await stored(token)).toEqual([])
    })

    test("after it the identifier's tokens are dead, and no one else's", async () => {
      const adapter = limited(3)
      const token = await makeToken(adapter)
      const another = await makeToken(adapter, { identifier: token.identifier })
      const other = await makeToken(adapter)
      for (let tries = 0; tries < 3; tries += 1) expect(await use(adapter, wrong(token))).toBeNull()
      expect(await stored(token)).toEqual([])
      expect(await use(adapter, token)).toBeNull()
      expect(await use(adapter, another)).toBeNull()
      expect(await use(adapter, other)).toStrictEqual(other)
    })

    test("none of 64 tries at once is lost", async () => {
      const other = db.open({ verificationTokens: { maxAttempts: 65 }, pool: { max: 3 } })
      const adapter = limited(65)
      const token = await makeToken(adapter)
      const tries = () => times(64, (index) => use(index % 2 ? adapter : other, wrong(token)))
      expect(await winners(tries())).toEqual([])
      expect(Number((await stored(token))[0].attempts)).toBe(64)
      expect(await use(adapter, token)).toStrictEqual(token)

      const second = await makeToken(adapter)
      await winners(times(64, () => use(adapter, wrong(second))))
      await use(other, wrong(second))
      expect(await use(adapter, second)).toBeNull()
    })

    test("of many right tries at once one wins, and none counts against another code", async () => {
      const adapter = limited(2)
      const token = await makeToken(adapter)
      expect(await use(adapter, token)).toStrictEqual(token)
      const [first, second] = [
        await makeToken(adapter),
        await makeToken(adapter, { identifier: uniqueEmail() }),
      ]
      const same = await makeToken(adapter, { identifier: first.identifier })
      expect(await use(adapter, first)).toStrictEqual(first)
      expect(Number((await stored(same))[0].attempts)).toBe(0)
      expect(await winners(times(64, () => use(adapter, second)))).toStrictEqual([second])
    })

    test("a link that was used already counts against the newer one of the same person", async () => {
      const adapter = limited(2)
      const used = await makeToken(adapter)
      expect(await use(adapter, used)).toStrictEqual(used)
      const newer = await makeToken(adapter, { identifier: used.identifier })
      const other = await makeToken(adapter)
      expect(await use(adapter, used)).toBeNull()
      expect(Number((await stored(newer))[0].attempts)).toBe(1)
      expect(await use(adapter, used)).toBeNull()
      expect(await use(adapter, newer)).toBeNull()
      expect(await stored(newer)).toEqual([])
      expect(await use(adapter, other)).toStrictEqual(other)
    })

    test("each try is held against all codes that are pending, so that as many as those are right", async () => {
      const adapter = limited(3)
      const first = await makeToken(adapter)
      const second = await makeToken(adapter, { identifier: first.identifier })
      await use(adapter, wrong(first))
      expect(await use(adapter, second)).toStrictEqual(second)
      expect(Number((await stored(first))[0].attempts)).toBe(1)
      expect(await use(adapter, first)).toStrictEqual(first)
    })

    test("the same code made again begins anew", async () => {
      const adapter = limited(2)
      const token = await makeToken(adapter)
      await use(adapter, wrong(token))
      await adapter.createVerificationToken(token)
      await use(adapter, wrong(token))
      expect(await use(adapter, token)).toStrictEqual(token)
    })

    test("nothing is found without an identifier, which would be a way round it", async () => {
      const adapter = limited(2)
      const token = await makeToken(adapter)
      expect(await adapter.useVerificationToken({ token: token.token })).toBeNull()
      expect(await use(adapter, token)).toStrictEqual(token)
    })

    test("goes with graceSeconds", async () => {
      const adapter = db.open({ verificationTokens: { graceSeconds: 60, maxAttempts: 2 } })
      const token = await makeToken(adapter)
      await use(adapter, wrong(token))
      expect(await winners(times(8, () => use(adapter, token)))).toStrictEqual([
        token,
        token,
        token,
      ])
      expect(Number((await stored(token))[0].attempts)).toBe(1)
      await use(adapter, wrong(token))
      expect(await stored(token)).toEqual([])
    })

    test("without it no wrong call touches a pending token", async () => {
      const token = await makeToken(db.adapter)
      const [before] = await stored(token)
      expect(await winners(times(64, () => use(db.adapter, wrong(token))))).toEqual([])
      expect(await stored(token)).toEqual([before])
    })
  })

  test("a preset without the columns refuses them by name, and one that is given them does not", async () => {
    for (const [option, value, property] of [
      ["graceSeconds", 60, "uses"],
      ["maxAttempts", 5, "attempts"],
    ]) {
      const error = refusedAtOnce(
        () => db.open({ schema: "drizzle", verificationTokens: { [option]: value } }),
        "ERR_CONFIG",
      )
      expect(error.message).toContain(`"verificationTokens.${option}"`)
      expect(error.message).toContain(property)
    }
    const columns = {
      uses: { type: "integer" },
      usedAt: { type: "datetime" },
      attempts: { type: "integer" },
    }
    const adapter = db.open({
      schema: {
        preset: "drizzle",
        prefix: `${unique("p").replace("-", "")}_`,
        verificationToken: { columns },
      },
      synchronize: true,
      verificationTokens: { graceSeconds: 60, maxAttempts: 5 },
    })
    const token = await makeToken(adapter, { expires: wholeSeconds() })
    expect(await use(adapter, wrong(token))).toBeNull()
    expect(await winners(times(8, () => use(adapter, token)))).toStrictEqual([token, token, token])
  })
})
