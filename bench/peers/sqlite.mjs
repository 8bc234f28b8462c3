// How every peer that takes an open database gets one: as durable as ours is by default, and with
// foreign keys.

import Database from "better-sqlite3"

export function openSqlite(file, Driver = Database) {
  const database = new Driver(file, { timeout: 5000 })
  setPragmas(database)
  return database
}

export function setPragmas(database) {
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database.pragma("foreign_keys = ON")
}
