// On what and with what it was measured.

import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { cpus, release, totalmem } from "node:os"
import { fileURLToPath } from "node:url"

export function machine() {
  const all = cpus()
  return {
    processor: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()}`,
    node: process.version,
  }
}

/** The versions of our adapter and of what it is compared with. */
export function versions() {
  const found = {}
  const read = (path) => JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url))))
  const { dependencies } = read("../package.json")
  for (const name of Object.keys(dependencies)) {
    found[name] = read(`../node_modules/${name}/package.json`).version
  }
  const { version } = read("../../package.json")
  const git = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" })
  found["next-auth-sqlx-adapter"] = git.status === 0 ? `${version} (${git.stdout.trim()})` : version
  return found
}
