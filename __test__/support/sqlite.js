const { spawn } = require("node:child_process")
const fs = require("node:fs/promises")
const os = require("node:os")
const path = require("node:path")

/**
 * SQLite, read back by the `sqlite3` command: a process of its own, because two copies of SQLite
 * in one process on one file can corrupt it (POSIX locks belong to the process, and closing
 * either copy's file drops the other's).
 */
const sqlite = {
  name: "sqlite",
  kind: "sqlite",

  async fresh() {
    const folder = await freshFolder()
    const file = path.join(folder, "auth.db")
    return {
      url: `sqlite:${file}`,
      file,
      folder,
      rows: (sql, params) => query(file, sql, params),
      execute: (sql, params) => query(file, sql, params),
      drop: () => fs.rm(folder, { recursive: true, force: true }),
    }
  },

  date: (value) => value,
  moment: (milliseconds) => milliseconds,
  boolean: (value) => value === 1,
  number: (value) => value,
}

function freshFolder() {
  return fs.mkdtemp(path.join(os.tmpdir(), "adapter-test-"))
}

/** The rows of one statement as objects; those of several statements are not told apart. */
async function query(file, sql, params = []) {
  const output = await command(file, bound(sql, params))
  return output.trim() === "" ? [] : JSON.parse(output)
}

/** The statement with its `?` replaced: `sqlite3` has no parameters worth the name. */
function bound(sql, params) {
  const left = [...params]
  const text = sql.replace(/\?/g, () => {
    if (left.length === 0) throw new Error(`too few parameters: ${sql}`)
    return literal(left.shift())
  })
  if (left.length > 0) throw new Error(`too many parameters: ${sql}`)
  return text
}

function literal(value) {
  if (value === null || value === undefined) return "NULL"
  if (typeof value === "number") return String(value)
  if (typeof value === "boolean") return value ? "1" : "0"
  return `'${String(value).replaceAll("'", "''")}'`
}

function command(file, sql) {
  return new Promise((resolve, reject) => {
    const flags = ["-batch", "-bail", "-json", "-cmd", ".timeout 10000", file]
    const child = spawn("sqlite3", flags, { stdio: ["pipe", "pipe", "pipe"] })
    const output = []
    const complaints = []
    child.stdout.on("data", (chunk) => output.push(chunk))
    child.stderr.on("data", (chunk) => complaints.push(chunk))
    child.stdin.on("error", () => {})
    child.on("error", (error) => {
      const missing = error.code === "ENOENT"
      reject(missing ? new Error("these tests need the sqlite3 command") : error)
    })
    child.on("close", (code) => {
      const complaint = Buffer.concat(complaints).toString()
      if (code === 0 && complaint === "") resolve(Buffer.concat(output).toString())
      else reject(new Error(`sqlite3 exited with ${code}: ${complaint}`))
    })
    child.stdin.end(`${sql};\n`)
  })
}

module.exports = { sqlite, query, freshFolder }
