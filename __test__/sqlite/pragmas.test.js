const { runNode, said, startNode } = require("../support/child")
const { describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")
const { refused } = require("../support/expectations")
const { makeSession, makeUser, unique } = require("../support/samples")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

describeOn("sqlite")("SQLite's settings", () => {
  const { place, open } = freshDatabase(sqlite)

  test("foreign keys are on, on every connection", async () => {
    const adapter = open({ pool: { max: 5 } })
    const user = await makeUser(adapter)
    const calls = Array.from({ length: 40 }, (_, n) =>
      n % 2 === 0 ? makeSession(adapter, user.id) : makeSession(adapter, unique("nobody")),
    )
    const settled = await Promise.allSettled(calls)
    settled.forEach(({ reason }, n) => {
      expect(reason?.code).toBe(n % 2 === 0 ? undefined : "ERR_FOREIGN_KEY")
    })
    await adapter.deleteUser(user.id)
    expect(await place.rows("SELECT * FROM sessions")).toEqual([])
  })

  /** How often a process of its own asks the disk to keep what it wrote, for twenty writes. */
  async function flushes(synchronous) {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1), ${JSON.stringify({ sqlite: { synchronous } })})
      const write = async () => {
        await adapter.getUser("x")
        for (let n = 0; n < 20; n += 1) await adapter.createUser({ name: "Ada" })
        await adapter.close()
      }
      write().then(() => say("done"))
    `
    const trace = ["strace", "-f", "-q", "-e", "trace=fsync,fdatasync", "-e", "signal=none"]
    const run = await runNode(script, { args: [place.url], wrap: trace })
    said(run)
    return run.stderr.match(/f(data)?sync\(/g)?.length ?? 0
  }

  const strace = require("node:child_process").spawnSync("strace", ["-V"]).status === 0

  const traced = strace ? test : test.skip
  traced(
    `every write is on the disk before it is answered${strace ? "" : " (needs strace)"}`,
    async () => {
      expect(await flushes("full")).toBeGreaterThanOrEqual(20)
      expect(await flushes(undefined)).toBeGreaterThanOrEqual(20)
      expect(await flushes("normal")).toBeLessThan(20)
      expect(await flushes("off")).toBe(0)
    },
  )

  test("what was answered is there after the process is killed", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      const write = async () => {
        for (;;) say((await adapter.createUser({ name: "Ada" })).id)
      }
      write()
    `
    const { child, ended } = startNode(script, { args: [place.url] })
    let heard = 0
    child.stdout.on("data", (chunk) => {
      heard += chunk.toString().split("\n").length - 1
      if (heard > 50) child.kill("SIGKILL")
    })
    const { stdout, signal } = await ended
    expect(signal).toBe("SIGKILL")
    const answered = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line))
    const rows = new Set((await place.rows("SELECT id FROM users")).map(({ id }) => id))
    expect(answered.filter((id) => !rows.has(id))).toEqual([])
    expect((await makeUser(open())).name).toBe("Ada")
  })

  /** Another program that holds the write lock for a while. */
  async function holdLock(milliseconds) {
    const script = `
      const { spawn } = require("node:child_process")
      const child = spawn("sqlite3", ["-batch", process.argv.at(-1)], { stdio: ["pipe", "pipe", "inherit"] })
      child.stdin.write("BEGIN IMMEDIATE; SELECT 'held';\\n")
      child.stdout.on("data", () => process.stdout.write('"held"\\n'))
      setTimeout(() => child.stdin.end("COMMIT;\\n"), ${milliseconds})
    `
    const { child, ended } = startNode(script, { args: [place.file], prelude: false })
    await new Promise((resolve) => child.stdout.once("data", resolve))
    return ended
  }

  test("a write waits for another program's lock, and reads do not", async () => {
    const adapter = open()
    const user = await makeUser(adapter)
    const released = holdLock(1_200)
    const ended = await Promise.race([released, new Promise((r) => setTimeout(r, 400, "holding"))])
    expect(ended).toBe("holding")

    const begun = Date.now()
    const write = makeUser(adapter)
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    expect(Date.now() - begun).toBeLessThan(500)
    expect((await write).name).toBe("Ada")
    await released
  })

  test("a lock that is never given back ends a write with its own code, in its time", async () => {
    const adapter = open({ sqlite: { busyTimeout: 100 }, retry: { attempts: 2, maxTime: 600 } })
    const user = await makeUser(adapter)
    const { child, ended } = startNode(
      `
      const { spawn } = require("node:child_process")
      const child = spawn("sqlite3", ["-batch", process.argv.at(-1)], { stdio: ["pipe", "pipe", "inherit"] })
      child.stdin.write("BEGIN IMMEDIATE; SELECT 'held';\\n")
      child.stdout.on("data", () => process.stdout.write('"held"\\n'))
      process.stdin.on("end", () => child.stdin.end("ROLLBACK;\\n")).resume()
    `,
      { args: [place.file], prelude: false },
    )
    await new Promise((resolve) => child.stdout.once("data", resolve))
    const begun = Date.now()
    const error = await refused(makeUser(adapter), "ERR_TIMEOUT")
    expect(Date.now() - begun).toBeLessThan(5_000)
    expect(error.operation).toBe("createUser")
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    child.stdin.end()
    await ended
    expect((await makeUser(adapter)).name).toBe("Ada")
  })
})
