const { spawn } = require("node:child_process")
const { join } = require("node:path")

/** @type {import("node:child_process").ChildProcess | undefined} */
let supervisor
const held = new Map()

function supervise() {
  // A session of its own, so that a signal to our process group does not take it along.
  const mine = spawn(process.execPath, [join(__dirname, "supervisor.js")], {
    cwd: "/",
    detached: true,
    env: { PATH: process.env.PATH },
    stdio: ["pipe", "ignore", "ignore"],
  })
  const lost = () => {
    if (supervisor === mine) supervisor = undefined
  }
  mine.on("exit", lost).on("error", lost)
  mine.stdin.on("error", lost)
  // Neither must keep this process alive.
  mine.unref()
  mine.stdin.unref()
  supervisor = mine
  for (const [folder, quit] of held) tell({ hold: folder, quit })
}

const tell = (message) => supervisor.stdin.write(`${JSON.stringify(message)}\n`)

/**
 * From now on the server in this folder ends when this process does. Call it before starting
 * anything there.
 */
function hold(folder, quit) {
  held.set(folder, quit)
  if (supervisor) tell({ hold: folder, quit })
  else supervise()
}

/** The server has been ended and its folder removed. */
function release(folder) {
  held.delete(folder)
  if (!supervisor) return
  tell({ release: folder })
  if (held.size > 0) return
  supervisor.stdin.end()
  supervisor = undefined
}

module.exports = { hold, release }
