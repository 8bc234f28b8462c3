const { spawn } = require("node:child_process")
const { sleep } = require("../../servers/run")

// What is done, each with what the reader of the table is told. A harm is over, and undone, when its
// function has ended. `random(from, to)` gives a whole number.

const MINUTES = 60_000

const DEADLOCK = "40P01"

const LOCK = {
  postgres: ["BEGIN", "LOCK TABLE users, sessions IN ACCESS EXCLUSIVE MODE"],
  mariadb: ["LOCK TABLES users WRITE, sessions WRITE"],
  mysql: ["LOCK TABLES users WRITE, sessions WRITE"],
}

/** To the application's own processes, whatever the database. */
const TO_THE_PROCESS = {
  "our process is killed (SIGKILL)": ({ apps }, random) => apps[random(0, 1)].restart(),
  "both of our processes are killed (SIGKILL)": ({ apps }) =>
    Promise.all(apps.map((app) => app.restart())),
  "our process is killed twice": async ({ apps }, random) => {
    const app = apps[random(0, 1)]
    await app.restart()
    await sleep(random(0, 200))
    await app.restart()
  },
  "our process is frozen for a while": async ({ apps }, random) => {
    const app = apps[random(0, 1)]
    app.freeze()
    await sleep(random(100, 1500))
    app.thaw()
  },
  "the clock of one of our servers jumps by up to ten minutes": async ({ apps }, random) => {
    const app = apps[random(0, 1)]
    await app.order("clock", { by: random(-10 * MINUTES, 10 * MINUTES) })
    await sleep(random(100, 600))
    await app.order("clock", { by: 0 })
  },
}

const FULL_DISK = "the disk is full"

const TO_THE_DISK = {
  [FULL_DISK]: async ({ disk, daemon }, random) => {
    disk.fill()
    await sleep(random(200, 900))
    disk.empty()
    // PostgreSQL gives up where it finds no room for its log.
    if (daemon && daemon.processes().length === 0) await daemon.restart()
  },
}

const TO_SQLITE = {
  "another process holds the write lock": ({ place }, random) => lockFile(place, random(50, 800)),
  "another process holds the write lock for longer than a call waits": ({ place }, random) =>
    lockFile(place, random(1200, 2500)),
  "another process checkpoints and truncates the log": ({ place }) =>
    shell(place, "PRAGMA wal_checkpoint(TRUNCATE);"),
  "another process is killed in a transaction": async ({ place }, random) => {
    const child = open(place)
    child.stdin.write("BEGIN IMMEDIATE; UPDATE users SET name = 'Mallory';\n")
    await sleep(random(100, 400))
    child.kill("SIGKILL")
    await child.ended
  },
}

const TO_THE_SERVER = {
  "the database is killed (SIGKILL) and started again": async ({ daemon }, random) => {
    await daemon.kill()
    await sleep(random(0, 300))
    await daemon.restart()
  },
  "the database is restarted in good order": ({ daemon }) => daemon.restart(),
  "the database is frozen for a while": async ({ daemon }, random) => {
    daemon.freeze()
    await sleep(random(100, 1000))
    daemon.thaw()
  },
  "the database is frozen for longer than a call may take": async ({ daemon }, random) => {
    daemon.freeze()
    await sleep(random(2500, 4000))
    daemon.thaw()
  },
  "connections are used up by others": async (subject, random) => {
    const taken = await takeConnections(subject)
    await sleep(random(200, 1200))
    await Promise.allSettled(taken.map((connection) => connection.end()))
  },
  "another session locks the tables": async ({ name, daemon }, random) => {
    const other = await connection(name, daemon.url)
    try {
      for (const statement of LOCK[name]) await other.query(statement)
      await sleep(random(50, 600))
    } catch (error) {
      // Of two sessions that wait for each other the database ends one: this one, sometimes.
      if (error.code !== DEADLOCK) throw error
    } finally {
      await other.end()
    }
  },
}

const TO_THE_NETWORK = {
  "connections are reset": async ({ gate }, random) => {
    for (let n = random(1, 5); n > 0; n -= 1) {
      gate.cut()
      await sleep(random(10, 100))
    }
  },
  "what is on its way is lost, then connections are reset": async ({ gate }, random) => {
    gate.silence()
    await sleep(random(20, 600))
    gate.cut()
    gate.speak()
  },
  "answers are cut short": async ({ gate }, random) => {
    gate.truncate(random(0, 200))
    await sleep(random(50, 400))
    gate.truncate(undefined)
  },
  "the network is slow": async ({ gate }, random) => {
    gate.delay(random(20, 250))
    await sleep(random(300, 900))
    gate.delay(0)
  },
  "connections are refused": async ({ gate }, random) => {
    gate.refuse()
    gate.cut()
    await sleep(random(50, 900))
    await gate.accept()
  },
}

/** What can be done to a subject. */
function harms(subject) {
  return {
    ...TO_THE_PROCESS,
    ...(subject.disk ? TO_THE_DISK : {}),
    ...(subject.daemon ? { ...TO_THE_SERVER, ...TO_THE_NETWORK } : TO_SQLITE),
  }
}

function open(place) {
  const child = spawn("sqlite3", ["-batch", "-cmd", ".timeout 5000", place], {
    stdio: ["pipe", "ignore", "ignore"],
  })
  child.stdin.on("error", () => {})
  child.ended = new Promise((resolve) => child.once("exit", resolve))
  return child
}

async function shell(place, sql) {
  const child = open(place)
  child.stdin.end(`${sql}\n`)
  await child.ended
}

async function lockFile(place, milliseconds) {
  const child = open(place)
  child.stdin.write("BEGIN IMMEDIATE;\n")
  await sleep(milliseconds)
  child.stdin.end("ROLLBACK;\n")
  await child.ended
}

/** Connects until the server gives no more. */
async function takeConnections({ name, daemon }) {
  const taken = []
  try {
    while (taken.length < 100) taken.push(await connection(name, daemon.url))
  } catch {
    // That is all of them.
  }
  return taken
}

async function connection(name, url) {
  if (name === "postgres") {
    const { Client } = require("pg")
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 })
    client.on("error", () => {})
    await client.connect()
    return client
  }
  const { createConnection } = require("mysql2/promise")
  const one = await createConnection({ uri: url, connectTimeout: 2000 })
  one.on("error", () => {})
  return one
}

module.exports = { FULL_DISK, harms }
