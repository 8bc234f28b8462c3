const { spawn } = require("node:child_process")
const fs = require("node:fs")
const { setTimeout: sleep } = require("node:timers/promises")

const groups = new Set()

/**
 * Starts a command as the leader of a process group of its own, so that all that it starts can be
 * ended with it. What it says goes to a file.
 */
function start(command, args, { cwd, env, log, ipc = false }) {
  const output = fs.openSync(log, "a")
  const stdio = ["ignore", output, output, ...(ipc ? ["ipc"] : [])]
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio,
    detached: true,
  })
  fs.closeSync(output)
  groups.add(child.pid)
  const running = { child, log, code: undefined }
  running.ended = new Promise((resolve) => {
    child.on("error", (error) => {
      fs.appendFileSync(log, `${command}: ${error.message}\n`)
      running.code = 1
      resolve(1)
    })
    child.on("close", (code, signal) => {
      running.code = code ?? signal
      resolve(running.code)
    })
  })
  running.output = () => fs.readFileSync(log, "utf8")
  running.stop = async () => {
    endGroup(child.pid)
    await running.ended
  }
  return running
}

function endGroup(pid) {
  groups.delete(pid)
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // All of it have ended.
  }
}

/** Ends whatever is left, of all that was started. */
function endAll() {
  for (const pid of groups) endGroup(pid)
}

/** Runs a command to its end, for at most so long: `{ code, output }`. */
async function finish(command, args, { seconds = 420, ...options }) {
  fs.rmSync(options.log, { force: true })
  const running = start(command, args, options)
  const late = setTimeout(() => endGroup(running.child.pid), seconds * 1000)
  const code = await running.ended
  clearTimeout(late)
  groups.delete(running.child.pid)
  return { code, output: running.output() }
}

/** Waits until a server answers at this address with a page. */
async function answers(running, url, seconds = 120) {
  const end = Date.now() + seconds * 1000
  let last = "nothing"
  while (Date.now() < end) {
    if (running.code !== undefined) throw new Error(`the server ended (${running.code})`)
    try {
      const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(60_000) })
      last = `status ${response.status}`
      if (response.status < 400) return
      if (response.status >= 500) break
    } catch (error) {
      last = error.cause?.code ?? error.message
    }
    await sleep(200)
  }
  throw new Error(`the server does not serve ${new URL(url).pathname}: ${last}`)
}

module.exports = { answers, endAll, finish, start }
