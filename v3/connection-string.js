"use strict"

/** Options of TypeORM that a connection string may have and that are numbers. */
const NUMBERS = new Set([
  "acquireTimeout",
  "busyErrorRetry",
  "connectTimeout",
  "connectTimeoutMS",
  "maxQueryExecutionTime",
  "port",
  "timeout",
])

/**
 * A connection string as v3 reads it: parameters that are options of TypeORM become them. What it
 * gets wrong is right here: percent-encoding is decoded, and a value may have a `=`.
 *
 * Other parameters, such as `sslmode`, stay in the URL: the adapter knows those of libpq, Prisma
 * and the drivers.
 */
function parseConnectionString(text, isOption) {
  const [place, query] = split(text, "?")
  const config = {}
  const kept = []
  for (const pair of query.split("&").filter(Boolean)) {
    const [name, value] = split(pair, "=").map(decoded)
    const typed = isOption(name) ? option(name, value) : undefined
    if (typed === undefined) kept.push(pair)
    else config[name] = typed
  }
  const file = sqliteFile(place)
  if (file) return { ...file, ...config }
  const url = kept.length > 0 ? `${place}?${kept.join("&")}` : place
  // With the type, a database that the adapter does not speak is refused at once.
  const [, type] = /^([a-z][a-z0-9+-]*):\/\//i.exec(place) ?? []
  return { ...(type && type !== "file" && { type: type.toLowerCase() }), url, ...config }
}

/** SQLite's place in v3, `sqlite://localhost/auth.db`: whatever follows the host's slash. */
function sqliteFile(place) {
  const parts = /^(sqlite|better-sqlite3):\/\/[^/]*\/(.+)$/i.exec(place)
  return parts && { type: parts[1].toLowerCase(), database: decoded(parts[2]) }
}

function option(name, value) {
  if (value === "true") return true
  if (value === "false") return false
  // A text is a profile or JSON of one driver, or a mode of libpq.
  if (name === "ssl") return undefined
  return NUMBERS.has(name) && /^\d+$/.test(value) ? Number(value) : value
}

/** What is before the first separator, and what is behind it. */
function split(text, separator) {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)]
}

function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a lone %
  }
}

module.exports = { parseConnectionString }
