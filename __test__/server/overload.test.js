const { ask } = require("../support/child")
const gate = require("../servers/gate")
const { sleep } = require("../servers/run")
const { onServers } = require("../support/on-servers")
const { unique } = require("../support/samples")

const MEGABYTE = 1_048_576

/** How often a rate is measured at most until it is what it should be. */
const TRIES = 3

onServers(
  "more calls than the database can serve",
  (db) => {
    let far

    // A database that is far away serves little, however fast this machine is.
    beforeEach(async () => {
      const { port } = new URL(db.url)
      far = await gate.start({ to: { port: Number(port) } })
      far.delay(10)
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

    /** In a process of its own: the way to the far database goes through this one. */
    const tenTimes = () =>
      ask(
        `const { overload } = require(process.argv.at(-2))
         const adapter = SqlxAdapter(process.argv.at(-1), { pool: { queueLimit: 40, max: 2 } })
         const call = (n) => adapter.listAccounts("nobody " + n)
         adapter.getUser("nobody")
           .then(() => overload(call, { seconds: 1.5, callers: 16 }))
           .then((result) => adapter.close().then(() => say(result)))`,
        { args: [require.resolve("../support/overload"), place()], flags: ["--expose-gc"] },
      )

    test("ten times as many: what is served stays within a tenth of the peak, and memory is bounded", async () => {
      const shares = []
      // Others may have the machine for a while. The distance, and not this machine, is what is short.
      for (let tries = 0; tries < TRIES && !(Math.max(...shares) > 0.9); tries += 1) {
        const result = await tenTimes()
        expect(Object.keys(result.refused)).toEqual(["ERR_OVERLOADED"])
        expect(result.offered).toBeGreaterThan(result.peak * 9)
        expect(result.slowest).toBeLessThan(3000)
        expect(result.heap).toBeLessThan(32 * MEGABYTE)
        shares.push(result.served / result.peak)
      }
      expect(Math.max(...shares)).toBeGreaterThan(0.9)
    })
  },
  ["postgres", "mariadb"],
)
