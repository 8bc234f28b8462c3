// On what and with what it was measured.

import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { cpus, release, totalmem } from "node:os"
import { fileURLToPath } from "node:url"

const require = createRequire(import.meta.url)

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
  const git = spawnSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" })
  const build = [
    version,
    git.status === 0 && git.stdout.trim(),
    isQuickBuild() && "NOT a release build",
  ]
  found["next-auth-sqlx-adapter"] = build.filter(Boolean).join(", ")
  return found
}

/** Whether the addon is what `npm run build:quick` made: not what users get. */
export function isQuickBuild() {
  const { localFile } = require("../../platform.js")
  const addon = fileURLToPath(new URL(`../../${localFile}`, import.meta.url))
  const extension = { darwin: "dylib", win32: "dll" }[process.platform] ?? "so"
  const prefix = process.platform === "win32" ? "" : "lib"
  const library = `../../target/quick/${prefix}next_auth_sqlx_adapter.${extension}`
  try {
    return readFileSync(addon).equals(readFileSync(new URL(library, import.meta.url)))
  } catch {
    return false
  }
}
