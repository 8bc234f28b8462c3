// How many machine instructions a call takes in our addon: a figure that, unlike time, is the same
// on a busy machine. It may not grow by more than a twentieth over what instructions.json has.
//
//   node bench/instructions.mjs          compares, and fails if one has grown
//   node bench/instructions.mjs --save   writes the file anew; the commit says why
//
// Valgrind counts a process of Node.js that does nothing but call, with V8's compiler off and its
// threads not started. It runs once with a few calls of everything, and once more for each kind of
// call with many more of them: the difference is what they take.

import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { ensureAddon, ensureSystemPackages, root } from "../.ci/setup.mjs"
import { isQuickBuild } from "./lib/machine.mjs"

const require = createRequire(import.meta.url)

const TOLERANCE = 1.05
const TRIES = 8
const MORE_CALLS = 960 // a whole number of each batch
const CALLS = {
  sessionRead: "getSessionAndUser, one at a time",
  sessionReads16: "getSessionAndUser, 16 together",
  createSession: "createSession, one at a time",
}

const baseline = fileURLToPath(new URL("instructions.json", import.meta.url))
const saves = process.argv.includes("--save")

ensureSystemPackages(["valgrind"])
ensureAddon()
if (isQuickBuild()) {
  console.error("The addon is not a release build, whose instructions these are: npm run build")
  process.exit(1)
}

// Under valgrind a look-up may take longer than it is given on JavaScript's thread, and its neighbours go to
// another one then. That only ever adds, so the least that a process was seen to take is what it takes.
const known = saves ? {} : JSON.parse(readFileSync(baseline, "utf8"))
const least = {}
let counted = count()
for (let tries = 1; tries < TRIES && (saves || grown().length > 0); tries++) counted = count()

for (const [name, title] of Object.entries(CALLS)) {
  const compared = known[name] ? percent(counted[name] / known[name]) : "new"
  console.log(`${title.padEnd(34)} ${String(counted[name]).padStart(8)} instructions, ${compared}`)
}
if (saves) writeFileSync(baseline, `${JSON.stringify(counted, null, 2)}\n`)
if (grown().length > 0) {
  console.error(
    `More than 5 % more instructions than in bench/instructions.json: ${grown().join("; ")}.\n` +
      "If that is worth it, run `node bench/instructions.mjs --save`, and say in the commit why.",
  )
  process.exit(1)
}

/** The calls that take too many more than they did. */
function grown() {
  const names = Object.keys(CALLS).filter((name) => counted[name] > known[name] * TOLERANCE)
  return names.map((name) => CALLS[name])
}

/** What each call takes by all that was seen until now, and once more now. */
function count() {
  const folder = mkdtempSync(join(tmpdir(), "instructions-"))
  try {
    for (const name of ["none", ...Object.keys(CALLS)]) {
      least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, run(folder, name))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const taken = (name) => Math.round((least[name] - least.none) / MORE_CALLS)
  return Object.fromEntries(Object.keys(CALLS).map((name) => [name, taken(name)]))
}

/** The instructions of a whole process that were executed in our addon. */
function run(folder, more) {
  const out = join(folder, `${more}.out`)
  const caller = fileURLToPath(new URL("lib/calls.cjs", import.meta.url))
  const { status, stderr, error } = spawnSync(
    "valgrind",
    [
      "--tool=callgrind",
      `--callgrind-out-file=${out}`,
      process.execPath,
      ...["--predictable", "--single-threaded", "--jitless", "--no-warnings"],
      ...[caller, join(folder, `${more}.db`), more, String(MORE_CALLS)],
    ],
    { cwd: root, encoding: "utf8" },
  )
  if (status !== 0) throw new Error(error?.message ?? stderr)
  return executedIn(require("../platform.js").localFile, readFileSync(out, "utf8"))
}

/** Of callgrind's file: the sum of an object's own costs, those of what it called left out. */
function executedIn(object, text) {
  let total = 0
  let isCost = true
  let current
  let wanted
  for (const line of text.split("\n")) {
    const named = /^(c?)ob=\((\d+)\)(?: (.*))?/.exec(line)
    if (named) {
      const [, called, id, path] = named
      if (path?.endsWith(`/${object}`)) wanted = id
      if (!called) current = id
    } else if (line.startsWith("calls=")) {
      isCost = false
    } else if (/^[+\-*\d]/.test(line)) {
      if (isCost && current === wanted) total += Number(line.split(" ")[1])
      isCost = true
    }
  }
  if (!wanted) throw new Error(`${object} is not in what valgrind counted`)
  return total
}

function percent(change) {
  const value = (change - 1) * 100
  return `${value < 0 ? "" : "+"}${value.toFixed(1)} %`
}
