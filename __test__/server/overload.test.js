const { ask } = require("../support/child")
const gate = require("../servers/gate")
const { sleep } = require("../servers/run")
const { onServers } = require("../support/on-servers")
const { unique } = require("../support/samples")

const MEGABYTE = 1_048_576

onServers(
  "more calls than the database can serve",
  (db) => {
    let far

    // A database that is far away serves little, however fast this machine is.
    beforeEach(async () => {
      const { port } = new URL(db.url)
      far = await gate.start({ to: { port: Number(port) } })
      far.delay(5)
    })

    afterEach(() => far.stop())

    const place = () => `${far.through(db.url)}?sslmode=disable`
    const open = (options) => db.open(options, place())
    const outcomes = async (calls) => {
      const settled = await Promise.allSettled(calls)
      return settled.map(({ reason }) => reason?.code ?? "served")
    }

    test("are refused at once where as many wait as may, and served again afterwards", async () => {
      const adapter = open({ pool: { queueLimit: 100 } })
      await adapter.getUser("nobody")
      const calls = Array.from({ length: 250 }, (_, n) => adapter.listAccounts(`nobody ${n}`))
      const first = await Promise.race(calls.slice(100).map((call) => call.catch((error) => error)))
      expect(first).toMatchObject({ code: "ERR_OVERLOADED", operation: "listAccounts" })
      expect(first.message).toMatch(/pool\.queueLimit/)
      const told = await outcomes(calls)
      expect(told.slice(0, 100)).toEqual(Array(100).fill("served"))
      expect(told.slice(100)).toEqual(Array(150).fill("ERR_OVERLOADED"))
      expect(await outcomes(Array.from({ length: 100 }, () => adapter.getUser("x")))).toEqual(
        Array(100).fill("served"),
      )
    })

    test("wait no longer than a call may take when nothing is served", async () => {
      const maxTime = 1000
      const adapter = open({
        retry: { maxTime },
        pool: { connectTimeout: 500, acquireTimeout: 500, max: 2 },
      })
      await adapter.getUser("nobody")
      far.silence()
      const begun = Date.now()
      const settled = outcomes(
        Array.from({ length: 3000 }, (_, n) =>
          n % 2 ? adapter.getUser(`nobody ${n}`) : adapter.createUser({ name: unique("late") }),
        ),
      )
      const codes = new Set(await settled)
      // One try that begins within the time is waited for.
      expect(Date.now() - begun).toBeLessThan(maxTime * 2 + 1500)
      codes.delete("ERR_OUTCOME_UNKNOWN")
      expect([...codes].sort()).toEqual(expect.arrayContaining(["ERR_TIMEOUT"]))
      expect(codes.has("served")).toBe(false)
      far.cut()
      far.speak()
      await sleep(50)
      expect(await adapter.getUser("nobody")).toBeNull()
    })

    test("ten times as many: what can be served is, and memory is bounded", async () => {
      // In a process of its own: the way to the far database goes through this one.
      const result = await ask(
        `const { overload } = require(process.argv.at(-2))
         const adapter = SqlxAdapter(process.argv.at(-1), { pool: { queueLimit: 100, max: 4 } })
         adapter.getUser("nobody")
           .then(() => overload((n) => adapter.listAccounts("nobody " + n), { seconds: 1.5 }))
           .then((result) => adapter.close().then(() => say(result)))`,
        { args: [require.resolve("../support/overload"), place()], flags: ["--expose-gc"] },
      )
      expect(Object.keys(result.refused)).toEqual(["ERR_OVERLOADED"])
      expect(result.offered).toBeGreaterThan(result.peak * 5)
      // Within a tenth is measured by bench/overload.mjs, on a machine that does nothing else.
      expect(result.served).toBeGreaterThan(result.peak * 0.6)
      expect(result.slowest).toBeLessThan(3000)
      expect(result.heap).toBeLessThan(32 * MEGABYTE)
    })
  },
  ["postgres", "mariadb"],
)
