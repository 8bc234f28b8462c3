const { execFileSync, spawn } = require("node:child_process")
const path = require("node:path")
const { setTimeout: sleep } = require("node:timers/promises")

const root = path.join(__dirname, "..", "..")

/**
 * Runs `npm start` without npm, as the leader of a process group of its own, and waits for the
 * address that it prints. The first time it may have to install and build everything.
 */
async function startExample({ data, port = 0 }) {
  const child = spawn(process.execPath, [".ci/start.mjs"], {
    cwd: root,
    env: { ...process.env, DATA_DIR: data, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  const group = child.pid
  const example = { pid: child.pid, output: "" }
  let code
  const ended = new Promise((resolve) => {
    child.on("close", (...how) => {
      code = how[0] ?? how[1]
      resolve(code)
    })
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      example.output += chunk
    })
  }

  example.processes = () => processesOf(group)

  /** Resolves with the exit code, or the signal, once the whole group is gone. */
  example.end = async () => {
    const code = await ended
    for (let tries = 0; processesOf(group).length > 0; tries++) {
      if (tries === 50) throw new Error(`left behind:\n${processesOf(group).join("\n")}`)
      await sleep(100)
    }
    return code
  }

  /** What Ctrl-C does: the terminal sends the signal to every process of the group. */
  example.interrupt = () => process.kill(-group, "SIGINT")

  example.destroy = async () => {
    if (processesOf(group).length > 0) process.kill(-group, "SIGKILL")
    await ended
  }

  while (!example.url) {
    if (code !== undefined) throw new Error(`the example ended (${code}):\n${example.output}`)
    example.url = example.output.match(/http:\/\/localhost:\d+/)?.[0]
    await sleep(50)
  }
  example.port = Number(new URL(example.url).port)
  return example
}

/** The process group's members as lines `pid command`. */
function processesOf(group) {
  const lines = execFileSync("ps", ["-A", "-o", "pgid=,pid=,stat=,args="], { encoding: "utf8" })
  return lines
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([pgid, , stat]) => Number(pgid) === group && !stat.startsWith("Z"))
    .map(([, pid, , ...args]) => [pid, ...args].join(" "))
}

module.exports = { root, startExample }
