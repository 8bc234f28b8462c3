const { spawn } = require("node:child_process")
const fs = require("node:fs")
const { once } = require("node:events")
const { SqlxAdapter } = require("../..")
const { describeOn } = require("../support/databases")
const { makeSession, makeUser } = require("../support/samples")
const { query, sqlite } = require("../support/sqlite")

jest.setTimeout(120_000)

describeOn("sqlite")("look-ups in SQLite, which are made on JavaScript's own thread,", () => {
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

  /** A SQLite shell that keeps what it has begun until it is told to end. */
  async function shell(sql) {
    const child = spawn("sqlite3", [place.file], { stdio: ["pipe", "pipe", "inherit"] })
    child.stdin.write(`${sql}\nSELECT 'begun';\n`)
    await once(child.stdout, "data")
    return async (last) => {
      child.stdin.end(`${last}\n`)
      await once(child, "exit")
    }
  }

  /** The longest time that the event loop stood still while `run` was under way, in milliseconds. */
  async function longestStop(run) {
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }, 1)
    await run()
    await new Promise((resolve) => setTimeout(resolve, 5))
    clearInterval(timer)
    return longest
  }

  async function sessions(count) {
    const user = await makeUser(adapter)
    return Promise.all(Array.from({ length: count }, () => makeSession(adapter, user.id)))
  }

  /** Reads until the time is over; whether every answer was right is checked. */
  async function readFor(milliseconds, known) {
    const end = performance.now() + milliseconds
    let reads = 0
    while (performance.now() < end) {
      const session = known[reads % known.length]
      expect((await adapter.getSessionAndUser(session.sessionToken)).session).toStrictEqual(session)
      reads += 1
      if (reads % 20 === 0) await new Promise(setImmediate)
    }
    return reads
  }

  test("go on while another program holds the lock of the one that writes", async () => {
    const known = await sessions(50)
    const end = await shell("BEGIN IMMEDIATE; UPDATE users SET name = 'Bob';")
    let reads = 0
    const stop = await longestStop(async () => {
      reads = await readFor(500, known)
    })
    await end("ROLLBACK;")
    expect(reads).toBeGreaterThan(500)
    expect(stop).toBeLessThan(100)
  })

  test("wait elsewhere while another program locks everybody out", async () => {
    const known = await sessions(5)
    await adapter.close()
    await query(place.file, "PRAGMA journal_mode = delete")
    const end = await shell("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE;")
    adapter = SqlxAdapter(place.url)
    const reading = known.map(({ sessionToken }) => adapter.getSessionAndUser(sessionToken))
    const stop = await longestStop(() => new Promise((resolve) => setTimeout(resolve, 500)))
    await end("COMMIT;")
    const found = await Promise.all(reading)
    expect(found.map(({ session }) => session)).toStrictEqual(known)
    expect(stop).toBeLessThan(100)
  })

  test("go on during checkpoints and a flood of writes", async () => {
    const known = await sessions(50)
    const { userId } = known[0]
    let flooding = true
    const flood = (async () => {
      while (flooding) {
        await Promise.all(Array.from({ length: 20 }, () => makeSession(adapter, userId)))
        await query(place.file, "PRAGMA wal_checkpoint(PASSIVE)")
      }
    })()
    let reads = 0
    const stop = await longestStop(async () => {
      reads = await readFor(1_000, known)
    })
    flooding = false
    await flood
    expect(reads).toBeGreaterThan(200)
    expect(stop).toBeLessThan(150)
  })

  test("of a file that has to come from the disk do not stop the event loop", async () => {
    const [{ userId }] = await sessions(1)
    await query(
      place.file,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
       INSERT INTO sessions (session_token, user_id, expires)
       SELECT 'sha256:' || lower(hex(randomblob(32))), '${userId}', 4e12 FROM n`,
    )
    const known = await sessions(2_000)
    await adapter.close()
    forget(place.file)
    adapter = SqlxAdapter(place.url)
    await adapter.getUser(userId)
    const stop = await longestStop(() => readFor(500, known))
    expect(stop).toBeLessThan(100)
  })

  /** Lets the system forget what it has of a file in memory; without the right to, it stays warm. */
  function forget(file) {
    const { status } = require("node:child_process").spawnSync("dd", [
      `of=${file}`,
      "oflag=nocache",
      "conv=notrunc,fdatasync",
      "count=0",
    ])
    expect(status).toBe(0)
    expect(fs.existsSync(file)).toBe(true)
  }
})

describeOn("sqlite")("writes in SQLite that share a commit", () => {
  test("are on the disk when they are answered, whatever kills the process then", async () => {
    const place = await sqlite.fresh()
    const script = `
      const { SqlxAdapter } = require(${JSON.stringify(require.resolve("../.."))})
      const adapter = SqlxAdapter(${JSON.stringify(place.url)})
      let n = 0
      const one = async () => {
        for (;;) {
          const { id } = await adapter.createUser({ email: \`\${n++}@example.com\` })
          require("node:fs").writeSync(1, id + "\\n")
        }
      }
      for (let caller = 0; caller < 32; caller += 1) one()`
    for (let round = 0; round < 5; round += 1) {
      const child = spawn(process.execPath, ["-e", script.replaceAll("@", `${round}@`)], {
        stdio: ["ignore", "pipe", "inherit"],
      })
      let said = ""
      child.stdout.on("data", (piece) => {
        said += piece
        if (said.length > 5_000 * (round + 1)) child.kill("SIGKILL")
      })
      await once(child, "close")
      const acknowledged = said.split("\n").slice(0, -1)
      const stored = new Set((await query(place.file, "SELECT id FROM users")).map(({ id }) => id))
      expect(acknowledged.length).toBeGreaterThan(100)
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    }
    await place.drop()
  })
})
