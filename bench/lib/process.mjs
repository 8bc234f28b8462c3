// Peers run in processes of their own.

import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const ENVIRONMENT = {
  NODE_ENV: "production", // TypeORM's adapter looks at its tables in each call otherwise
  TZ: "UTC",
  NODE_NO_WARNINGS: "1",
}

/** The Node.js that a peer needs, if it is not the one that runs this. */
export function nodeFor(peer) {
  const major = Number(process.versions.node.split(".")[0])
  if (!peer.node || major >= peer.node) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  const file = fileURLToPath(new URL(`../node_modules/${name}/bin/node`, import.meta.url))
  if (existsSync(file)) return file
  throw new Error(`needs Node.js ${peer.node}`)
}

/**
 * Runs one of lib/'s scripts with a task and hands each line that it says to `hear`.
 *
 * @param {object} peer
 * @param {string} script
 * @param {object} task
 * @param {(message: object) => void} hear
 * @param {{ timeout?: number }} [options] milliseconds
 */
export async function run(peer, script, task, hear, { timeout = 600_000 } = {}) {
  const file = fileURLToPath(new URL(`${script}.mjs`, import.meta.url))
  const child = spawn(nodeFor(peer), ["--expose-gc", file, JSON.stringify(task)], {
    env: { ...process.env, ...ENVIRONMENT },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-4000)
  })
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("{")) hear(JSON.parse(line))
    else said += `${line}\n`
  })
  const timer = setTimeout(() => child.kill("SIGKILL"), timeout)
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (...how) => resolve(how))
  })
  clearTimeout(timer)
  if (code === 0) return
  const reason = /^\w*Error.*$/m.exec(said)?.[0] ?? said.trim().split("\n").at(-1)
  const error = new Error(reason || `ended with ${signal ?? code}`)
  error.said = said
  throw error
}
