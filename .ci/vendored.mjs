// Holds vendor/sqlx-core to the published crate with vendor/sqlx-core.patch, and nothing else.
//
//   node .ci/vendored.mjs           says what differs
//   node .ci/vendored.mjs --write   makes the folder anew

import { spawnSync } from "node:child_process"
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import path from "node:path"
import { root } from "./setup.mjs"

const CRATE = "sqlx-core"
/** What a crate is compiled from. Its LICENSE files are links that lead out of the crate. */
const SOURCES = ["Cargo.toml", "src"]

const vendored = path.join(root, "vendor", CRATE)
const scratch = path.join(root, "target/vendored")

mkdirSync(scratch, { recursive: true })
const folder = mkdtempSync(path.join(scratch, "run-"))
try {
  const expected = patched()
  if (process.argv.includes("--write")) {
    for (const name of SOURCES) {
      rmSync(path.join(vendored, name), { recursive: true, force: true })
      cpSync(path.join(expected, name), path.join(vendored, name), { recursive: true })
    }
  }
  const differing = differences(expected)
  for (const name of differing)
    console.error(`vendor/${CRATE}/${name} is not the published one, patched`)
  if (differing.length > 0) process.exitCode = 1
  else console.log(`vendor/${CRATE} is the published crate and vendor/${CRATE}.patch`)
} finally {
  rmSync(folder, { recursive: true })
}

/** A copy of the published crate, with the patch. */
function patched() {
  const version = /^version = "(.+)"/m.exec(
    readFileSync(path.join(vendored, "Cargo.toml"), "utf8"),
  )[1]
  const copy = path.join(folder, CRATE)
  for (const name of SOURCES) {
    cpSync(path.join(published(version), name), path.join(copy, name), { recursive: true })
  }
  const patch = path.join(root, "vendor", `${CRATE}.patch`)
  run("git", ["apply", patch], copy)
  return copy
}

/** Where cargo has the crate as it was published. */
function published(version) {
  const project = path.join(folder, "project")
  mkdirSync(path.join(project, "src"), { recursive: true })
  writeFileSync(path.join(project, "src/lib.rs"), "")
  writeFileSync(
    path.join(project, "Cargo.toml"),
    `[package]\nname = "published"\nversion = "0.0.0"\nedition = "2024"\n\n` +
      `[dependencies]\n${CRATE} = "=${version}"\n\n[workspace]\n`,
  )
  const { packages } = JSON.parse(run("cargo", ["metadata", "--format-version", "1"], project))
  return path.dirname(packages.find(({ name }) => name === CRATE).manifest_path)
}

/** The files that are in one of the two and not in the other, or differ. */
function differences(expected) {
  const names = new Set([expected, vendored].flatMap(filesOf))
  return [...names].sort().filter((name) => contents(expected, name) !== contents(vendored, name))
}

function filesOf(crate) {
  return SOURCES.flatMap((name) =>
    name === "src"
      ? readdirSync(path.join(crate, name), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.relative(crate, path.join(entry.parentPath, entry.name)))
      : [name],
  )
}

function contents(crate, name) {
  try {
    return readFileSync(path.join(crate, name), "utf8")
  } catch {
    return undefined
  }
}

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    // Else `git apply` takes a patch's paths as those of the repository around.
    env: { ...process.env, GIT_CEILING_DIRECTORIES: folder },
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${error?.message ?? stderr}`)
  return stdout
}
