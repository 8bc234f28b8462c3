const { randomBytes } = require("node:crypto")
const { server } = require("../servers")
const { withDatabase } = require("../servers/credentials")

/** A `timestamp` without a time zone is UTC, whatever this process's zone is. */
const PARSERS = { 1114: (text) => new Date(`${text.replace(" ", "T")}Z`) }

const postgres = databaseOn("postgres", "postgres")

/** PostgreSQL through PgBouncer in transaction mode; what is stored is read without the pooler. */
const pgbouncer = databaseOn("pgbouncer", "postgres")

function databaseOn(name, kind) {
  return {
    name,
    kind,

    get unavailable() {
      return server(name).unavailable
    },

    async fresh() {
      const here = server(name)
      const database = `t_${randomBytes(6).toString("hex")}`
      const url = await here.createDatabase(database)
      const direct = withDatabase(here.directUrl ?? here.url, database)
      const reader = readerOf(direct)
      return {
        url,
        database,
        rows: reader.rows,
        execute: reader.rows,
        connections: reader.connections,
        async drop() {
          await reader.end()
          await here.dropDatabase(database)
        },
      }
    },

    date: (value) => value.getTime(),
    moment: (milliseconds) => new Date(milliseconds).toISOString(),
    boolean: (value) => value,
    number: Number,
  }
}

/**
 * Reads and writes with `pg`: `rows(sql, params)`, where `?` stands for a parameter,
 * `connections()`, how many there are to this database but its own, and `end()`. It connects with
 * the first statement.
 */
function readerOf(url) {
  const { Pool, types } = require("pg")
  const pool = new Pool({
    connectionString: url,
    max: 4,
    application_name: "reader",
    types: { getTypeParser: (type, format) => PARSERS[type] ?? types.getTypeParser(type, format) },
  })
  // Of a connection that lies idle while its server is killed.
  pool.on("error", () => {})
  async function rows(sql, params = []) {
    let n = 0
    const text = sql.replace(/\?/g, () => `$${++n}`)
    return (await pool.query(text, params)).rows
  }
  return {
    rows,
    async connections() {
      const [{ n }] = await rows(
        `SELECT count(*) AS n FROM pg_stat_activity
         WHERE datname = current_database() AND application_name <> 'reader'
         AND backend_type = 'client backend'`,
      )
      return Number(n)
    },
    end: () => pool.end(),
  }
}

module.exports = { postgres, pgbouncer, readerOf }
