const fs = require("node:fs")
const path = require("node:path")
const { createHash, randomBytes } = require("node:crypto")
const { inspect } = require("node:util")
const { SqlxAdapter } = require("../..")
const { runNode, said } = require("../support/child")
const { describeOn } = require("../support/databases")
const { refused } = require("../support/expectations")
const { makeUser } = require("../support/samples")
const { freshFolder, query, sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

describeOn("sqlite")("a file that is no database of ours", () => {
  let folder
  let adapters

  beforeEach(async () => {
    folder = await freshFolder()
    adapters = []
  })

  afterEach(async () => {
    await Promise.all(adapters.map((adapter) => adapter.close()))
    fs.rmSync(folder, { recursive: true, force: true })
  })

  function open(file, options) {
    const adapter = SqlxAdapter({ type: "sqlite", database: file }, options)
    adapters.push(adapter)
    return adapter
  }

  const digest = (file) => createHash("sha256").update(fs.readFileSync(file)).digest("hex")

  /** Neither a look-up nor a write gets through, and both say the same. */
  async function refusesBoth(adapter, code) {
    const read = await refused(adapter.getUser("x"), code)
    expect(read.operation).toBe("getUser")
    const write = await refused(makeUser(adapter), code)
    expect(write.operation).toBe("createUser")
    return read
  }

  test("in a folder that is missing: ERR_CONNECT, which names the folder", async () => {
    const missing = path.join(folder, "not", "there")
    const error = await refusesBoth(open(path.join(missing, "auth.db")), "ERR_CONNECT")
    expect(error.message).toContain(missing)
    expect(fs.readdirSync(folder)).toEqual([])
  })

  test("in a folder that is missing, until the folder is there", async () => {
    const adapter = open(path.join(folder, "later", "auth.db"))
    await refused(adapter.getUser("x"), "ERR_CONNECT")
    fs.mkdirSync(path.join(folder, "later"))
    expect(await adapter.getUser("x")).toBeNull()
  })

  test("but a directory: ERR_CONNECT, and nothing is put into it", async () => {
    const directory = path.join(folder, "auth.db")
    fs.mkdirSync(directory)
    const error = await refusesBoth(open(directory), "ERR_CONNECT")
    expect(error.message).toMatch(/directory|folder/i)
    expect(fs.readdirSync(directory)).toEqual([])
    expect(fs.readdirSync(folder)).toEqual(["auth.db"])
  })

  test.each([
    ["a text", Buffer.from("This is my diary, and no database.\n".repeat(200))],
    ["a short text", Buffer.from("diary")],
    ["random bytes", randomBytes(20_000)],
    ["another program's header", Buffer.concat([Buffer.from("\x7fELF"), Buffer.alloc(9000)])],
    ["half of SQLite's header", Buffer.from("SQLite format 2\0".padEnd(8192, "\0"))],
  ])("but %s: ERR_CONNECT, and its bytes stay as they are", async (_, bytes) => {
    const file = path.join(folder, "auth.db")
    fs.writeFileSync(file, bytes)
    const before = digest(file)
    const error = await refusesBoth(open(file), "ERR_CONNECT")
    expect(error.message).toMatch(/not a (SQLite )?database/i)
    expect(digest(file)).toBe(before)
    expect(fs.readdirSync(folder)).toEqual(["auth.db"])
  })

  test("but a database whose pages are garbage: an error, never a null", async () => {
    const file = path.join(folder, "auth.db")
    const writer = open(file)
    for (let n = 0; n < 40; n += 1) await makeUser(writer, { image: "x".repeat(2000) })
    const user = await makeUser(writer)
    await writer.close()
    await query(file, "PRAGMA journal_mode = DELETE")
    const whole = fs.readFileSync(file)
    randomBytes(whole.length - 100).copy(whole, 100)
    fs.writeFileSync(file, whole)
    const before = digest(file)

    const adapter = open(file)
    const outcomes = await Promise.allSettled([adapter.getUser(user.id), makeUser(adapter)])
    for (const { reason } of outcomes) {
      expect(reason?.name).toBe("SqlxAdapterError")
      expect(["ERR_CONNECT", "ERR_DATABASE", "ERR_SCHEMA"]).toContain(reason.code)
    }
    await adapter.close()
    expect(digest(file)).toBe(before)
  })

  test("but a database that is cut off: an error, never a null", async () => {
    const file = path.join(folder, "auth.db")
    const writer = open(file)
    for (let n = 0; n < 40; n += 1) await makeUser(writer, { image: "x".repeat(2000) })
    const user = await makeUser(writer)
    await writer.close()
    await query(file, "PRAGMA journal_mode = DELETE")
    fs.truncateSync(file, 4096 * 3)
    const before = digest(file)

    const outcome = await open(file)
      .getUser(user.id)
      .catch((error) => error)
    expect(outcome?.name).toBe("SqlxAdapterError")
    expect(outcome.cause).toMatchObject({ database: "sqlite" })
    expect(digest(file)).toBe(before)
  })

  test("but an empty one is taken as a new database", async () => {
    const file = path.join(folder, "auth.db")
    fs.writeFileSync(file, "")
    const user = await makeUser(open(file))
    expect(await query(file, "SELECT name FROM users")).toEqual([{ name: user.name }])
  })

  test("is not shown to the browser by an error's message beyond its path", async () => {
    const file = path.join(folder, "auth.db")
    fs.writeFileSync(file, "my diary says geheim".repeat(500))
    const error = await refused(open(file).getUser("x"), "ERR_CONNECT")
    expect(inspect(error, { showHidden: true })).not.toContain("geheim")
  })
})

describeOn("sqlite")("a file that the adapter makes", () => {
  let place
  let adapter

  beforeEach(async () => {
    place = await sqlite.fresh()
    adapter = SqlxAdapter(place.url)
  })

  afterEach(async () => {
    await adapter.close()
    await place.drop()
  })

  const mode = (file) => fs.statSync(file).mode & 0o777

  test("is for its owner's eyes only, and so is what lies beside it", async () => {
    await makeUser(adapter)
    const names = fs.readdirSync(place.folder)
    expect(names).toContain("auth.db")
    for (const name of names)
      expect([name, mode(path.join(place.folder, name))]).toEqual([name, 0o600])
  })

  test("is for its owner's eyes only, whatever the umask", async () => {
    const script = `
      process.umask(0)
      const adapter = SqlxAdapter(process.argv.at(-1))
      adapter.createUser({ name: "Ada" }).then(() => process.exit(0))
    `
    const { code } = await runNode(script, { args: [place.url] })
    expect(code).toBe(0)
    const names = fs.readdirSync(place.folder)
    const modes = names.map((name) => mode(path.join(place.folder, name)))
    expect(modes).toEqual(names.map(() => 0o600))
  })

  test("keeps the mode that it had before", async () => {
    fs.writeFileSync(place.file, "")
    fs.chmodSync(place.file, 0o640)
    await makeUser(adapter)
    expect(mode(place.file)).toBe(0o640)
  })

  test("is in WAL mode, and holds our five tables", async () => {
    await makeUser(adapter)
    expect(await place.rows("PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }])
    const tables = await place.rows(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    const names = tables.map(({ name }) => name)
    const ours = ["accounts", "authenticators", "sessions", "users", "verification_tokens"]
    expect(names).toEqual(expect.arrayContaining(ours))
  })

  test("is whole, and its foreign keys hold, after a good deal of work", async () => {
    const users = await Promise.all(Array.from({ length: 50 }, () => makeUser(adapter)))
    await Promise.all(users.slice(0, 25).map((user) => adapter.deleteUser(user.id)))
    expect(await place.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }])
    expect(await place.rows("PRAGMA foreign_key_check")).toEqual([])
  })

  test("is one file again after the last adapter is closed", async () => {
    await makeUser(adapter)
    await adapter.close()
    expect(fs.readdirSync(place.folder)).toEqual(["auth.db"])
  })

  test("can be a symbolic link, and is then the same place as the file itself", async () => {
    const real = path.join(place.folder, "real.db")
    fs.writeFileSync(real, "")
    fs.symlinkSync(real, place.file)
    const script = `
      const [linked, direct] = process.argv.slice(-2).map((url) => SqlxAdapter(url))
      const run = async () => {
        const user = await linked.createUser({ name: "Ada" })
        say((await direct.getUser(user.id)).name)
        await Promise.all([linked.close(), direct.close()])
      }
      run()
    `
    const run = await runNode(script, { args: [place.url, `sqlite:${real}`] })
    expect(said(run)).toEqual(["Ada"])
    expect(run.stderr).toBe("")
    expect(await query(real, "SELECT name FROM users")).toEqual([{ name: "Ada" }])
  })

  test("that another library has open in this process is warned of, once", async () => {
    await adapter.getUser("x")
    const script = `
      require("node:fs").openSync(process.argv.at(-2), "r+")
      const url = process.argv.at(-1)
      const run = async () => {
        for (const adapter of [SqlxAdapter(url), SqlxAdapter(url)]) {
          say((await adapter.createUser({ name: "Ada" })).name)
        }
      }
      run()
    `
    const run = await runNode(script, { args: [place.file, place.url] })
    expect(said(run)).toEqual(["Ada", "Ada"])
    const warnings = run.stderr.match(/another copy of SQLite/g) ?? []
    expect(warnings).toHaveLength(process.platform === "linux" ? 1 : 0)
  })
})
