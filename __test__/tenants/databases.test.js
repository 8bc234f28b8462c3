const { mkdtempSync, readdirSync, readlinkSync, rmSync } = require("node:fs")
const { tmpdir } = require("node:os")
const { join } = require("node:path")
const { setTimeout: pause } = require("node:timers/promises")
const { SqlxAdapter } = require("../..")
const { server } = require("../servers")
const { describeOn } = require("../support/databases")
const { refused, refusedAtOnce } = require("../support/expectations")
const { hence, makeSession, makeUser, unique } = require("../support/samples")
const { readerOf } = require("../support/mysql")
const { postgres } = require("../support/postgres")
const { inTenant, tenant } = require("../support/tenants")

jest.setTimeout(120_000)

const current = () => tenant.getStore()

describeOn("sqlite")("a SQLite file for each tenant", () => {
  let folder
  const adapters = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tenants-"))
  })

  afterEach(async () => {
    await Promise.all(adapters.splice(0).map((adapter) => adapter.close()))
    rmSync(folder, { recursive: true })
  })

  const urlOf = (name) => `sqlite:${join(folder, `${name}.db`)}`
  const open = (tenants, options, url = urlOf) => {
    const adapter = SqlxAdapter(url, { ...options, tenants: { current, ...tenants } })
    adapters.push(adapter)
    return adapter
  }

  /** The tenants' databases that this process has open, as Linux counts. */
  const openFiles = () => {
    const targets = readdirSync("/proc/self/fd").map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        // It was closed meanwhile.
        return ""
      }
    })
    return new Set(targets.filter((at) => at.startsWith(folder) && at.endsWith(".db"))).size
  }

  test("a thousand tenants keep what is theirs, and few files are open at once", async () => {
    const adapter = open({ max: 25 }, { sqlite: { synchronous: "off" } })
    const names = [...Array(1_000).keys()].map((n) => `t${n}`)
    let most = 0
    const counting = setInterval(() => {
      most = Math.max(most, openFiles())
    }, 5)
    const users = []
    // Forty customers at a time, each with a few calls that come together.
    const queue = names.entries()
    const work = async () => {
      for (const [n, name] of queue) {
        const mine = inTenant(adapter, name)
        users[n] = await makeUser(mine, { email: "ada@example.com", name })
        await makeSession(mine, users[n].id, { sessionToken: "the same" })
        const found = await Promise.all([
          mine.getUser(users[n].id),
          mine.getUserByEmail("ada@example.com"),
        ])
        expect(found).toEqual([users[n], users[n]])
      }
    }
    await Promise.all(Array.from({ length: 40 }, work))
    clearInterval(counting)
    expect(most).toBeGreaterThan(10)
    expect(most).toBeLessThanOrEqual(25)
    expect(new Set(users.map(({ id }) => id)).size).toBe(1_000)
    // Also those that were closed long ago.
    for (const n of [0, 1, 500, 999]) {
      const mine = inTenant(adapter, names[n])
      expect(await mine.getSessionAndUser("the same")).toMatchObject({ user: users[n] })
      expect(await mine.getUser(users[(n + 1) % 1_000].id)).toBeNull()
    }
    expect(readdirSync(folder).filter((name) => name.endsWith(".db"))).toHaveLength(1_000)
    const { tenants } = await inTenant(adapter, "t1").stats()
    expect(tenants).toEqual({ max: 25, open: 25, waiting: 0 })
    await adapter.close()
    expect(openFiles()).toBe(0)
    await refused(inTenant(adapter, "t1").getUser("nobody"), "ERR_CLOSED")
  })

  test("the tenants used last stay open, and a new one has the place of the others", async () => {
    const asked = []
    const adapter = open({ max: 2 }, {}, (name) => {
      asked.push(name)
      return urlOf(name)
    })
    for (const name of ["a", "b", "a", "c", "a", "b"]) {
      await inTenant(adapter, name).getUser("nobody")
    }
    expect(asked).toEqual(["a", "b", "c", "b"])
  })

  test("calls under way keep their database; who needs a place waits for one", async () => {
    const gates = []
    const adapter = open({ max: 1 }, { pool: { acquireTimeout: 300 } }, async (name) => {
      if (name === "slow") await new Promise((resolve) => gates.push(resolve))
      return urlOf(name)
    })
    const slow = inTenant(adapter, "slow")
    const user = makeUser(slow)
    const refusal = await refused(inTenant(adapter, "other").getUser("nobody"), "ERR_TIMEOUT")
    expect(refusal.message).toContain("tenants.max")
    const other = inTenant(adapter, "other").getUser("nobody")
    gates[0]()
    const { id } = await user
    // It had its answer, and made room.
    expect(await other).toBeNull()
    const again = slow.getUser(id)
    await pause(20)
    gates[1]()
    expect(await again).toMatchObject({ id })
  })

  test("many calls at once of more tenants than may be open are all answered", async () => {
    const adapter = open({ max: 2 })
    const calls = [...Array(300).keys()].map((n) => {
      const name = `t${n % 7}`
      return inTenant(adapter, name)
        .createUser({ email: `${n}@example.com`, name })
        .then((user) => inTenant(adapter, name).getUser(user.id))
    })
    const users = await Promise.all(calls)
    expect(users.map(({ name }) => name)).toEqual(users.map((_, n) => `t${n % 7}`))
  })

  test("what nobody uses is closed by itself", async () => {
    const adapter = open({ idleTimeout: 50 })
    await inTenant(adapter, "a").getUser("nobody")
    expect(openFiles()).toBe(1)
    for (let tries = 0; openFiles() > 0 && tries < 100; tries += 1) await pause(20)
    expect(openFiles()).toBe(0)
    expect(await inTenant(adapter, "a").getUser("nobody")).toBeNull()
  })

  test("without a tenant, or a place for one, a call is refused, and no message says more", async () => {
    const hunter2 = () => {
      throw new Error("hunter2")
    }
    const cases = [
      [{}, urlOf, /"tenants.current" gave undefined/],
      [{ current: () => "" }, urlOf, /gave an empty string/],
      [{ current: async () => "a" }, urlOf, /gave an object/],
      [{ current: hunter2 }, urlOf, /threw an exception/],
      [{ current: () => "a" }, hunter2, /threw an exception/],
      [{ current: () => "a" }, async () => "", /gave an empty string/],
      [{ current: () => "a" }, () => undefined, /gave undefined/],
    ]
    for (const [tenants, url, why] of cases) {
      const adapter = open(tenants, {}, url)
      const error = await refused(adapter.getUser("nobody"), "ERR_SCOPE")
      expect(error.message).toMatch(why)
      expect(error.message).not.toContain("hunter2")
      expect(error.operation).toBe("getUser")
    }
  })

  test("a place that fails once is asked for again", async () => {
    let fails = true
    const adapter = open({ current: () => "a" }, {}, async (name) => {
      if (fails) throw new Error()
      return urlOf(name)
    })
    await refused(adapter.getUser("nobody"), "ERR_SCOPE")
    fails = false
    expect(await adapter.getUser("nobody")).toBeNull()
  })

  test("two tenants with one database are refused", async () => {
    const adapter = open({}, {}, () => urlOf("everybody"))
    await inTenant(adapter, "a").getUser("nobody")
    const error = await refused(inTenant(adapter, "b").getUser("nobody"), "ERR_SCOPE")
    expect(error.message).toContain("same URL")
    expect(error.message).not.toContain("everybody")
    expect(await inTenant(adapter, "a").getUser("nobody")).toBeNull()
  })

  test("it has the functions of every adapter, getAdapter among them", async () => {
    const adapter = open()
    expect(Object.keys(adapter).sort()).toEqual(Object.keys(SqlxAdapter("sqlite::memory:")).sort())
    const methods = await adapter.getAdapter({ session: { maxAge: 60 } })
    const made = await tenant.run("a", () => methods.createUser({ email: "ada@example.com" }))
    expect(await tenant.run("b", () => methods.getUser(made.id))).toBeNull()
    expect(await tenant.run("a", () => methods.getUser(made.id))).toMatchObject({ id: made.id })
  })

  test("wrong options are refused at once", () => {
    const wrong = (options) =>
      refusedAtOnce(() => SqlxAdapter(urlOf, options), "ERR_CONFIG").message
    expect(wrong()).toContain('option "tenants"')
    expect(wrong({ tenants: {} })).toContain('"tenants.current" must be a function, not undefined')
    expect(wrong({ tenants: { current, maximum: 3 } })).toContain("tenants.maximum")
    expect(wrong({ tenants: { current, max: 0 } })).toContain("tenants.max")
    expect(wrong({ tenants: { current }, synchronise: true })).toContain(
      'did you mean "synchronize"',
    )
    expect(wrong({ tenants: { current }, url: "sqlite:a.db" })).toContain("given twice")
  })
})

describeOn("postgres")("a PostgreSQL schema for each tenant", () => {
  let place

  beforeAll(async () => {
    place = await postgres.fresh()
  })

  afterAll(() => place.drop())

  // A thousand of them with `npm run test:tenants`.
  const count = process.env.CONTRACT_TENANTS ? 1_000 : 50

  test(`${count} tenants have few connections, as the server counts them`, async () => {
    const adapter = SqlxAdapter(
      (name) => `${place.url}${place.url.includes("?") ? "&" : "?"}schema=${name}`,
      {
        pool: { max: 2 },
        tenants: { current, max: 4 },
      },
    )
    const names = [...Array(count).keys()].map((n) => `tenant_${n}`)
    const users = await signIn(adapter, names, place.connections, 4 * 2)
    const there = await place.rows(
      "SELECT count(*) AS n FROM information_schema.tables WHERE table_schema LIKE 'tenant%' AND table_name = 'users'",
    )
    expect(Number(there[0].n)).toBe(count)
    const [{ email, id }] = await place.rows("SELECT id, email FROM tenant_7.users")
    expect([id, email]).toEqual([users[7].id, "ada@example.com"])
    expect(await inTenant(adapter, "tenant_8").getUser(users[7].id)).toBeNull()
    await adapter.close()
    await expectNone(place.connections)
  }, 1_200_000)
})

// With `npm run test:tenants`, as fifty databases take a while.
for (const name of process.env.CONTRACT_TENANTS ? ["mariadb", "mysql"] : []) {
  describeOn(name)(`a database of ${name} for each tenant`, () => {
    const prefix = unique("tenant").replace("-", "_")
    const names = [...Array(50).keys()].map((n) => `${prefix}_${n}`)
    const urls = new Map()
    let reader

    beforeAll(async () => {
      reader = readerOf(server(name).adminUrl)
      for (const database of names) {
        urls.set(database, await server(name).createDatabase(database))
      }
    })

    afterAll(async () => {
      await reader.end()
      for (const database of urls.keys()) await server(name).dropDatabase(database)
    })

    async function connections() {
      const rows = await reader.rows("SHOW PROCESSLIST")
      return rows.filter(({ db }) => db?.startsWith(prefix)).length
    }

    test("fifty tenants have few connections, as the server counts them", async () => {
      const adapter = SqlxAdapter((tenant) => urls.get(tenant), {
        pool: { max: 2 },
        tenants: { current, max: 4 },
      })
      const users = await signIn(adapter, names, connections, 4 * 2)
      for (const n of [0, 7, 49]) {
        const rows = await reader.rows(`SELECT id, email FROM ${names[n]}.users`)
        expect(rows).toEqual([{ id: users[n].id, email: "ada@example.com" }])
      }
      expect(await inTenant(adapter, names[8]).getUser(users[7].id)).toBeNull()
      await adapter.close()
      await expectNone(connections)
    }, 600_000)
  })
}

/**
 * Lets the same person sign in with every tenant, ten tenants at a time, while the server counts its
 * connections: there are never more than `limit`.
 */
async function signIn(adapter, names, connections, limit) {
  let most = 0
  let counted = 0
  let going = true
  const counting = (async () => {
    while (going) {
      most = Math.max(most, await connections())
      counted += 1
      await pause(2)
    }
  })()
  const queue = names.entries()
  const users = []
  const work = async () => {
    for (const [n, name] of queue) {
      const mine = inTenant(adapter, name)
      users[n] = await makeUser(mine, { email: "ada@example.com" })
      const sessions = [...Array(4).keys()].map((s) =>
        mine.createSession({ sessionToken: `${s}`, userId: users[n].id, expires: hence() }),
      )
      await Promise.all(sessions)
      expect(await mine.getSessionAndUser("3")).toMatchObject({ user: users[n] })
    }
  }
  await Promise.all(Array.from({ length: 10 }, work))
  going = false
  await counting
  expect(counted).toBeGreaterThan(10)
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(limit)
  return users
}

async function expectNone(connections) {
  for (let tries = 0; (await connections()) > 0 && tries < 100; tries += 1) await pause(20)
  expect(await connections()).toBe(0)
}
