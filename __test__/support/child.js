const { spawn } = require("node:child_process")
const path = require("node:path")

const ROOT = path.resolve(__dirname, "../..")

/** What a child's script may use without saying so. */
const PRELUDE = `
"use strict"
const { SqlxAdapter, SqlxAdapterError } = require(${JSON.stringify(ROOT)})
const hence = (milliseconds = 3_600_000) => new Date(Date.now() + milliseconds)
const say = (value) => process.stdout.write(JSON.stringify(value) + "\\n")
process.on("unhandledRejection", (reason) => {
  process.stderr.write("unhandled rejection: " + reason + "\\n")
  process.exit(70)
})
`

/** Runs a script in a Node process of its own and waits for it to end by itself. */
function runNode(script, options = {}) {
  return startNode(script, options).ended
}

/**
 * Starts a script in a Node process of its own: `{ child, ended }`. Options: `env` (added to an
 * environment that names no database), `cwd`, `flags` for Node, `args` for the script, `prelude:
 * false` to load nothing before it, `wrap` (a command and its arguments to run Node through) and
 * `timeout`, after which it is killed and `ended` rejects.
 */
function startNode(script, options = {}) {
  const {
    env = {},
    cwd,
    flags = [],
    args = [],
    prelude = true,
    wrap = [],
    timeout = 40_000,
  } = options
  const source = (prelude ? PRELUDE : "") + script
  const [command, ...rest] = [...wrap, process.execPath, ...flags, "-e", source, "--", ...args]
  const begun = Date.now()
  const child = spawn(command, rest, {
    cwd,
    env: { ...plainEnvironment(), ...env },
    stdio: ["pipe", "pipe", "pipe"],
  })
  const ended = new Promise((resolve, reject) => {
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk) => (stdout += chunk))
    child.stderr.on("data", (chunk) => (stderr += chunk))
    child.stdin.on("error", () => {})
    const timer = setTimeout(() => {
      child.kill("SIGKILL")
      reject(new Error(`still running after ${timeout} ms\n${stdout}\n${stderr}`))
    }, timeout)
    child.on("error", reject)
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout, stderr, elapsed: Date.now() - begun })
    })
  })
  return { child, ended }
}

/** This process's environment without what would lead the adapter, or Node, elsewhere. */
function plainEnvironment() {
  const { AUTH_DATABASE_URL, DATABASE_URL, NODE_ENV, NODE_OPTIONS, ...rest } = process.env
  return rest
}

/** The values that a child said, when it ended well. */
function said({ code, signal, stdout, stderr }) {
  if (code !== 0 || signal !== null) {
    throw new Error(`the child ended with ${signal ?? code}\n${stdout}\n${stderr}`)
  }
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
}

/** Runs a script and gives the one value that it said. */
async function ask(script, options) {
  const values = said(await runNode(script, options))
  if (values.length !== 1) throw new Error(`the child said ${values.length} things`)
  return values[0]
}

module.exports = { ROOT, ask, runNode, said, startNode }
