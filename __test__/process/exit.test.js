const { runNode, said } = require("../support/child")
const { describeOn } = require("../support/databases")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

/** Well below what a pool's time-outs would make of it, and far above what Node needs to start. */
const SOON = 5_000

describeOn("sqlite")("a Node process", () => {
  let place

  beforeEach(async () => {
    place = await sqlite.fresh()
  })

  afterEach(() => place.drop())

  async function endsByItself(script) {
    const run = await runNode(script, { args: [place.url] })
    const values = said(run)
    expect(run.elapsed).toBeLessThan(SOON)
    expect(run.stderr).toBe("")
    return values
  }

  test("ends by itself when the package is only loaded", async () => {
    await endsByItself("")
  })

  test("ends by itself when an adapter is never called", async () => {
    await endsByItself("SqlxAdapter(process.argv.at(-1))")
  })

  test("ends by itself with an idle adapter, without close", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      adapter.createUser({ name: "Ada" })
        .then((user) => adapter.getUser(user.id))
        .then((user) => say(user.name))
    `
    expect(await endsByItself(script)).toEqual(["Ada"])
  })

  test("ends by itself with twenty idle adapters and a database in memory", async () => {
    const script = `
      const adapters = Array.from({ length: 20 }, (_, n) =>
        SqlxAdapter(n % 2 ? "sqlite::memory:" : process.argv.at(-1)))
      Promise.all(adapters.map((adapter) => adapter.createUser({ name: "Ada" })))
        .then((users) => say(users.length))
    `
    expect(await endsByItself(script)).toEqual([20])
  })

  test("ends by itself after close", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      adapter.getUser("x").then(() => adapter.close()).then(() => say("closed"))
    `
    expect(await endsByItself(script)).toEqual(["closed"])
  })

  test("stays alive for a call under way, and for all that follow from it", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      const more = async (left) => {
        await adapter.createUser({ name: "Ada" })
        return left > 0 ? more(left - 1) : "answered"
      }
      more(30).then(say)
    `
    expect(await endsByItself(script)).toEqual(["answered"])
  })

  test("stays alive for a close under way", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      for (let n = 0; n < 50; n += 1) adapter.createUser({ name: "Ada" })
      adapter.close().then(() => say("closed"))
    `
    expect(await endsByItself(script)).toEqual(["closed"])
    expect(await place.rows("SELECT count(*) AS n FROM users")).toEqual([{ n: 50 }])
  })

  test("stays alive for a call that will be rejected", async () => {
    const script = `
      SqlxAdapter("sqlite:/no/such/folder/auth.db").getUser("x").catch((e) => say(e.code))
    `
    expect(await endsByItself(script)).toEqual(["ERR_CONNECT"])
  })

  test("hears of a rejection that nobody handles, as of any other", async () => {
    const script = `
      process.removeAllListeners("unhandledRejection")
      process.on("unhandledRejection", (reason) => say(["unhandled", reason.code]))
      SqlxAdapter(process.argv.at(-1)).updateUser({ id: "nobody" })
    `
    expect(await endsByItself(script)).toEqual([["unhandled", "ERR_NOT_FOUND"]])
  })

  test("can exit with calls under way, again and again", async () => {
    const script = (delay) => `
      const adapter = SqlxAdapter(process.argv.at(-1))
      for (let n = 0; n < 500; n += 1) {
        adapter.createUser({ name: "Ada" })
        adapter.getUser("x")
      }
      setTimeout(() => process.exit(7), ${delay})
    `
    for (const delay of [0, 1, 5, 20, 60]) {
      const run = await runNode(script(delay), { args: [place.url] })
      expect([run.code, run.signal, run.stderr]).toEqual([7, null, ""])
    }
    expect(await place.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }])
  })

  test("can exit from within an answer", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      for (let n = 0; n < 200; n += 1) adapter.getUser("x" + n).then(() => n === 50 && process.exit(7))
    `
    const run = await runNode(script, { args: [place.url] })
    expect([run.code, run.signal, run.stderr]).toEqual([7, null, ""])
  })

  test("survives an answer's handler that throws, like any other", async () => {
    const script = `
      process.removeAllListeners("unhandledRejection")
      process.on("unhandledRejection", (reason) => say(reason.message))
      const adapter = SqlxAdapter(process.argv.at(-1))
      adapter.getUser("a").then(() => { throw new Error("mine") })
      adapter.getUser("b").then(() => say("fine"))
    `
    expect((await endsByItself(script)).sort()).toEqual(["fine", "mine"])
  })

  test("prints nothing of its own accord", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      adapter.createUser({ name: "Ada" }).then(() => adapter.close())
    `
    expect(await endsByItself(script)).toEqual([])
  })
})
