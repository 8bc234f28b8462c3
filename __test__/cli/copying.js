const { spawn } = require("node:child_process")
const path = require("node:path")

const { DATABASE_URL: _, AUTH_DATABASE_URL: __, ...environment } = process.env

const cli = path.join(__dirname, "../../cli.js")

/** Starts `copy`. The child has `ended`: a promise of `{ code, signal, stdout, stderr }`. */
function start(args, env = {}) {
  const child = spawn(process.execPath, [cli, "copy", ...args], {
    env: { ...environment, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const said = { stdout: "", stderr: "" }
  for (const name of ["stdout", "stderr"]) {
    child[name].on("data", (piece) => {
      said[name] += piece
    })
  }
  child.ended = new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code, signal, ...said }))
  })
  return child
}

/** Runs `copy --json`, and gives its exit status, what it printed, and that as a value. */
async function copy(args, env) {
  const { code, stdout, stderr } = await start([...args, "--json"], env).ended
  return { code, stderr, stdout, copied: stdout === "" ? undefined : JSON.parse(stdout) }
}

const COLUMNS = {
  users: { email_verified: "date", created_at: "date", unfinished_since: "date" },
  accounts: { expires_at: "number", created_at: "date", lock_expires: "date" },
  sessions: { expires: "date", created_at: "date" },
  verification_tokens: { expires: "date", used_at: "date", uses: "number", attempts: "number" },
  authenticators: { counter: "number", credential_backed_up: "boolean" },
}

/** All that our own tables hold, alike whatever the database is, as its independent driver reads it. */
async function contents(database, place) {
  const tables = {}
  for (const [table, special] of Object.entries(COLUMNS)) {
    const rows = await place.rows(`SELECT * FROM ${table}`)
    const value = ([column, held]) => {
      const read = held === null ? undefined : special[column]
      return [column, read === undefined ? held : database[read](held)]
    }
    const alike = rows.map((row) =>
      JSON.stringify(Object.fromEntries(Object.entries(row).map(value).sort())),
    )
    tables[table] = alike.sort()
  }
  return tables
}

/** SQL of SQLite that makes `count` users with an account and a session each, in our own tables. */
function many(count) {
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`
  const id = "printf('0190%028d', i)"
  return [
    "BEGIN",
    `${numbers} INSERT INTO users (id, name, email, email_verified, image)
      SELECT ${id}, 'User ' || i, 'user' || i || '@example.com', 1700000000000 + i, NULL FROM n`,
    `${numbers} INSERT INTO accounts (user_id, type, provider, provider_account_id, access_token, expires_at)
      SELECT ${id}, 'oauth', 'github', 'account' || i, hex(zeroblob(200)), 1700000000 + i FROM n`,
    `${numbers} INSERT INTO sessions (session_token, user_id, expires)
      SELECT printf('sha256:%064x', i * 7919), ${id}, 1900000000000 + i FROM n`,
    "COMMIT",
  ].join(";\n")
}

module.exports = { cli, contents, copy, many, start }
