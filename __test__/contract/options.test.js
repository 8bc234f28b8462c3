const { inspect } = require("node:util")
const { SqlxAdapter } = require("../..")
const { refusedAtOnce } = require("../support/expectations")

const PLACE = "sqlite::memory:"

/** Misspelt options, and what was meant. */
const MISSPELT = [
  [{ syncronize: true }, "syncronize", "synchronize"],
  [{ synchronise: true }, "synchronise", "synchronize"],
  [{ normaliseEmail: false }, "normaliseEmail", "normalizeEmail"],
  [{ session: { hash: false } }, "session", "sessions"],
  [{ sessions: { hashed: false } }, "hashed", "hash"],
  [{ pool: { maximum: 5 } }, "maximum", "max"],
  [{ pool: { aquireTimeout: 5 } }, "aquireTimeout", "acquireTimeout"],
  [{ sqlite: { busytimeout: 5 } }, "busytimeout", "busyTimeout"],
  [{ sqlite: { synchronus: "off" } }, "synchronus", "synchronous"],
  [{ retry: { attempt: 5 } }, "attempt", "attempts"],
  [{ URL: "sqlite::memory:" }, "URL", "url"],
]

const ILL_TYPED = [
  [{ synchronize: "yes" }, "synchronize"],
  [{ synchronize: 1 }, "synchronize"],
  [{ normalizeEmail: 1 }, "normalizeEmail"],
  [{ normalizeEmail: "false" }, "normalizeEmail"],
  [{ url: 7 }, "url"],
  [{ url: {} }, "url"],
  [{ sessions: true }, "sessions"],
  [{ sessions: { hash: "no" } }, "sessions.hash"],
  [{ sessions: { key: 1234567890123456 } }, "sessions.key"],
  [{ sessions: { key: "too short" } }, "sessions.key"],
  [{ pool: 5 }, "pool"],
  [{ pool: [] }, "pool"],
  [{ pool: { max: "5" } }, "pool.max"],
  [{ pool: { max: 0 } }, "pool.max"],
  [{ pool: { max: -1 } }, "pool.max"],
  [{ pool: { max: 1.5 } }, "pool.max"],
  [{ pool: { max: Number.NaN } }, "pool.max"],
  [{ pool: { acquireTimeout: "5s" } }, "pool.acquireTimeout"],
  [{ pool: { acquireTimeout: -1 } }, "pool.acquireTimeout"],
  [{ pool: { idleTimeout: Infinity } }, "pool.idleTimeout"],
  [{ sqlite: "full" }, "sqlite"],
  [{ sqlite: { synchronous: "sometimes" } }, "sqlite.synchronous"],
  [{ sqlite: { synchronous: 2 } }, "sqlite.synchronous"],
  [{ sqlite: { busyTimeout: -1 } }, "sqlite.busyTimeout"],
  [{ retry: { attempts: -1 } }, "retry.attempts"],
  [{ retry: { maxTime: "10s" } }, "retry.maxTime"],
]

describe("an unknown option", () => {
  test.each(MISSPELT)(
    "%p is refused at once, and what was meant is named",
    (options, given, meant) => {
      const error = refusedAtOnce(() => SqlxAdapter(PLACE, options), "ERR_CONFIG")
      expect(error.message).toContain(given)
      expect(error.message).toMatch(new RegExp(`\\b${meant}\\b`))
      expect(error.operation).toBeUndefined()
    },
  )

  test("is refused when the options come alone, and beside parts", () => {
    for (const place of [{ url: PLACE }, { type: "sqlite", database: ":memory:" }]) {
      const call = () => SqlxAdapter({ ...place, syncronize: true })
      expect(refusedAtOnce(call, "ERR_CONFIG").message).toContain("synchronize")
    }
  })

  test("is named even when it is like no other", () => {
    const error = refusedAtOnce(() => SqlxAdapter(PLACE, { zzzzqqqq: 1 }), "ERR_CONFIG")
    expect(error.message).toContain("zzzzqqqq")
  })
})

describe("an ill-typed option", () => {
  test.each(ILL_TYPED)("%p is refused at once and named", (options, name) => {
    const call = () => SqlxAdapter(options.url === undefined ? PLACE : undefined, options)
    const error = refusedAtOnce(call, "ERR_CONFIG")
    expect(error.message).toContain(name)
  })

  test.each([7, true, Symbol("s"), 1n, [], () => {}].map((value) => [typeof value, value]))(
    "a place that is a %s is refused at once",
    (_, place) => {
      refusedAtOnce(() => SqlxAdapter(place), "ERR_CONFIG")
    },
  )

  test.each([7, "text", true, Symbol("s"), 1n, []].map((value) => [typeof value, value]))(
    "options that are a %s are refused at once",
    (_, options) => {
      refusedAtOnce(() => SqlxAdapter(PLACE, options), "ERR_CONFIG")
    },
  )

  test("is never shown when it could be a secret", () => {
    const calls = [
      () => SqlxAdapter(PLACE, { sessions: { key: "geheim" } }),
      () => SqlxAdapter(PLACE, { sessions: { kee: "geheim geheim geheim" } }),
      () => SqlxAdapter(PLACE, { password: "geheim" }),
      () => SqlxAdapter(PLACE, { synchronize: "geheim" }),
      () => SqlxAdapter({ type: "sqlite", database: ":memory:", key: "geheim" }),
      () => SqlxAdapter({ url: ["geheim"] }),
    ]
    for (const call of calls) {
      const error = refusedAtOnce(call, "ERR_CONFIG")
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain("geheim")
    }
  })

  test("with a getter that throws is refused without what it threw", () => {
    const options = {
      get synchronize() {
        throw new Error("geheim")
      },
    }
    const error = refusedAtOnce(() => SqlxAdapter(PLACE, options), "ERR_CONFIG")
    expect(inspect(error, { showHidden: true })).not.toContain("geheim")
  })
})

describe("a right option", () => {
  test.each([
    [{}],
    [undefined],
    [{ synchronize: "create" }],
    [{ synchronize: true }],
    [{ synchronize: undefined, pool: undefined, sessions: undefined }],
    [{ pool: { max: 1, acquireTimeout: 1000, idleTimeout: 1000, maxLifetime: 1000 } }],
    [{ pool: {} }],
    [{ sqlite: { synchronous: "off", busyTimeout: 1 } }],
    [{ sqlite: { synchronous: "normal" } }],
    [{ sqlite: { synchronous: "extra" } }],
    [{ sessions: { hash: true } }],
    [{ sessions: { hash: false } }],
    [{ sessions: { key: "sixteen letters!" } }],
    [{ normalizeEmail: false }],
    [{ retry: { attempts: 1, maxTime: 1000 } }],
  ])("%p is taken", async (options) => {
    const adapter = SqlxAdapter(PLACE, options)
    const user = await adapter.createUser({ name: "Ada" })
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    await adapter.close()
  })

  test("is read when SqlxAdapter is called, and the object is left alone", async () => {
    const options = Object.freeze({ normalizeEmail: true, pool: Object.freeze({ max: 2 }) })
    const adapter = SqlxAdapter(PLACE, options)
    await adapter.getUser("x")
    await adapter.close()

    const changing = { normalizeEmail: false }
    const other = SqlxAdapter(PLACE, changing)
    changing.normalizeEmail = true
    expect((await other.createUser({ email: "ADA@EXAMPLE.COM" })).email).toBe("ADA@EXAMPLE.COM")
    await other.close()
  })

  test("that is inherited does not count", async () => {
    const adapter = SqlxAdapter(PLACE, Object.create({ normalizeEmail: false }))
    expect((await adapter.createUser({ email: "ADA@EXAMPLE.COM" })).email).toBe("ada@example.com")
    await adapter.close()
  })
})
