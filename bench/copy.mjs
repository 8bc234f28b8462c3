// What the command `copy` takes for many users, each with an account and a session, from SQLite to
// PostgreSQL: its time, and the most memory that it has at once.
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
const { SqlxAdapter } = require("..")
const { copy, many } = require("../__test__/cli/copying.js")
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
  const url = await server.createDatabase("copied")
  const fresh = await timed(["--from", file, "--to", url])
  const again = await timed(["--from", file, "--to", url])
  const size = (statSync(file).size / 2 ** 20).toFixed(0)
  const rows = (users * 3).toLocaleString("en-US")
  console.log(`${rows} rows (${size} MiB in SQLite), to PostgreSQL ${server.version}`)
  console.log(`copied and read back: ${fresh}`)
  console.log(`run again, all of it there: ${again}`)
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
