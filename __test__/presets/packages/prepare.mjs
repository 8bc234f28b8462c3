// What the packages need before they can run. Each step looks first and does nothing when all is
// there.

import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { ensureAddon, ensureDependencies, ensureRootDependencies } from "../../../.ci/setup.mjs"
import { prismaModels, prismaV3Models } from "./prisma-models.mjs"

const here = fileURLToPath(new URL(".", import.meta.url))

ensureRootDependencies()
ensureAddon()
ensureDependencies(here.replace(/\/$/, ""))
compileSqlite()
generatePrisma()

/** Its prebuilt binary is elsewhere than in the package. */
function compileSqlite() {
  const binary = `${here}node_modules/better-sqlite3/build/Release/better_sqlite3.node`
  if (existsSync(binary)) return
  console.log("# compiling better-sqlite3 (a minute)")
  run("npm", ["rebuild", "better-sqlite3"], { npm_config_build_from_source: "true" })
}

/** Prisma's clients, for today's models and for those of v3: one for each kind of database. */
function generatePrisma() {
  for (const [prefix, models] of [
    ["", prismaModels],
    ["v3-", prismaV3Models],
  ]) {
    for (const [kind, provider] of [
      ["sqlite", "sqlite"],
      ["postgres", "postgresql"],
      ["mysql", "mysql"],
    ]) {
      generateClient(`${prefix}${kind}`, (output) => models(provider, output))
    }
  }
}

function generateClient(name, models) {
  const output = `${here}.generated/${name}`
  if (existsSync(`${output}/index.js`)) return
  console.log(`# generating Prisma's client for ${name}`)
  mkdirSync(`${here}.generated`, { recursive: true })
  const schema = `${here}.generated/${name}.prisma`
  writeFileSync(schema, models(output))
  run(
    process.execPath,
    [`${here}node_modules/prisma/build/index.js`, "generate", "--schema", schema, "--no-hints"],
    {
      // Migrations need a program that is downloaded. Nothing here migrates: any file will do.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
      CHECKPOINT_DISABLE: "1",
    },
  )
}

function run(command, args, env) {
  const options = { cwd: here, env: { ...process.env, ...env }, encoding: "utf8" }
  const { status, error, stdout, stderr } = spawnSync(command, args, options)
  if (status === 0) return
  console.error(`${stdout ?? ""}${stderr ?? ""}`)
  throw new Error(error?.message ?? `${command} ended with ${status}`)
}
