const { inspect } = require("node:util")
const { SqlxAdapterError } = require("../..")
const { contract } = require("../support/contract")
const { refused, refusedAtOnce } = require("../support/expectations")
const { makeSession, makeUser, unique } = require("../support/samples")

contract("ping, stats, onQuery and logger", (db) => {
  /** An adapter that writes down what it tells. */
  function observed() {
    const told = { queries: [], errors: [], warnings: [], debugged: [] }
    const adapter = db.open({
      onQuery: (event) => told.queries.push(event),
      logger: {
        error: (error, event) => told.errors.push([error, event]),
        warn: (text) => told.warnings.push(text),
        debug: (text, event) => told.debugged.push([text, event]),
      },
    })
    return { adapter, told }
  }

  test("ping gives the milliseconds that the database took", async () => {
    const milliseconds = await db.adapter.ping()
    expect(milliseconds).toBeGreaterThan(0)
    expect(milliseconds).toBeLessThan(10_000)
  })

  test("ping rejects after close", async () => {
    const adapter = db.open()
    await adapter.ping()
    await adapter.close()
    await refused(adapter.ping(), "ERR_CLOSED")
  })

  test("stats counts queries, failures and latencies of this adapter", async () => {
    const { adapter } = observed()
    const user = await makeUser(adapter)
    await adapter.getUser(user.id)
    await refused(adapter.createUser({ email: user.email }), "ERR_UNIQUE")
    const stats = await adapter.stats()
    expect(stats.queries).toBe(3)
    expect(stats.failed).toBe(1)
    expect(stats.retries).toBe(0)
    const { sum, buckets } = stats.latency
    expect(sum).toBeGreaterThan(0)
    expect(buckets.at(-1)).toEqual({ le: Number.POSITIVE_INFINITY, count: 3 })
    const counts = buckets.map(({ count }) => count)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
  })

  test("stats names the database and how its connections are doing", async () => {
    await db.adapter.getUser(unique("nobody"))
    const { database, connections } = await db.adapter.stats()
    expect(["sqlite", "postgres", "mariadb", "mysql"]).toContain(database)
    expect(connections.max).toBe(5)
    expect(connections.open).toBeGreaterThanOrEqual(1)
    expect(connections.open).toBeLessThanOrEqual(5)
    expect(connections.idle).toBeLessThanOrEqual(connections.open)
    expect(connections.waiting).toBe(0)
  })

  test("onQuery and the logger are told of each query, before its promise is settled", async () => {
    const { adapter, told } = observed()
    const user = await makeUser(adapter)
    expect(told.queries).toHaveLength(1)
    await adapter.getUser(user.id)
    expect(told.queries.map(({ operation, rows }) => [operation, rows])).toEqual([
      ["createUser", 1],
      ["getUser", 1],
    ])
    for (const event of told.queries) {
      expect(Object.keys(event).sort()).toEqual(["duration", "operation", "retries", "rows"])
      expect(event.duration).toBeGreaterThan(0)
      expect(event.retries).toBe(0)
    }
    expect(told.debugged.map(([operation]) => operation)).toEqual(["createUser", "getUser"])
    expect(told.errors).toEqual([])
  })

  test("the logger is told of a failure: by an error as v5's takes it, which is in the metadata as v4's", async () => {
    const { adapter, told } = observed()
    const user = await makeUser(adapter)
    await refused(adapter.createUser({ email: user.email }), "ERR_UNIQUE")
    expect(told.errors).toHaveLength(1)
    const [[error, metadata]] = told.errors
    expect(error).toBeInstanceOf(SqlxAdapterError)
    expect(error).toMatchObject({
      message: "createUser failed: ERR_UNIQUE",
      code: "ERR_UNIQUE",
      operation: "createUser",
    })
    expect(metadata).toMatchObject({ operation: "createUser", rows: 0, retries: 0 })
    expect(metadata.error).toBe(error)
    // What `onQuery` was told is its own.
    expect(told.queries.at(-1)).toMatchObject({ operation: "createUser", error: "ERR_UNIQUE" })
  })

  test("the logger's methods are called on it", async () => {
    class Log {
      lines = []
      debug(text) {
        this.lines.push(text)
      }
      error({ message }) {
        this.lines.push(message)
      }
    }
    const logger = new Log()
    const adapter = db.open({ logger })
    const user = await makeUser(adapter)
    await refused(adapter.createUser({ email: user.email }), "ERR_UNIQUE")
    expect(logger.lines).toEqual(["createUser", "createUser failed: ERR_UNIQUE"])
  })

  test("a logger may have methods beyond ours, but not only such", async () => {
    const told = []
    const tell = (text) => told.push(text)
    const adapter = db.open({ logger: { debug: tell, trace: tell, child: {}, level: "debug" } })
    await makeUser(adapter)
    expect(told).toEqual(["createUser"])
    db.open({ logger: console })
    refusedAtOnce(() => db.open({ logger: { warning: tell } }), "ERR_CONFIG")
    refusedAtOnce(() => db.open({ logger: { warn: "loudly" } }), "ERR_CONFIG")
  })

  test("no value reaches onQuery or the logger", async () => {
    const { adapter, told } = observed()
    const email = `${unique("secret")}@example.com`
    const user = await makeUser(adapter, { email, name: unique("secret-name") })
    const session = await makeSession(adapter, user.id)
    await adapter.getSessionAndUser(session.sessionToken)
    await refused(adapter.createUser({ email }), "ERR_UNIQUE")
    expect(told.queries.length).toBeGreaterThan(3)
    const seen = inspect(told, { depth: null })
    for (const value of [email, user.name, user.id, session.sessionToken]) {
      expect(seen).not.toContain(value)
    }
  })

  test("what a listener throws changes nothing", async () => {
    const fail = () => {
      throw new Error("a listener's own affair")
    }
    const adapter = db.open({ onQuery: fail, logger: { debug: fail, error: fail } })
    const user = await makeUser(adapter)
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    await refused(adapter.createUser({ email: user.email }), "ERR_UNIQUE")
  })

  test("a listener may make an adapter of its own, and close it", async () => {
    const made = []
    const adapter = db.open({
      onQuery: () => {
        if (made.length === 0) made.push(db.open({ onQuery: () => made.push("told") }))
      },
    })
    await adapter.getUser(unique("nobody"))
    await made[0].getUser(unique("nobody"))
    expect(made).toContain("told")
    await made[0].close()
    expect(await adapter.getUser(unique("nobody"))).toBeNull()
  })

  test("a listener on Object.prototype is not the adapter's", async () => {
    const told = []
    Object.prototype.onQuery = (event) => told.push(event)
    try {
      const adapter = db.open({ retry: { attempts: 1 } })
      await adapter.getUser(unique("nobody"))
    } finally {
      delete Object.prototype.onQuery
    }
    expect(told).toEqual([])
  })

  test("the functions alone, without the adapter's object, still tell", async () => {
    const { adapter, told } = observed()
    const { getUser } = adapter
    await getUser(unique("nobody"))
    expect(told.queries).toMatchObject([{ operation: "getUser", rows: 0 }])
  })
})
