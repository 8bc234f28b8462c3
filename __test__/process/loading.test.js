const fs = require("node:fs")
const path = require("node:path")
const { ROOT, ask, runNode } = require("../support/child")
const { describeOn } = require("../support/databases")
const { sqlite } = require("../support/sqlite")
const { spawn } = require("node:child_process")

jest.setTimeout(60_000)

describeOn("sqlite")("loading the package", () => {
  let place

  beforeEach(async () => {
    place = await sqlite.fresh()
  })

  afterEach(() => place.drop())

  const run = (script, options) => ask(script, { args: [place.url], ...options })

  test("a second time, as development servers do, gives adapters that work side by side", async () => {
    const script = `
      const url = process.argv.at(-1)
      const again = () => {
        for (const key of Object.keys(require.cache)) {
          if (!key.endsWith(".node")) delete require.cache[key]
        }
        return require(${JSON.stringify(ROOT)})
      }
      const run = async () => {
        const first = SqlxAdapter(url)
        const user = await first.createUser({ name: "First" })
        const names = []
        for (let n = 0; n < 50; n += 1) {
          const adapter = again().SqlxAdapter(url)
          names.push((await adapter.getUser(user.id)).name)
        }
        const error = await first.createUser({ id: user.id }).catch((e) => e)
        const other = again()
        const later = await other.SqlxAdapter(url).createUser({ id: user.id }).catch((e) => e)
        say([new Set(names).size, error instanceof SqlxAdapterError, error.code,
          later instanceof other.SqlxAdapterError, later.name, (await first.getUser(user.id)).name])
      }
      run()
    `
    const expected = [1, true, "ERR_UNIQUE", true, "SqlxAdapterError", "First"]
    expect(await run(script)).toEqual(expected)
  })

  test("a second time with the addon itself forgotten works, too", async () => {
    const script = `
      const url = process.argv.at(-1)
      const run = async () => {
        const first = SqlxAdapter(url)
        const user = await first.createUser({ name: "First" })
        for (const key of Object.keys(require.cache)) delete require.cache[key]
        const second = require(${JSON.stringify(ROOT)}).SqlxAdapter(url)
        say([(await second.getUser(user.id)).name, (await first.getUser(user.id)).name])
      }
      run()
    `
    expect(await run(script)).toEqual(["First", "First"])
  })

  test("50 times over does not open 50 pools", async () => {
    const script = `
      const fs = require("node:fs")
      const url = process.argv.at(-1)
      const file = url.slice("sqlite:".length)
      const count = () => fs.readdirSync("/proc/self/fd").filter((fd) => {
        try { return fs.readlinkSync("/proc/self/fd/" + fd).startsWith(file) } catch { return false }
      }).length
      const run = async () => {
        for (let n = 0; n < 50; n += 1) {
          for (const key of Object.keys(require.cache)) {
            if (!key.endsWith(".node")) delete require.cache[key]
          }
          const adapter = require(${JSON.stringify(ROOT)}).SqlxAdapter(url)
          await Promise.all(Array.from({ length: 20 }, () => adapter.createUser({ name: "Ada" })))
        }
        say(count())
      }
      run()
    `
    const open = await run(script)
    if (process.platform === "linux") expect(open).toBeLessThanOrEqual(20)
  })

  test("gives objects, arrays, dates and errors of the realm that loads it", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      const run = async () => {
        const user = await adapter.createUser({ name: "Ada", emailVerified: new Date() })
        const session = { sessionToken: "s", userId: user.id, expires: hence() }
        await adapter.createSession(session)
        const found = await adapter.getSessionAndUser("s")
        const lists = [await adapter.listSessions(user.id), await adapter.listAccounts(user.id)]
        const error = await adapter.createUser(user).catch((reason) => reason)
        const plain = (value) => Object.getPrototypeOf(value) === Object.prototype
        say([
          [adapter, user, found, found.user, found.session, lists[0][0], error.cause].every(plain),
          lists.every((list) => list instanceof Array),
          user.emailVerified instanceof Date && found.session.expires instanceof Date,
          error instanceof Error && error instanceof SqlxAdapterError,
          adapter.getUser("x") instanceof Promise,
        ])
      }
      run()
    `
    expect(await run(script)).toEqual([true, true, true, true, true])
  })

  test("by import gives the same as by require", async () => {
    const script = `
      import(${JSON.stringify(path.join(ROOT, "index.mjs"))}).then(async (entry) => {
        const required = require(${JSON.stringify(ROOT)})
        const adapter = entry.SqlxAdapter(process.argv.at(-1))
        const user = await adapter.createUser({ name: "Module" })
        say([entry.SqlxAdapter === required.SqlxAdapter, entry.default === entry.SqlxAdapter,
          entry.SqlxAdapterError === required.SqlxAdapterError, user.name])
      })
    `
    expect(await run(script)).toEqual([true, true, true, "Module"])
  })

  test("takes the dates of another vm context", async () => {
    const script = `
      const vm = require("node:vm")
      const entry = require(${JSON.stringify(ROOT)})
      const adapter = entry.SqlxAdapter(process.argv.at(-1))
      const context = vm.createContext({ adapter, hence, say })
      vm.runInContext(\`
        adapter.createUser({ name: "Elsewhere", emailVerified: new Date(12345) })
          .then((user) => say([user.name, user.emailVerified.getTime()]))
      \`, context)
    `
    expect(await run(script)).toEqual(["Elsewhere", 12345])
  })

  test("does not start anything or read the environment's database", async () => {
    const env = { DATABASE_URL: "sqlite:/no/such/folder/auth.db" }
    const { code, stdout, stderr } = await runNode("", { env })
    expect([code, stdout, stderr]).toEqual([0, "", ""])
  })

  test("and using it leaves no open handle for jest to find", async () => {
    const file = path.join(place.folder, "handles.test.js")
    fs.writeFileSync(
      file,
      `
      const { SqlxAdapter } = require(${JSON.stringify(ROOT)})
      test("an adapter that nobody closes", async () => {
        const adapter = SqlxAdapter(${JSON.stringify(place.url)})
        const user = await adapter.createUser({ name: "Ada", emailVerified: new Date() })
        expect(await adapter.getUser(user.id)).toStrictEqual(user)
        expect(user.emailVerified).toBeInstanceOf(Date)
        await expect(adapter.createUser({ id: user.id })).rejects.toBeInstanceOf(Error)
      })
      `,
    )
    const bin = require.resolve("jest/bin/jest")
    fs.writeFileSync(path.join(place.folder, "jest.config.js"), "module.exports = {}")
    const args = [bin, "--rootDir", place.folder, "--testMatch", "**/*.test.js"]
    const { code, output } = await collect([...args, "--detectOpenHandles", "--no-cache"])
    expect(output).toContain("1 passed")
    expect(output).not.toMatch(/open handle/i)
    expect(output).not.toMatch(/did not exit/i)
    expect(code).toBe(0)
  })

  function collect(args) {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: place.folder })
      let output = ""
      child.stdout.on("data", (chunk) => {
        output += chunk
      })
      child.stderr.on("data", (chunk) => {
        output += chunk
      })
      child.on("error", reject)
      child.on("close", (code) => resolve({ code, output }))
    })
  }
})
