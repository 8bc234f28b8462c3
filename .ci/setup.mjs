// What `npm start` and `npm test` need before they can do their work. Each step looks first and
// does nothing when all is there, so that both commands work from a fresh clone and start at once
// the second time.

import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { fileURLToPath } from "node:url"

const require = createRequire(import.meta.url)

/** The checkout. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** Debian packages that are there when their command is, however it was installed. */
const commands = { sqlite3: "sqlite3", chromium: "chromium" }

/** The JavaScript that is used to build and test; the package itself depends on none. */
export function ensureRootDependencies() {
  ensureDependencies(root)
}

/**
 * Installs what the lock file of a folder says, unless that has been done since it changed. Not
 * with `npm ci`: it refuses a lock file that lacks some other platform's optional package, which
 * is how npm writes it where the registry does not (yet) have that package.
 */
export function ensureDependencies(folder) {
  const installed = modified(path.join(folder, "node_modules/.package-lock.json"))
  if (installed >= modified(path.join(folder, "package-lock.json"))) return
  const name = path.relative(root, folder) || "the checkout"
  say(`installing the npm packages of ${name} (half a minute)`)
  // No package in use here needs its install script. NODE_ENV=production is no reason to leave
  // out what builds and tests.
  const flags = ["--no-save", "--ignore-scripts", "--include=dev"]
  run("npm", ["install", ...flags, "--no-audit", "--no-fund", "--loglevel=error"], folder)
}

/** The addon, no older than its sources. */
export function ensureAddon() {
  const { localFile } = require("../platform.js")
  const built = modified(path.join(root, localFile))
  const sources = ["src", "vendor", "Cargo.toml", "Cargo.lock", "build.rs"]
  if (built > Math.max(...sources.map((source) => newest(path.join(root, source))))) return
  say("building the addon (minutes the first time)")
  buildAddon("release")
}

/** Builds the addon with plain cargo, so that what it compiles serves `cargo test` too. */
export function buildAddon(profile) {
  const { build, missingTools } = require("../install.js")
  const missing = missingTools()
  if (missing) stop(missing)
  if (!build(profile)) stop(["The addon could not be built; what cargo said is above."])
}

/**
 * Debian packages. As root they are installed; others get the one command to run. Where there is
 * no Debian, what has a command is looked for and the rest is taken to be there.
 */
export function ensureSystemPackages(names) {
  const absent = names.filter((name) => !isInstalled(name))
  if (absent.length === 0) return
  const isDebian = existsSync("/usr/bin/apt-get")
  const flags = ["-y", "--no-install-recommends"]
  if (!isDebian || process.getuid?.() !== 0) {
    stop([
      `This needs ${absent.join(", ")}, which this machine lacks.`,
      isDebian
        ? `Run: sudo apt-get update && sudo apt-get install ${flags.join(" ")} ${absent.join(" ")}`
        : "Install what your system has under these names, and do this again.",
    ])
  }
  say(`installing ${absent.join(", ")} (half a minute)`)
  const apt = ["-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  run("apt-get", [...apt, "update"], root, env)
  run("apt-get", [...apt, "install", ...flags, ...absent], root, env)
}

function isInstalled(name) {
  if (commands[name] && !spawnSync(commands[name], ["--version"]).error) return true
  const dpkg = spawnSync("dpkg-query", ["--status", name], { encoding: "utf8" })
  if (dpkg.error) return commands[name] === undefined
  return dpkg.stdout.includes("\nStatus: install ok installed\n")
}

/** When a file was last changed, in milliseconds; long ago, if it is not there. */
function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** The newest change of a file, or of anything in a folder. */
function newest(file) {
  if (!statSync(file, { throwIfNoEntry: false })?.isDirectory()) return modified(file)
  const inside = readdirSync(file).map((name) => newest(path.join(file, name)))
  return Math.max(modified(file), ...inside)
}

function say(what) {
  console.log(`# ${what}`)
}

function stop(lines) {
  console.error(lines.join("\n"))
  process.exit(1)
}

function run(command, args, cwd = root, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { cwd, env, stdio: "inherit" })
  if (status !== 0) {
    stop([`${command} ${args.join(" ")} failed (${error?.message ?? signal ?? `code ${status}`}).`])
  }
}
