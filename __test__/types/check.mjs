// Compiles every program of this folder with every compiler, and says what failed:
//
//   node __test__/types/check.mjs
//
// What is in the programs is proved by compiling: an `@ts-expect-error` that expects in vain is an
// error too.

import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

const folder = path.dirname(fileURLToPath(import.meta.url))
const modules = path.join(folder, "../../node_modules")

/** The newest TypeScript, and the last one of the 5 that most projects are on. */
const compilers = ["typescript", "typescript-5"]

const programs = [
  "alone.json",
  "auth-core.json",
  "next-auth-3.json",
  "next-auth-4.json",
  "next-auth-4-with-its-core.json",
  "next-auth-4-without-core.json",
  "next-auth-5.json",
]

/** Runs them all and gives how many passed and failed. */
export function checkTypes() {
  const result = { passed: 0, failed: 0 }
  for (const compiler of compilers) {
    const { version } = JSON.parse(
      readFileSync(path.join(modules, compiler, "package.json"), "utf8"),
    )
    for (const program of programs) {
      const args = [path.join(modules, compiler, "bin/tsc"), "-p", path.join(folder, program)]
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" })
      const passed = status === 0
      result[passed ? "passed" : "failed"] += 1
      console.log(`${passed ? "ok  " : "FAIL"} ${path.parse(program).name} (TypeScript ${version})`)
      if (!passed) console.log(stdout)
    }
  }
  return result
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = checkTypes().failed === 0 ? 0 : 1
}
