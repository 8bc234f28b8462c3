const { spawn } = require("node:child_process")
const { once } = require("node:events")
const { SqlxAdapter } = require("../..")
const { makeUser } = require("../support/samples")
const { query, sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

describe("a COMMIT that fails", () => {
  /** Another process that reads, in a file without write-ahead log, so that nobody can commit. */
  async function reader(file) {
    const shell = spawn("sqlite3", [file], { stdio: ["pipe", "pipe", "inherit"] })
    shell.stdin.write("BEGIN; SELECT count(*) FROM users;\n")
    await once(shell.stdout, "data")
    return {
      async end() {
        shell.stdin.end("COMMIT;\n")
        await once(shell, "exit")
      },
    }
  }

  test("takes no later write along that was acknowledged", async () => {
    const place = await sqlite.fresh()
    // Connections that lie idle are closed, so that the other program can change the journal.
    const adapter = SqlxAdapter(place.url, {
      pool: { idleTimeout: 50 },
      sqlite: { busyTimeout: 200 },
    })
    const first = await makeUser(adapter)
    let mode
    for (let tries = 0; mode !== "delete" && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      const [changed] = await query(place.file, "PRAGMA journal_mode = delete").catch(() => [])
      mode = changed?.journal_mode
    }
    expect(mode).toBe("delete")

    const reading = await reader(place.file)
    const deleted = adapter.deleteUser("nobody")
    const created = Array.from({ length: 5 }, () => makeUser(adapter))
    const settled = Promise.allSettled([deleted, ...created])
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await reading.end()
    const [, ...users] = await settled

    const acknowledged = users.filter(({ status }) => status === "fulfilled")
    const rows = await query(place.file, "SELECT id FROM users")
    const stored = new Set(rows.map(({ id }) => id))
    expect(stored).toContain(first.id)
    for (const { value } of acknowledged) expect(stored).toContain(value.id)
    expect(stored.size).toBe(1 + acknowledged.length)
    expect(acknowledged.length).toBeGreaterThan(0)
    await adapter.close()
    await place.drop()
  })
})
