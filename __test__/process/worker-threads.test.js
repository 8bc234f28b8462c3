const { ROOT, ask, runNode, said } = require("../support/child")
const { describeOn } = require("../support/databases")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(90_000)

const REQUIRE = `const { SqlxAdapter } = require(${JSON.stringify(ROOT)})`

/** What every script here begins with: `work(source, data)` starts a worker thread. */
const WORKERS = `
  "use strict"
  const { Worker } = require("node:worker_threads")
  const say = (value) => process.stdout.write(JSON.stringify(value) + "\\n")
  const url = process.argv.at(-1)
  const work = (source, data = {}) => new Worker(
    ${JSON.stringify(`"use strict"
      const { parentPort, workerData } = require("node:worker_threads")
      ${REQUIRE}
    `)} + source,
    { eval: true, workerData: { url, ...data } },
  )
  const message = (worker) => new Promise((resolve, reject) => {
    worker.once("message", resolve)
    worker.once("error", reject)
  })
  const exit = (worker) => new Promise((resolve) => worker.once("exit", resolve))
`

const BUSY = `
  const adapter = SqlxAdapter(workerData.url)
  const lane = async () => {
    for (;;) {
      const user = await adapter.createUser({ name: "Worker" })
      await adapter.getUser(user.id)
    }
  }
  for (let n = 0; n < 16; n += 1) lane().catch(() => {})
  adapter.getUser("x").then(() => parentPort.postMessage("busy"))
`

describeOn("sqlite")("worker threads", () => {
  let place

  beforeEach(async () => {
    place = await sqlite.fresh()
  })

  afterEach(() => place.drop())

  /** What the script says, run after `WORKERS` with nothing loaded in the main thread. */
  const threaded = (script, options) =>
    ask(WORKERS + script, { args: [place.url], prelude: false, ...options })

  test("can each use an adapter of their own on one file", async () => {
    const script = `
      const source = \`
        const adapter = SqlxAdapter(workerData.url)
        const run = async () => {
          const users = await Promise.all(Array.from({ length: 50 }, (_, n) =>
            adapter.createUser({ id: workerData.n + "-" + n, name: "Worker" })))
          const found = await Promise.all(users.map((user) => adapter.getUser(user.id)))
          await adapter.close()
          parentPort.postMessage(found.map((user) => user.id))
        }
        run()
      \`
      Promise.all([0, 1, 2, 3].map((n) => message(work(source, { n })))).then((all) => say(all.flat()))
    `
    const ids = await threaded(script)
    const rows = await place.rows("SELECT id FROM users")
    expect(rows).toHaveLength(200)
    expect(rows.map(({ id }) => id).sort()).toEqual(ids.sort())
  })

  test("may be the only ones that load the package, one after the other", async () => {
    const script = `
      const source = \`
        const adapter = SqlxAdapter(workerData.url)
        adapter.createUser({ name: "Worker" }).then((user) => parentPort.postMessage(user.name))
      \`
      const run = async () => {
        const names = []
        for (let n = 0; n < 5; n += 1) {
          const worker = work(source)
          const ended = exit(worker)
          names.push(await message(worker), await ended)
        }
        say(names)
      }
      run()
    `
    const names = await threaded(script)
    expect(names).toEqual(Array(5).fill(["Worker", 0]).flat())
  })

  test("may end before the main thread loads the package", async () => {
    const script = `
      const run = async () => {
        const worker = work(\`
          SqlxAdapter(workerData.url).getUser("x").then(() => parentPort.postMessage("done"))
        \`)
        await exit(worker)
        ${REQUIRE}
        const user = await SqlxAdapter(url).createUser({ name: "Main" })
        say(user.name)
      }
      run()
    `
    expect(await threaded(script)).toBe("Main")
  })

  test("can be terminated in the midst of their calls, while the main thread works on", async () => {
    const script = `
      ${REQUIRE}
      const adapter = SqlxAdapter(url)
      const run = async () => {
        let answers = 0
        let going = true
        const mine = async () => {
          while (going) {
            const user = await adapter.createUser({ name: "Main" })
            const found = await adapter.getUser(user.id)
            if (found.id !== user.id) throw new Error("a wrong answer")
            answers += 1
          }
        }
        const lanes = [mine(), mine()]
        for (let round = 0; round < 25; round += 1) {
          const workers = [work(${JSON.stringify(BUSY)}), work(${JSON.stringify(BUSY)})]
          await Promise.all(workers.map(message))
          await new Promise((resolve) => setTimeout(resolve, round % 5))
          await Promise.all(workers.map((worker) => worker.terminate()))
        }
        going = false
        await Promise.all(lanes)
        await adapter.close()
        say(answers)
      }
      run()
    `
    expect(await threaded(script)).toBeGreaterThan(0)
    expect(await place.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }])
  })

  test("can be terminated while they load the package, or make their first call", async () => {
    const script = `
      const run = async () => {
        for (let round = 0; round < 40; round += 1) {
          const worker = work(\`
            const adapter = SqlxAdapter(workerData.url)
            for (let n = 0; n < 100; n += 1) adapter.createUser({ name: "Worker" }).catch(() => {})
          \`)
          const delay = round < 20 ? round : 20 + round * 2
          await new Promise((resolve) => setTimeout(resolve, delay))
          await worker.terminate()
        }
        ${REQUIRE}
        say((await SqlxAdapter(url).createUser({ name: "Main" })).name)
      }
      run()
    `
    expect(await threaded(script)).toBe("Main")
  })

  test("can exit by themselves with calls under way", async () => {
    const script = `
      const run = async () => {
        const codes = []
        for (let round = 0; round < 10; round += 1) {
          const worker = work(\`
            const adapter = SqlxAdapter(workerData.url)
            for (let n = 0; n < 200; n += 1) adapter.createUser({ name: "Worker" })
            adapter.getUser("x").then(() => process.exit(3))
          \`)
          codes.push(await exit(worker))
        }
        say(codes)
      }
      run()
    `
    expect(await threaded(script)).toEqual(Array(10).fill(3))
  })

  test("end by themselves with an idle adapter, and stay alive for a call", async () => {
    const script = `
      const worker = work(\`
        const adapter = SqlxAdapter(workerData.url)
        adapter.createUser({ name: "Worker" }).then((user) => parentPort.postMessage(user.name))
      \`)
      const begun = Date.now()
      Promise.all([message(worker), exit(worker)])
        .then(([name, code]) => say([name, code, Date.now() - begun < 5000]))
    `
    expect(await threaded(script)).toEqual(["Worker", 0, true])
  })

  test("that close their adapter leave the main thread's alone", async () => {
    const script = `
      ${REQUIRE}
      const run = async () => {
        const adapter = SqlxAdapter(url)
        const user = await adapter.createUser({ name: "Main" })
        await message(work(\`
          const adapter = SqlxAdapter(workerData.url)
          adapter.getUser("x").then(() => adapter.close()).then(() => parentPort.postMessage("closed"))
        \`))
        say((await adapter.getUser(user.id)).name)
      }
      run()
    `
    expect(await threaded(script)).toBe("Main")
  })

  test("share a database in memory with nobody", async () => {
    const script = `
      ${REQUIRE}
      const run = async () => {
        const adapter = SqlxAdapter("sqlite::memory:")
        await adapter.createUser({ id: "mine" })
        const found = await message(work(\`
          SqlxAdapter("sqlite::memory:").getUser("mine").then((user) => parentPort.postMessage(user))
        \`))
        say([found, (await adapter.getUser("mine")).id])
      }
      run()
    `
    expect(await threaded(script)).toEqual([null, "mine"])
  })

  test("may still be at work when the process exits", async () => {
    const script = `
      const workers = [work(${JSON.stringify(BUSY)}), work(${JSON.stringify(BUSY)})]
      Promise.all(workers.map(message)).then(() => setTimeout(() => process.exit(0), 30))
    `
    for (let round = 0; round < 4; round += 1) {
      const run = await runNode(WORKERS + script, { args: [place.url], prelude: false })
      expect(said(run)).toEqual([])
      expect(run.stderr).toBe("")
    }
  })
})
