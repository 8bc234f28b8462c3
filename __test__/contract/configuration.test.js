const { existsSync, mkdtempSync, readdirSync, rmSync, statSync } = require("node:fs")
const os = require("node:os")
const path = require("node:path")
const { inspect } = require("node:util")
const { SqlxAdapter } = require("../..")
const { ask, runNode, said } = require("../support/child")
const { refused, refusedAtOnce } = require("../support/expectations")

jest.setTimeout(60_000)

let folder

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "adapter-test-"))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The error that `SqlxAdapter` throws, or that its first call rejects with. */
async function refusedAtLatestByTheFirstCall(...args) {
  let adapter
  try {
    adapter = SqlxAdapter(...args)
  } catch (error) {
    return error
  }
  const error = await refused(adapter.getUser("x"), "ERR_CONFIG")
  await adapter.close()
  return error
}

describe("SqlxAdapter returns at once and touches nothing", () => {
  test("before the first call", async () => {
    const adapter = SqlxAdapter(`sqlite:${folder}/auth.db`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(readdirSync(folder)).toEqual([])
    expect(await adapter.getUser("x")).toBeNull()
    expect(readdirSync(folder)).toContain("auth.db")
    await adapter.close()
  })

  test("also when it is closed without a call", async () => {
    const adapter = SqlxAdapter(`sqlite:${folder}/auth.db`)
    await adapter.close()
    expect(readdirSync(folder)).toEqual([])
  })

  test("also when a call has a wrong argument", async () => {
    const adapter = SqlxAdapter(`sqlite:${folder}/none/auth.db`)
    await refused(adapter.createUser(7), "ERR_INVALID_ARGUMENT")
    await adapter.close()
    expect(readdirSync(folder)).toEqual([])
  })

  test("for a place that does not exist", async () => {
    expect(typeof SqlxAdapter("sqlite:/no/such/folder/auth.db").getUser).toBe("function")
  })
})

describe("a place", () => {
  test.each([
    ["a sqlite: URL", (file) => [`sqlite:${file}`]],
    ["a sqlite:// URL", (file) => [`sqlite://${file}`]],
    ["a file: URL", (file) => [`file:${file}`]],
    ["a file:// URL", (file) => [`file://${file}`]],
    ["a path", (file) => [file]],
    ["a url option", (file) => [{ url: `sqlite:${file}` }]],
    ["a path as url option", (file) => [{ url: file, normalizeEmail: true }]],
    ["TypeORM's parts", (file) => [{ type: "sqlite", database: file }]],
    ["better-sqlite3's parts", (file) => [{ type: "better-sqlite3", database: file }]],
    ["parts and options", (file) => [{ type: "sqlite", database: file, synchronize: true }]],
    ["a URL and options", (file) => [`sqlite:${file}`, { synchronize: "create" }]],
    ["a URL and undefined", (file) => [`sqlite:${file}`, undefined]],
  ])("can be %s", async (_, args) => {
    const file = path.join(folder, "auth.db")
    const adapter = SqlxAdapter(...args(file))
    await adapter.createUser({ name: "Ada" })
    expect(existsSync(file)).toBe(true)
    await adapter.close()
  })

  test("can have spaces, percent signs and letters beyond ASCII in its name", async () => {
    for (const name of ["a b.db", "100 % ünï 漢.db", "a#b.db"]) {
      const file = path.join(folder, name)
      const adapter = SqlxAdapter({ type: "sqlite", database: file })
      await adapter.createUser({ name: "Ada" })
      expect(existsSync(file)).toBe(true)
      await adapter.close()
    }
  })

  test.each([["sqlite::memory:"], [":memory:"], [{ type: "sqlite", database: ":memory:" }]])(
    "can be memory: %p",
    async (place) => {
      const adapter = SqlxAdapter(place)
      const user = await adapter.createUser({ name: "Ada" })
      expect(await adapter.getUser(user.id)).toStrictEqual(user)
      await adapter.close()
      expect(existsSync(":memory:")).toBe(false)
    },
  )

  test.each(["mssql", "oracle", "mongodb", "sqljs", ""])("of the type %p is refused", (type) => {
    const error = refusedAtOnce(() => SqlxAdapter({ type, database: "x" }), "ERR_CONFIG")
    expect(error.message).toMatch(/sqlite/i)
  })

  test.each(["mssql://sa:geheim@db/app", "mongodb://app:geheim@db/app", "http://app:geheim@db"])(
    "such as %s is refused without showing its password",
    async (url) => {
      const error = await refusedAtLatestByTheFirstCall(url)
      expect(error.code).toBe("ERR_CONFIG")
      expect(inspect(error, { showHidden: true })).not.toContain("geheim")
    },
  )
})

describe("the environment", () => {
  const SHOW = `
    const made = async (adapter) => {
      await adapter.createUser({ name: "Ada" })
      await adapter.close()
      say(require("node:fs").readdirSync(".").sort())
    }
  `

  test("AUTH_DATABASE_URL comes before DATABASE_URL", async () => {
    const env = { AUTH_DATABASE_URL: "sqlite:first.db", DATABASE_URL: "sqlite:second.db" }
    expect(await ask(`${SHOW} made(SqlxAdapter())`, { cwd: folder, env })).toEqual(["first.db"])
  })

  test("DATABASE_URL is next, also when there are options", async () => {
    const env = { DATABASE_URL: "sqlite:second.db" }
    const script = `${SHOW} made(SqlxAdapter({ synchronize: true }))`
    expect(await ask(script, { cwd: folder, env })).toEqual(["second.db"])
  })

  test("a place that is given comes before both", async () => {
    const env = { AUTH_DATABASE_URL: "sqlite:first.db", DATABASE_URL: "sqlite:second.db" }
    const script = `${SHOW} made(SqlxAdapter("sqlite:given.db"))`
    expect(await ask(script, { cwd: folder, env })).toEqual(["given.db"])
  })

  test("an undefined place counts as none", async () => {
    const env = { DATABASE_URL: "sqlite:second.db" }
    const script = `${SHOW} made(SqlxAdapter(process.env.NO_SUCH_URL, {}))`
    expect(await ask(script, { cwd: folder, env })).toEqual(["second.db"])
  })

  test("is read at the first call", async () => {
    const script = `${SHOW}
      const adapter = SqlxAdapter()
      process.env.AUTH_DATABASE_URL = "sqlite:late.db"
      made(adapter)
    `
    expect(await ask(script, { cwd: folder })).toEqual(["late.db"])
  })

  test("without both it is ./auth.db, announced once and for the owner's eyes only", async () => {
    const script = `
      const first = SqlxAdapter()
      const second = SqlxAdapter()
      Promise.all([first.getUser("x"), second.getUser("x"), first.getUser("y")])
        .then(() => first.createUser({ name: "Ada" }))
        .then(() => Promise.all([first.close(), second.close()]))
    `
    const run = await runNode(script, { cwd: folder })
    said({ ...run, stdout: "" })
    expect(`${run.stdout}${run.stderr}`.match(/auth\.db/g)).toHaveLength(1)
    expect(statSync(path.join(folder, "auth.db")).mode & 0o777).toBe(0o600)
  })

  test.each([{}, { DATABASE_URL: "" }])("in production it is ERR_CONFIG: %p", async (added) => {
    const script = `
      const adapter = SqlxAdapter()
      adapter.getUser("x").catch(({ code, operation, message }) => say({ code, operation, message }))
    `
    const env = { NODE_ENV: "production", ...added }
    const error = await ask(script, { cwd: folder, env })
    expect(error).toMatchObject({ code: "ERR_CONFIG", operation: "getUser" })
    expect(error.message).toContain("AUTH_DATABASE_URL")
    expect(readdirSync(folder)).toEqual([])
  })
})
