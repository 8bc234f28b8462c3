// More calls than one file can take: what is beyond the queue is refused at once, what waits has its time,
// and neither makes the process grow.

const { spawn } = require("node:child_process")
const { once } = require("node:events")
const { ask } = require("../support/child")
const { describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")
const { makeUser } = require("../support/samples")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

const MEGABYTE = 1_048_576

describeOn("sqlite")("more calls than one file can take", () => {
  const { place, open } = freshDatabase(sqlite)

  /** An adapter that has its tables. */
  async function opened(options) {
    const adapter = open(options)
    await makeUser(adapter)
    return adapter
  }

  /** Another program takes the lock of who writes; gives what makes it give that back. */
  async function lock() {
    const child = spawn("sqlite3", ["-batch", place.file], { stdio: ["pipe", "pipe", "inherit"] })
    child.stdin.write("BEGIN IMMEDIATE; SELECT 'held';\n")
    await once(child.stdout, "data")
    return async () => {
      child.stdin.end("ROLLBACK;\n")
      await once(child, "exit")
    }
  }

  const outcomes = async (calls) => {
    const settled = await Promise.allSettled(calls)
    return settled.map(({ reason }) => reason?.code ?? "served")
  }
  const many = (count, call) => Array.from({ length: count }, (_, n) => call(n))
  const stored = async () => Number((await place.rows("SELECT count(*) AS n FROM users"))[0].n)

  test("are refused at once where as many wait as may, and served again afterwards", async () => {
    const adapter = await opened({ pool: { queueLimit: 100 } })
    const release = await lock()
    const calls = many(250, () => makeUser(adapter))
    const first = await Promise.race(calls.slice(100).map((call) => call.catch((error) => error)))
    expect(first).toMatchObject({ code: "ERR_OVERLOADED", operation: "createUser" })
    expect(first.message).toMatch(/pool\.queueLimit/)
    const refused = await outcomes(calls.slice(100))
    expect(refused).toEqual(Array(150).fill("ERR_OVERLOADED"))
    await release()
    expect(await outcomes(calls.slice(0, 100))).toEqual(Array(100).fill("served"))
    expect(await outcomes(many(100, () => makeUser(adapter)))).toEqual(Array(100).fill("served"))
    expect(await stored()).toBe(201)
  })

  test("wait no longer than a call may take when nothing is served", async () => {
    const maxTime = 600
    const adapter = await opened({ sqlite: { busyTimeout: 200 }, retry: { maxTime } })
    const release = await lock()
    const begun = Date.now()
    const codes = await outcomes(many(3000, () => makeUser(adapter)))
    // One try that begins within the time is waited for.
    expect(Date.now() - begun).toBeLessThan(maxTime * 2 + 1500)
    await release()
    expect(codes).toEqual(Array(3000).fill("ERR_TIMEOUT"))
    expect(await stored()).toBe(1)
    expect((await makeUser(adapter)).name).toBe("Ada")
  })

  test("several times as many: what is refused is so because of the queue, and memory is bounded", async () => {
    const result = await ask(
      `const { overload } = require(process.argv.at(-2))
       const adapter = SqlxAdapter(process.argv.at(-1), { pool: { queueLimit: 40 } })
       const call = () => adapter.createUser({ name: "Ada" })
       call()
         .then(() => overload(call, { seconds: 1, callers: 16, times: 5 }))
         .then((result) => adapter.close().then(() => say(result)))`,
      { args: [require.resolve("../support/overload"), place.url], flags: ["--expose-gc"] },
    )
    expect(Object.keys(result.refused)).toEqual(["ERR_OVERLOADED"])
    expect(result.offered).toBeGreaterThan(result.peak * 2)
    expect(result.served).toBeGreaterThan(0)
    expect(result.slowest).toBeLessThan(3000)
    // Most of it is what so many errors a second leave until they are collected.
    expect(result.heap).toBeLessThan(64 * MEGABYTE)
  })
})
