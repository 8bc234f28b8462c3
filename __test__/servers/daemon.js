const { spawn } = require("node:child_process")
const {
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  statfsSync,
} = require("node:fs")
const { freemem, tmpdir } = require("node:os")
const { join } = require("node:path")
const lifeline = require("./lifeline")
const { freePort } = require("./ports")
const { processesIn, signal, gone, killProcessesIn, removeServer } = require("./processes")
const { sleep } = require("./run")

const MEMORY = "/dev/shm"

/**
 * A folder for one server. Its name is short because a Unix socket's whole path must fit in some
 * hundred characters.
 *
 * @param {{ uid?: number, gid?: number }} account who owns it
 * @param {{ quit?: NodeJS.Signals, durable?: boolean, within?: string }} [options] `quit` as for
 * `removeServer`; `durable`: on a real disk; `within`: in this folder
 */
function serverFolder(account, { quit, durable = false, within } = {}) {
  const where = within ?? (!durable && hasRoomInMemory() ? MEMORY : tmpdir())
  const folder = realpathSync(mkdtempSync(join(where, "auth-db-")))
  lifeline.hold(folder, quit)
  for (const path of [folder, join(folder, "run"), join(folder, "tmp")]) {
    mkdirSync(path, { recursive: true, mode: 0o755 })
    if (account.uid !== undefined) chownSync(path, account.uid, account.gid)
  }
  return folder
}

/**
 * Whether the machine can keep servers in memory. On a disk that others are busy with, the copy of
 * an initialised data folder alone takes seconds.
 */
function hasRoomInMemory() {
  const enough = 4 * 2 ** 30
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize > enough && freemem() > enough
  } catch {
    return false
  }
}

/** Ends whatever runs in a server's folder and removes it. */
async function dropFolder(folder, quit) {
  await removeServer(folder, quit)
  lifeline.release(folder)
}

/**
 * One server process with its children, in a folder of its own, on a port that it keeps through
 * every restart.
 *
 * @param {object} recipe
 * @param {string} recipe.name for messages
 * @param {string} recipe.folder from `serverFolder`
 * @param {{ uid?: number, gid?: number }} recipe.account
 * @param {(port: number) => { file: string, args: string[], env?: object }} recipe.command stays in
 * the foreground
 * @param {(port: number, pid: number) => Promise<boolean> | boolean} recipe.ready whether it
 * answers
 * @param {NodeJS.Signals} recipe.shutdown makes it leave in good order
 * @param {NodeJS.Signals} [recipe.quit] makes it leave at once, where SIGKILL will not do
 */
async function startDaemon(recipe) {
  const { name, folder, account, command, ready, shutdown, quit } = recipe
  const logFile = join(folder, "log")
  let port = await freePort()
  let leader
  let ended = "never started"
  let stopped = false

  async function launch() {
    if (stopped) throw new Error(`${name} has been stopped for good`)
    const { file, args, env } = command(port)
    const log = openSync(logFile, "a")
    const child = spawn(file, args, {
      ...account,
      cwd: folder,
      detached: true,
      // Nothing of ours but the path: a PGDATA or a MYSQL_UNIX_PORT of the developer's would lead
      // it astray.
      env: {
        PATH: process.env.PATH,
        LANG: "C.UTF-8",
        HOME: folder,
        TMPDIR: join(folder, "tmp"),
        ...env,
      },
      stdio: ["ignore", log, log],
    })
    closeSync(log)
    child.unref()
    ended = undefined
    child.once("error", ({ message }) => {
      ended ??= message
    })
    child.once("exit", (code, by) => {
      ended ??= by ?? `exit code ${code}`
    })
    leader = child.pid
    for (const end = Date.now() + 60_000; ; await sleep(20)) {
      if (ended) throw failure(`ended while starting (${ended})`)
      if (await ready(port, child.pid)) return
      if (Date.now() > end) throw failure("did not answer within 60 s")
    }
  }

  function failure(what) {
    let said = ""
    try {
      said = readFileSync(logFile, "utf8").trim().split("\n").slice(-25).join("\n")
    } catch {
      // It never wrote one.
    }
    return new Error(`${name} ${what}\n${said}`)
  }

  /** A port that was free a moment ago may be somebody else's by now. */
  async function launchOnFreePort() {
    for (let tries = 1; ; tries++) {
      try {
        return await launch()
      } catch (error) {
        if (tries === 3 || !/address already in use|in use by another process/i.test(error.message))
          throw error
        await killProcessesIn(folder)
        port = await freePort()
      }
    }
  }

  async function down() {
    thaw()
    if (processesIn(folder).length > 0) signal(leader, shutdown)
    await gone(folder, 20_000)
    await kill()
  }

  async function kill() {
    await killProcessesIn(folder)
    await buried()
  }

  /**
   * Waits until we have taken note of its death. Before that its port may still be taken, and a
   * PostgreSQL that comes back finds the process id and believes that its predecessor runs.
   */
  async function buried() {
    for (const end = Date.now() + 5000; !ended && Date.now() < end; ) await sleep(5)
  }

  function freeze() {
    const still = new Set()
    // The server may fork while it is being stopped, so look again until nobody new is found.
    for (let found = true; found; ) {
      found = false
      for (const pid of processesIn(folder)) {
        if (still.has(pid)) continue
        still.add(pid)
        found = signal(pid, "SIGSTOP") || found
      }
    }
  }

  function thaw() {
    for (const pid of processesIn(folder)) signal(pid, "SIGCONT")
  }

  try {
    await launchOnFreePort()
  } catch (error) {
    await dropFolder(folder, quit)
    throw error
  }

  return {
    port,
    folder,
    logFile,
    /** Ends it for good and removes its folder, whatever state it is in. Safe to repeat. */
    async stop() {
      stopped = true
      await dropFolder(folder, quit)
      await buried()
    },
    /**
     * SIGKILL to all of it, as a crash of the machine would look to a client. `restart()` brings it
     * back.
     */
    kill,
    /** SIGSTOP to all of it: connections stay open and nothing answers. */
    freeze,
    /** SIGCONT. */
    thaw,
    /**
     * Shuts it down in good order, where it still runs, and starts it again on the same port and
     * data.
     */
    async restart() {
      await down()
      await launch()
    },
    /** Down for a while: connections are refused, and afterwards it is back as before. */
    async refuse(seconds) {
      await down()
      await sleep(seconds * 1000)
      await launch()
    },
    /** The process ids of the whole server. */
    processes: () => processesIn(folder),
  }
}

module.exports = { serverFolder, dropFolder, startDaemon }
