// `npm test`: all tests, from a fresh clone. It sets up what is missing, runs cargo's tests, the
// type tests and jest, and ends with one line that sums them up.
//
//   npm test                        everything
//   npm test -- session             jest alone, on the files whose path has "session"
//   DATABASES=sqlite npm test       only the databases that are named

import { spawn } from "node:child_process"
import { randomInt } from "node:crypto"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import path from "node:path"
import { summaryLines } from "../__test__/servers/index.js"
import { ensureAddon, ensureRootDependencies, ensureSystemPackages, root } from "./setup.mjs"

const wanted = process.argv.slice(2)

ensureRootDependencies()
ensureSystemPackages(["sqlite3", "chromium", "fonts-liberation"])
ensureAddon()

const suites = wanted.length > 0 ? { jest } : { cargo, types, jest }
const results = []
for (const [name, suite] of Object.entries(suites)) {
  console.log(`\n# ${name}`)
  const started = Date.now()
  const result = { name, passed: 0, failed: 0, skipped: 0, ...(await suite()) }
  results.push({ ...result, seconds: Math.round((Date.now() - started) / 1000) })
}
summarize()

/** The core, without Node.js. */
async function cargo() {
  // Other random input each time; what has failed comes again with FUZZ_SEED in the environment.
  const seed = process.env.FUZZ_SEED ?? String(randomInt(1, 2 ** 31))
  console.log(`FUZZ_SEED=${seed}`)
  // The addon's profile: what it compiled need not be compiled again.
  const { status, output } = await run("cargo", ["test", "--release", "--locked"], {
    read: true,
    env: { FUZZ_SEED: seed },
  })
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const line of output.matchAll(
    /^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    counts.passed += Number(line[1])
    counts.failed += Number(line[2])
    counts.skipped += Number(line[3])
  }
  return accountedFor(status, counts)
}

/** The declarations, as users of each NextAuth compile against them. */
async function types() {
  const { checkTypes } = await import("../__test__/types/check.mjs")
  return checkTypes()
}

/** The adapter, the package and the example. */
async function jest() {
  const file = path.join(root, "target/jest.json")
  mkdirSync(path.dirname(file), { recursive: true })
  rmSync(file, { force: true })
  // A socket that a test of refused or silent servers left behind must not hold the run up. That an
  // adapter itself keeps nothing alive is tested in processes of its own (__test__/process).
  const args = [
    "node_modules/jest/bin/jest.js",
    "--forceExit",
    "--json",
    `--outputFile=${file}`,
    ...wanted,
  ]
  const { status } = await run(process.execPath, args)
  return accountedFor(status, jestCounts(file))
}

function jestCounts(file) {
  let report
  try {
    report = JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return { passed: 0, failed: 0, skipped: 0 } // it ended before it could write one
  }
  return {
    passed: report.numPassedTests,
    // A file that could not run at all has no tests to count.
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** A suite that fails without a failed test, such as one that does not compile, is one failure. */
function accountedFor(status, counts) {
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

function run(command, args, { read = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const stdio = ["ignore", read ? "pipe" : "inherit", "inherit"]
    const child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, ...env } })
    let output = ""
    child.stdout?.on("data", (piece) => {
      process.stdout.write(piece)
      output += piece
    })
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`)
      resolve({ status: 1, output })
    })
    child.on("close", (code) => resolve({ status: code ?? 1, output }))
  })
}

/** Which databases were tested, and in which version; nothing, if jest came to none. */
function databases() {
  try {
    return ["", ...summaryLines()]
  } catch {
    return []
  }
}

function summarize() {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  const columns = (...cells) => cells.map((cell, i) => (i ? `${cell}`.padStart(8) : cell.padEnd(6)))
  console.log(`\n${columns("", "passed", "failed", "skipped", "seconds").join("")}`)
  for (const { name, passed, failed, skipped, seconds } of results) {
    console.log(columns(name, passed, failed, skipped, seconds).join(""))
  }
  for (const line of databases()) console.log(line)
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")]
  console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}
