const { readdirSync, readlinkSync, rmSync } = require("node:fs")
const { ask, sleep } = require("./run")

/**
 * The living processes of the server that lives in a folder.
 *
 * They are found by their folder and not by remembered process ids: a PostgreSQL backend leaves its
 * process group, a child of a killed server loses its parent, and an id may belong to somebody else
 * by the time it is used.
 *
 * @param {string} folder
 * @returns {number[]}
 */
function processesIn(folder) {
  return process.platform === "linux" ? byWorkingFolder(folder) : byCommandLine(folder)
}

/** Every server here works inside its folder, and no process outside of it does. */
function byWorkingFolder(folder) {
  const inside = (at) =>
    at === folder || at?.startsWith(`${folder}/`) || at === `${folder} (deleted)`
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && inside(workingFolder(`/proc/${entry}`)))
    .map(Number)
    .filter((pid) => pid !== process.pid)
}

/**
 * Where a process works; undefined where it is another user's or has ended. While a killed process
 * of many threads goes, its first thread is the first to lose its folder, and the others may still
 * hold ports and locks.
 */
function workingFolder(at) {
  try {
    return readlinkSync(`${at}/cwd`)
  } catch (error) {
    if (error.code !== "ENOENT") return undefined
  }
  try {
    for (const thread of readdirSync(`${at}/task`)) {
      const folder = link(`${at}/task/${thread}/cwd`)
      if (folder) return folder
    }
  } catch {
    // It has ended.
  }
  return undefined
}

function link(at) {
  try {
    return readlinkSync(at)
  } catch {
    return undefined
  }
}

/** Without /proc: whoever was started with the folder's name, and their descendants. */
function byCommandLine(folder) {
  const all = (ask("ps", ["-A", "-o", "pid=,ppid=,stat=,command="]) ?? "")
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match && !match[3].startsWith("Z"))
    .map((match) => ({ pid: Number(match[1]), parent: Number(match[2]), command: match[4] }))
  const found = new Set(all.filter(({ command }) => command.includes(folder)).map(({ pid }) => pid))
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid)
  }
  found.delete(process.pid)
  return [...found]
}

/** Sends a signal; false when the process is already gone. */
function signal(pid, name) {
  try {
    process.kill(pid, name)
    return true
  } catch (error) {
    if (error.code === "ESRCH") return false
    throw error
  }
}

/** Waits until no process of the folder lives; false when some still do after the limit. */
async function gone(folder, limit) {
  for (const end = Date.now() + limit; ; ) {
    if (processesIn(folder).length === 0) return true
    if (Date.now() > end) return false
    await sleep(10)
  }
}

/**
 * SIGKILL to every process of the folder, until there is none: a dying server may just have forked
 * another.
 */
async function killProcessesIn(folder) {
  for (let left = processesIn(folder); left.length > 0; left = processesIn(folder)) {
    for (const pid of left) signal(pid, "SIGKILL")
    await sleep(5)
  }
}

/**
 * Ends the server in a folder whatever its state, frozen included, and removes the folder.
 *
 * @param {string} folder
 * @param {NodeJS.Signals} [quit] a signal that makes this server leave at once but tidily.
 * PostgreSQL needs it: what it keeps in System V shared memory outlives a SIGKILL.
 */
async function removeServer(folder, quit) {
  if (quit) {
    for (const pid of processesIn(folder)) signal(pid, quit) && signal(pid, "SIGCONT")
    await gone(folder, 3000)
  }
  await killProcessesIn(folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

module.exports = { processesIn, signal, gone, killProcessesIn, removeServer }
