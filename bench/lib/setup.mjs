// What the benchmark needs before it can begin. Each step looks first and does nothing when all is
// there.

import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { ensureAddon, ensureDependencies, ensureRootDependencies } from "../../.ci/setup.mjs"

const bench = fileURLToPath(new URL("..", import.meta.url))
const modules = join(bench, "node_modules")

/** @returns {Promise<Record<string, string>>} peers that cannot run here, with the reason */
export async function setUp() {
  ensureRootDependencies()
  if (!process.env.BENCH_ADAPTER) ensureAddon()
  ensureDependencies(bench)
  compileSqlite()
  const unavailable = {}
  try {
    await generatePrisma()
  } catch (error) {
    unavailable.prisma = `its client could not be generated: ${error.message}`
  }
  return unavailable
}

/** Its prebuilt binary is elsewhere than in the package, and it is to be the same everywhere. */
function compileSqlite() {
  if (existsSync(join(modules, "better-sqlite3/build/Release/better_sqlite3.node"))) return
  console.log("# compiling better-sqlite3 12 (a minute)")
  run("npm", ["rebuild", "better-sqlite3"], { npm_config_build_from_source: "true" })
}

/** Prisma's clients, one for each kind of database. */
async function generatePrisma() {
  const { prismaModels } = await import("../schemas/prisma.mjs")
  const providers = { sqlite: "sqlite", postgres: "postgresql", mariadb: "mysql" }
  const cli = join(modules, "prisma/build/index.js")
  for (const [database, provider] of Object.entries(providers)) {
    const output = join(bench, ".generated", `prisma-${database}`)
    if (modified(join(output, "index.js")) > modified(cli)) continue
    console.log(`# generating Prisma's client for ${database}`)
    mkdirSync(join(bench, ".generated"), { recursive: true })
    const schema = join(bench, ".generated", `${database}.prisma`)
    writeFileSync(schema, prismaModels(provider, output))
    run(process.execPath, [cli, "generate", "--schema", schema, "--no-hints"], {
      // Migrations need a program that is downloaded. Nothing here migrates: any file will do.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
      CHECKPOINT_DISABLE: "1",
    })
  }
}

function run(command, args, env) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: bench,
    env: { ...process.env, ...env },
    encoding: "utf8",
  })
  if (status === 0) return
  const said = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").at(-1)
  throw new Error(error?.message ?? said ?? `${command} ended with ${status}`)
}

const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
