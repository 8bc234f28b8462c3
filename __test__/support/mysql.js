const { randomBytes } = require("node:crypto")
const { server } = require("../servers")

const mariadb = databaseOn("mariadb")
const mysql = databaseOn("mysql")

function databaseOn(name) {
  return {
    name,
    kind: name,

    get unavailable() {
      return server(name).unavailable
    },

    async fresh(options) {
      const here = server(name)
      const database = `t_${randomBytes(6).toString("hex")}`
      const url = await here.createDatabase(database)
      const reader = readerOf(url, options)
      return {
        url,
        database,
        rows: reader.rows,
        execute: reader.execute,
        connections: reader.connections,
        async drop() {
          await reader.end()
          await here.dropDatabase(database)
        },
      }
    },

    /** A date as the column's own text, which is UTC: no driver's idea of time zones in between. */
    date: (value) => Date.parse(`${value.replace(" ", "T")}Z`),
    moment: (milliseconds) => new Date(milliseconds).toISOString().replace("T", " ").slice(0, -1),
    boolean: (value) => value === 1,
    number: Number,
  }
}

/**
 * Reads and writes with `mysql2`: `rows(sql, params)`, where `?` stands for a parameter,
 * `connections()`, how many there are to this database but its own, and `end()`. It connects with
 * the first statement. `utc`: `TIMESTAMP` columns are read and written in UTC, not in the server's zone.
 */
function readerOf(url, { utc = false } = {}) {
  const { createPool } = require("mysql2/promise")
  const pool = createPool({ uri: url, connectionLimit: 4, dateStrings: true, timezone: "Z" })
  const own = new Set()
  pool.on("connection", (connection) => {
    own.add(connection.threadId)
    if (utc) connection.query("SET time_zone = '+00:00'")
  })
  async function rows(sql, params = []) {
    const [found] = await pool.execute(sql, params)
    return Array.isArray(found) ? found.map(readable) : found
  }
  return {
    rows,
    /** MySQL does not prepare each statement: none that makes a trigger. */
    execute: (sql, params = []) => (params.length > 0 ? rows(sql, params) : pool.query(sql)),
    async connections() {
      const there = await rows(
        "SELECT id AS id FROM information_schema.processlist WHERE db = database()",
      )
      return there.filter(({ id }) => !own.has(Number(id))).length
    },
    end: () => pool.end(),
  }
}

/** A row whose binary columns, which hold text here, are text. */
function readable(row) {
  const read = ([name, value]) => [name, Buffer.isBuffer(value) ? value.toString() : value]
  return Object.fromEntries(Object.entries(row).map(read))
}

module.exports = { mariadb, mysql, readerOf }
