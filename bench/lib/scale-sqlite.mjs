// A file of SQLite with so many sessions, of a fifth as many users. It needs the `sqlite3` command.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { emailOf, sizesOf, tokenInTable, userIdOf } from "./scale-people.mjs"

const EXPIRES = Date.UTC(2100, 0, 1)

export async function fileOf(SqlxAdapter, sessions) {
  const folder = mkdtempSync(join(process.env.BENCH_DIR || tmpdir(), "scale-"))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const file = join(folder, "auth.db")
    const adapter = SqlxAdapter(file, { synchronize: true })
    await adapter.ping()
    await adapter.migrate()
    await adapter.close()
    const { users } = sizesOf(sessions)
    const people = range(users).map((n) => `${userIdOf(n)},${emailOf(n)}`)
    await load(file, "users", ["id", "email"], people)
    // In the order of their keys: into a table of this size at random it would take an hour.
    const rows = range(sessions).map((n) => `${tokenInTable(n)},${userIdOf(n % users)},${EXPIRES}`)
    await load(file, "sessions", ["session_token", "user_id", "expires"], rows.sort())
    return { file, sessions, remove }
  } catch (error) {
    remove()
    throw error
  }
}

const range = (count) => Array.from({ length: count }, (_, n) => n)

async function load(file, table, columns, lines) {
  const names = columns.join(", ")
  const sqlite = spawn("sqlite3", ["-batch", "-bail", file], {
    stdio: ["pipe", "ignore", "inherit"],
  })
  const ended = once(sqlite, "exit")
  const say = async (text) => sqlite.stdin.write(text) || (await once(sqlite.stdin, "drain"))
  await say("PRAGMA synchronous = OFF; BEGIN;\n")
  for (let from = 0; from < lines.length; from += 500) {
    const values = lines.slice(from, from + 500).map((line) => `('${line.split(",").join("','")}')`)
    await say(`INSERT INTO ${table} (${names}) VALUES ${values.join(",")};\n`)
  }
  sqlite.stdin.end("COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);\n")
  const [code] = await ended
  if (code !== 0) throw new Error(`sqlite3 ended with ${code}`)
}
