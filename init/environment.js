"use strict"

// The database and the secret, in a file that stays on this machine.

const { randomBytes } = require("node:crypto")

const file = ".env.local"

/** The files that Next.js reads while developing. */
const files = [".env.development.local", ".env.local", ".env.development", ".env"]

/** What of the environment is there, and where: `undefined`, if nowhere. */
function whereIs(project, ...names) {
  const pattern = new RegExp(`^\\s*(?:export\\s+)?(${names.join("|")})\\s*=\\s*\\S`, "m")
  for (const name of files.filter((name) => project.has(name))) {
    const variable = pattern.exec(project.read(name))?.[1]
    if (variable) return { variable, file: name }
  }
  return undefined
}

const database = (project) => whereIs(project, "AUTH_DATABASE_URL", "DATABASE_URL")

/** What is to be done: `{ changes, notes }`. `url` is asked for where there is none yet. */
function planEnvironment(project, url) {
  const lines = []
  const notes = []
  const hidden = []
  const found = database(project)
  if (found) notes.push(`The database is the one that ${found.variable} in ${found.file} names.`)
  else {
    lines.push(`AUTH_DATABASE_URL=${quoted(url)}`)
    const password = /:\/\/[^/@]*?:([^/]*)@/.exec(quoted(url))?.[1]
    if (password) hidden.push(password)
  }
  const secret = project.authMajor >= 5 ? "AUTH_SECRET" : "NEXTAUTH_SECRET"
  if (!whereIs(project, "AUTH_SECRET", "NEXTAUTH_SECRET")) {
    const value = randomBytes(32).toString("base64url")
    hidden.push(value)
    lines.push(`${secret}=${quoted(value)}`)
  }
  const changes = []
  if (lines.length > 0) {
    const before = project.has(file) ? project.read(file) : undefined
    changes.push({ file, before, after: appended(before, lines), hidden, mode: 0o600 })
  }
  const ignored = ignore(project, found === undefined && /^(sqlite:|file:|\.?\/)/.test(url))
  if (ignored) changes.push(ignored)
  return { changes, notes }
}

/** Next.js expands `$` in what it reads, and takes `#` for a comment. */
function quoted(value) {
  return /^[\w:/.@?=&%+-]*$/.test(value) ? value : `"${value.replace(/["\\$]/g, "\\$&")}"`
}

function appended(before, lines) {
  const start = before === undefined || before === "" ? "" : before.replace(/\n?$/, "\n")
  return `${start}${lines.join("\n")}\n`
}

/** Users' data and secrets are not to be committed. */
function ignore(project, hasFile) {
  if (!project.has(".gitignore")) return undefined
  const before = project.read(".gitignore")
  const lines = before.split("\n").map((line) => line.trim())
  const missing = []
  if (!lines.some((line) => /^\/?\.env(\*|\.\*|\*?\.local|\.\*\.local|\*\.local)$/.test(line))) {
    missing.push(".env*.local")
  }
  if (hasFile && !lines.some((line) => /^\/?(\*|auth)\.db\*?$/.test(line)))
    missing.push("*.db", "*.db-*")
  if (missing.length === 0) return undefined
  return { file: ".gitignore", before, after: appended(before, missing) }
}

module.exports = { database, planEnvironment }
