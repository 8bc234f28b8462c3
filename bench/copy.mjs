// What the command `copy` takes for many users, each with an account and a session: from SQLite to
// PostgreSQL, and from Prisma's tables to our own in PostgreSQL. Its time, and the most memory that it has
// at once.
//
//   node bench/copy.mjs [users]      a million of them, if nothing is said
//
// It needs the `sqlite3` command, and starts a PostgreSQL server as the tests do.

import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"

const require = createRequire(import.meta.url)
const { Client } = require("pg")
const { SqlxAdapter } = require("..")
const { copy, many } = require("../__test__/cli/copying.js")
const { create } = require("../__test__/presets/presets.js")
const { start } = require("../__test__/servers/postgres.js")

const users = Number(process.argv[2] ?? 1_000_000)
const folder = mkdtempSync(join(process.env.BENCH_DIR || tmpdir(), "bench-copy-"))
const file = join(folder, "auth.db")
const server = await start({ durable: true, settings: { max_wal_size: "8GB" } })
try {
  const adapter = SqlxAdapter(file, { synchronize: true })
  await adapter.ping()
  await adapter.close()
  execFileSync("sqlite3", ["-batch", "-bail", file], { input: `${many(users)};\n` })
  const rows = (users * 3).toLocaleString("en-US")
  const size = (statSync(file).size / 2 ** 20).toFixed(0)
  console.log(`${rows} rows (${size} MiB in SQLite), to PostgreSQL ${server.version}`)
  const ours = await server.createDatabase("ours")
  console.log(`  copied and read back: ${await timed(["--from", file, "--to", ours])}`)
  console.log(`  run again, all of it there: ${await timed(["--from", file, "--to", ours])}`)

  const prismas = await server.createDatabase("prismas")
  await fillPrismas(prismas)
  const left = await server.createDatabase("left")
  console.log(`${rows} rows in Prisma's tables, to our own in another database of the same server`)
  const copied = await timed(["--from", prismas, "--from-schema", "prisma", "--to", left])
  console.log(`  copied and read back: ${copied}`)
} finally {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function timed(args) {
  const { code, stderr, copied } = await copy(args)
  if (code !== 0) throw new Error(`copy ended with ${code}: ${stderr}`)
  const rate = Math.round((users * 3) / copied.seconds).toLocaleString("en-US")
  const memory = (copied.peakMemory / 2 ** 20).toFixed(0)
  return `${copied.seconds.toFixed(1)} s, ${rate} rows/s, ${memory} MiB at most`
}

/** The same users in Prisma's tables, with ids and plain session tokens as its adapter makes them. */
async function fillPrismas(url) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await create("prisma", "postgres", { execute: (sql) => client.query(sql) })
    const id = "'c' || lpad(i::text, 24, '0')"
    const now = "timestamp '2024-01-01'"
    const n = `FROM generate_series(1, ${users}) AS i`
    await client.query(`INSERT INTO "User" (id, name, email, "emailVerified", "updatedAt")
      SELECT ${id}, 'User ' || i, 'user' || i || '@example.com', ${now}, ${now} ${n}`)
    await client.query(`INSERT INTO "Account" ("userId", type, provider, "providerAccountId", access_token, expires_at, "updatedAt")
      SELECT ${id}, 'oauth', 'github', 'account' || i, repeat('0', 400), 1700000000, ${now} ${n}`)
    await client.query(`INSERT INTO "Session" ("sessionToken", "userId", expires, "updatedAt")
      SELECT md5(i::text)::uuid, ${id}, timestamp '2030-01-01', ${now} ${n}`)
  } finally {
    await client.end()
  }
}
