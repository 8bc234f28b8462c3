const { execFile, spawn } = require("node:child_process")
const { once } = require("node:events")
const fs = require("node:fs/promises")
const { promisify } = require("node:util")
const { SqlxAdapter } = require("../..")
const { describeOn } = require("../support/databases")
const { eventually } = require("../support/expectations")
const { unique } = require("../support/samples")
const { query, sqlite } = require("../support/sqlite")

const copy = promisify(execFile)

jest.setTimeout(60_000)

const MIB = 2 ** 20

describeOn("sqlite")("SQLite's log", () => {
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

  const logSize = async () => (await fs.stat(`${place.file}-wal`)).size

  /** Users, so many at once, each longer than two of them on a page. */
  async function write(users) {
    const image = "x".repeat(1500)
    for (let made = 0; made < users; made += 64) {
      const together = Array.from({ length: 64 }, () =>
        adapter.createUser({ name: "Ada", email: `${unique("ada")}@example.com`, image }),
      )
      await Promise.all(together)
    }
  }

  test("is emptied into the file while the adapter goes on", async () => {
    await write(2048)
    const alone = `${place.folder}/without-the-log.db`
    await eventually(async () => {
      // By another process: whoever closes a file gives up the locks that its process has on it.
      await copy("cp", [place.file, alone])
      const [{ users }] = await query(alone, "SELECT count(*) AS users FROM users")
      return users > 1024
    })
    expect(await logSize()).toBeLessThan(24 * MIB)
  })

  test("is emptied by the writer once whoever held it up is gone", async () => {
    await write(64)
    const reader = await holdSnapshot(place.file)
    await write(4096)
    const held = await logSize()
    await reader.end()
    await write(4096)
    expect(held).toBeGreaterThan(16 * MIB)
    expect(await logSize()).toBeLessThan(2 * held)
    expect(await place.rows("SELECT count(*) AS users FROM users")).toEqual([{ users: 8256 }])
  })
})

/** Another process that reads the file as it is now, until it is ended. */
async function holdSnapshot(file) {
  const child = spawn("sqlite3", ["-batch", file])
  child.stdin.write("BEGIN; SELECT count(*) FROM users;\n")
  await once(child.stdout, "data")
  return {
    async end() {
      child.stdin.end("COMMIT;\n")
      await once(child, "close")
    },
  }
}
