const { ask } = require("../support/child")
const { describeOn } = require("../support/databases")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(120_000)

const MEGABYTE = 1_048_576

/** What every script here begins with: `settled()` is the memory in use once nothing is owed. */
const MEASURE = `
  const settled = async () => {
    for (let n = 0; n < 6; n += 1) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, heap: heapUsed + external }
  }
  const grown = async (warm, load) => {
    await warm()
    const before = await settled()
    await load()
    const after = await settled()
    say({ rss: after.rss - before.rss, heap: after.heap - before.heap })
  }
  const adapter = SqlxAdapter(process.argv.at(-1))
`

describeOn("sqlite")("memory", () => {
  let place

  beforeEach(async () => {
    place = await sqlite.fresh()
  })

  afterEach(() => place.drop())

  const measure = (script) =>
    ask(MEASURE + script, { args: [place.url], flags: ["--expose-gc"], timeout: 110_000 })

  test("stays flat over 20,000 calls, answered and refused", async () => {
    const { rss, heap } = await measure(`
      const calls = async (rounds) => {
        const user = await adapter.createUser({ name: "Ada", emailVerified: new Date() })
        const sessionToken = "session " + user.id
        await adapter.createSession({ sessionToken, userId: user.id, expires: hence() })
        for (let n = 0; n < rounds; n += 1) {
          const wave = Array.from({ length: 100 }, (_, m) => {
            if (m % 10 === 0) return adapter.getUser(Symbol("wrong")).catch(() => {})
            if (m % 10 === 1) return adapter.getUser("nobody")
            if (m % 10 === 2) return adapter.updateUser({ id: "nobody" }).catch(() => {})
            return adapter.getSessionAndUser(sessionToken)
          })
          await Promise.all(wave)
        }
      }
      grown(() => calls(60), () => calls(200))
    `)
    expect(heap).toBeLessThan(4 * MEGABYTE)
    expect(rss).toBeLessThan(24 * MEGABYTE)
  })

  test("stays flat over 500 adapters, closed one after the other", async () => {
    const { rss, heap } = await measure(`
      const reopen = async (times) => {
        for (let n = 0; n < times; n += 1) {
          const other = SqlxAdapter(process.argv.at(-1))
          await other.getUser("x")
          await other.close()
        }
      }
      grown(() => adapter.getUser("x").then(() => reopen(100)), () => reopen(500))
    `)
    expect(heap).toBeLessThan(4 * MEGABYTE)
    expect(rss).toBeLessThan(24 * MEGABYTE)
  })

  test("of a megabyte's argument is given back", async () => {
    const { rss, heap } = await measure(`
      const big = (n) => String(n % 10).repeat(${MEGABYTE})
      const look = async (times) => {
        for (let n = 0; n < times; n += 1) await adapter.getUser(big(n))
      }
      grown(() => look(30), () => look(150))
    `)
    expect(heap).toBeLessThan(8 * MEGABYTE)
    expect(rss).toBeLessThan(48 * MEGABYTE)
  })

  // Linux shows a process its own descriptors.
  const counted = process.platform === "linux" ? test : test.skip
  counted("and connections of an adapter that is forgotten are given back", async () => {
    const script = `
      const fs = require("node:fs")
      const file = process.argv.at(-1).slice("sqlite:".length)
      const open = () => fs.readdirSync("/proc/self/fd").filter((fd) => {
        try { return fs.readlinkSync("/proc/self/fd/" + fd).startsWith(file) } catch { return false }
      }).length
      const forget = () => SqlxAdapter(process.argv.at(-1)).createUser({ name: "Ada" }).then(() => {})
      const run = async () => {
        await forget()
        const before = open()
        for (let n = 0; n < 100 && open() > 0; n += 1) {
          globalThis.gc()
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        say([before > 0, open()])
      }
      run()
    `
    const answer = await ask(script, { args: [place.url], flags: ["--expose-gc"] })
    expect(answer).toEqual([true, 0])
  })
})
