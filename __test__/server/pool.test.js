const path = require("node:path")
const { ROOT, ask } = require("../support/child")
const { eventually, refused } = require("../support/expectations")
const { lockedUser } = require("../support/locked-user")
const { onServers } = require("../support/on-servers")
const { makeUser } = require("../support/samples")
const { sleep } = require("../servers/run")

onServers("connections, as the server counts them", (db) => {
  const none = () => eventually(async () => (await db.connections()) === 0)

  test.each([1, 3, 5])("are never more than pool.max: %d", async (max) => {
    await none()
    const adapter = db.open({ pool: { max, acquireTimeout: 30_000 } })
    const calls = Promise.all(
      Array.from({ length: 256 }, async (_, n) => {
        for (let round = 0; round < 4; round += 1) {
          if (n % 4 === 0) await makeUser(adapter)
          else await adapter.getUser(`nobody ${n}`)
        }
      }),
    )
    const most = await db.mostConnections(calls)
    expect(most).toBeGreaterThan(0)
    // Asking whether there is a pooler takes a second one for a moment.
    expect(most).toBeLessThanOrEqual(db.name === "postgres" ? Math.max(max, 2) : max)
  })

  test("are none before the first call, and none after close()", async () => {
    await none()
    const adapter = db.open()
    await sleep(100)
    expect(await db.connections()).toBe(0)
    await adapter.getUser("nobody")
    expect(await db.connections()).toBeGreaterThan(0)
    await adapter.close()
    await none()
  })

  test("are of one pool after 50 reloads of the package", async () => {
    await none()
    const script = `
      const entry = ${JSON.stringify(path.join(ROOT, "index.js"))}
      const url = ${JSON.stringify(db.url)}
      const kept = []
      async function main() {
        for (let n = 0; n < 50; n += 1) {
          for (const file of Object.keys(require.cache)) {
            if (!file.endsWith(".node")) delete require.cache[file]
          }
          const { SqlxAdapter } = require(entry)
          const adapter = SqlxAdapter(url)
          kept.push(adapter)
          await Promise.all(Array.from({ length: 10 }, (_, i) => adapter.getUser("nobody " + i)))
        }
        say("ready")
        await new Promise((resolve) => process.stdin.once("data", resolve))
        process.exit()
      }
      main()`
    const { startNode, said } = require("../support/child")
    const { child, ended } = startNode(script)
    await new Promise((resolve) => child.stdout.once("data", resolve))
    const most = await db.connections()
    child.stdin.write("end\n")
    expect(said(await ended)).toEqual(["ready"])
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(5)
    await none()
  })

  test("are gone when the process ends without close(), and when it is killed", async () => {
    for (const end of ["process.exit()", "process.kill(process.pid, 'SIGKILL')"]) {
      const script = `
        const adapter = SqlxAdapter(${JSON.stringify(db.url)})
        adapter.getUser("nobody").then(() => { say(1); setTimeout(() => { ${end} }, 50) })`
      if (end.includes("exit")) await ask(script)
      else await ask(script).catch(() => {})
      await none()
    }
  })

  test("that are idle are closed after idleTimeout, and made again when they are needed", async () => {
    await none()
    const adapter = db.open({ pool: { idleTimeout: 300 } })
    await Promise.all(Array.from({ length: 20 }, (_, n) => adapter.getUser(`nobody ${n}`)))
    expect(await db.connections()).toBeGreaterThan(0)
    await none()
    expect(await adapter.getUser("nobody")).toBeNull()
  })

  test("that are idle are kept up to min", async () => {
    await none()
    const adapter = db.open({ pool: { idleTimeout: 100, min: 2, max: 4 } })
    // Not look-ups that share a statement, which need one connection.
    await Promise.all(Array.from({ length: 40 }, (_, n) => adapter.listAccounts(`nobody ${n}`)))
    await sleep(600)
    expect(await db.connections()).toBe(2)
  })

  test("are replaced after maxLifetime", async () => {
    await none()
    const adapter = db.open({ pool: { maxLifetime: 200, max: 1 } })
    await adapter.getUser("nobody")
    const before = await ids()
    await sleep(300)
    await adapter.getUser("nobody")
    await eventually(async () => {
      const after = await ids()
      return after.length === 1 && after[0] !== before[0]
    })
  })

  test("are waited for no longer than acquireTimeout", async () => {
    const adapter = db.open({ pool: { max: 1, acquireTimeout: 200 }, retry: { attempts: 1 } })
    const user = await makeUser(adapter)
    const unlock = await lockedUser(db.name, db.url, user.id)
    const held = adapter.updateUser({ id: user.id, name: "waits for the lock" })
    await sleep(50)
    const begun = Date.now()
    const error = await refused(adapter.getUser(user.id), "ERR_TIMEOUT")
    expect(error.message).toMatch(/pool\.acquireTimeout/)
    expect(Date.now() - begun).toBeLessThan(1000)
    await unlock()
    expect((await held).name).toBe("waits for the lock")
  })

  async function ids() {
    const rows =
      db.name === "postgres"
        ? await db.rows(
            `SELECT pid AS id FROM pg_stat_activity
             WHERE datname = current_database() AND application_name <> 'reader'`,
          )
        : await db.rows(
            `SELECT id AS id FROM information_schema.processlist
             WHERE db = database() AND id <> connection_id() AND command = 'Sleep'`,
          )
    return rows.map(({ id }) => Number(id))
  }
})
