import { createRequire } from "node:module"

const require = createRequire(import.meta.url)

/** The parts of a URL, and drivers on it, each made when it is asked for. */
export function connect(kind, url) {
  const place = { kind, url }
  if (kind === "sqlite") {
    const file = url.replace("sqlite:", "")
    return {
      ...place,
      file,
      driver() {
        const Database = require("better-sqlite3")
        const database = new Database(file, { timeout: 10_000 })
        database.pragma("journal_mode = WAL")
        database.pragma("foreign_keys = ON")
        return database
      },
    }
  }
  const { hostname, port, username, password, pathname } = new URL(url)
  const where = {
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  }
  return {
    ...place,
    where,
    driver() {
      if (kind === "postgres") return new (require("pg").Pool)({ ...where, max: 4 })
      const mysql = require("mysql2/promise")
      const pool = mysql.createPool({ ...where, connectionLimit: 4, timezone: "Z" })
      // The server has a zone of its own here, and Drizzle takes every server's for UTC.
      pool.pool.on("connection", (connection) => connection.query("SET time_zone = '+00:00'"))
      return pool
    },
  }
}
