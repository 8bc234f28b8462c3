// The databases: started with the tests' own module, but as durable as a user has them, and one
// empty database, or file, for each peer.

import { mkdtempSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"

const require = createRequire(import.meta.url)

export const DATABASES = { sqlite: "SQLite", postgres: "PostgreSQL", mariadb: "MariaDB" }

/**
 * What is not a server's default is here because of the benchmark: no TLS on the loopback, which
 * not every driver would use; UTC, which some peers take for granted; memory for all the rows; and
 * vacuum and checkpoints between the measurements instead of in the middle of somebody's.
 */
export const SETTINGS = {
  // Nobody's tables are analysed, as those of most applications: see --analyze.
  sqlite: { journal_mode: "WAL", synchronous: "FULL", foreign_keys: "ON" },
  postgres: {
    ssl: "off",
    timezone: "UTC",
    shared_buffers: "512MB",
    autovacuum: "off",
    checkpoint_timeout: "1h",
    max_wal_size: "8GB",
    fsync: "on",
    synchronous_commit: "on",
  },
  mariadb: {
    "skip-ssl": true,
    "default-time-zone": "+00:00",
    "innodb-buffer-pool-size": "512M",
    "innodb-log-file-size": "512M",
    "innodb-flush-log-at-trx-commit": 1,
  },
}

/**
 * @typedef {object} Place a database of one peer
 * @property {object} at what the peer is told
 * @property {<T>(use: (admin: object) => Promise<T>) => Promise<T>} withAdmin lends a connection
 * @property {() => Promise<void>} drop
 */

/**
 * @param {keyof typeof DATABASES} database
 * @param {{ settings?: object, analyze?: boolean }} [options] more server parameters; whether
 *   SQLite's tables are analysed, as servers do by themselves
 * @returns {Promise<{ version: string, place(name: string): Promise<Place>, stop(): Promise<void> }>}
 */
export function start(database, options) {
  return { sqlite: startSqlite, postgres: startPostgres, mariadb: startMariadb }[database](options)
}

async function startSqlite({ analyze = false } = {}) {
  const folder = mkdtempSync(join(process.env.BENCH_DIR || tmpdir(), "bench-"))
  const { default: Sqlite } = await import("better-sqlite3")
  const version = new Sqlite(":memory:").prepare("SELECT sqlite_version()").pluck().get()
  return {
    version,
    async place(name) {
      const file = join(folder, `${name}.db`)
      return { at: { file }, withAdmin: sqliteAdmin(Sqlite, file, analyze), async drop() {} }
    },
    async stop() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const sqliteAdmin = (Sqlite, file, analyze) => async (use) => {
  // Closed before anybody else opens the file: two copies of SQLite in one process must not share
  // one.
  const database = new Sqlite(file)
  database.pragma("journal_mode = WAL")
  const quote = (name) => `"${name}"`
  try {
    return await use({
      quote,
      async execute(sql) {
        database.exec(sql)
      },
      async insert(table, columns, rows) {
        const marks = columns.map(() => "?").join(", ")
        const names = columns.map(quote).join(", ")
        const statement = database.prepare(
          `INSERT INTO ${quote(table)} (${names}) VALUES (${marks})`,
        )
        database.transaction(() => {
          for (const row of rows) statement.run(...row)
        })()
      },
      async count(table, where) {
        return database
          .prepare(`SELECT count(*) FROM ${quote(table)} WHERE ${where}`)
          .pluck()
          .get()
      },
      async remove(table, where) {
        database.exec(`DELETE FROM ${quote(table)} WHERE ${where}`)
      },
      async settle() {
        if (analyze) database.exec("ANALYZE")
        database.pragma("wal_checkpoint(TRUNCATE)")
      },
    })
  } finally {
    database.close()
  }
}

async function startPostgres({ settings } = {}) {
  const { default: pg } = await import("pg")
  const { start } = require("../../__test__/servers/postgres.js")
  const server = await start({ durable: true, settings: { ...SETTINGS.postgres, ...settings } })
  return {
    version: server.version,
    async place(name) {
      await server.createDatabase(name)
      const { host, port, user, password } = server
      const admin = new URL(server.adminUrl)
      admin.pathname = name
      return {
        at: { host, port, user, password, name },
        withAdmin: postgresAdmin(pg, admin.href, user),
        drop: () => server.dropDatabase(name),
      }
    },
    stop: () => server.stop(),
  }
}

const postgresAdmin = (pg, url, owner) => async (use) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const quote = (name) => `"${name}"`
  try {
    await client.query(`SET ROLE ${quote(owner)}`)
    return await use({
      quote,
      execute: (sql) => client.query(sql),
      insert: (table, columns, rows) => client.query(insertStatement(quote, table, columns, rows)),
      async count(table, where) {
        const { rows } = await client.query(`SELECT count(*) FROM ${quote(table)} WHERE ${where}`)
        return Number(rows[0].count)
      },
      remove: (table, where) => client.query(`DELETE FROM ${quote(table)} WHERE ${where}`),
      continueIds: (table, last) =>
        client.query(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), ${last})`),
      async settle() {
        await client.query("VACUUM ANALYZE")
        await client.query("RESET ROLE")
        await client.query("CHECKPOINT")
      },
    })
  } finally {
    await client.end()
  }
}

async function startMariadb({ settings } = {}) {
  const { default: mysql } = await import("mysql2/promise")
  const { start } = require("../../__test__/servers/mariadb.js")
  const server = await start({ durable: true, settings: { ...SETTINGS.mariadb, ...settings } })
  return {
    version: server.version,
    async place(name) {
      await server.createDatabase(name)
      const { host, port, user, password } = server
      const at = { host, port, user, password, name }
      return { at, withAdmin: mariadbAdmin(mysql, at), drop: () => server.dropDatabase(name) }
    },
    stop: () => server.stop(),
  }
}

const mariadbAdmin = (mysql, at) => async (use) => {
  const { host, port, user, password, name } = at
  const client = await mysql.createConnection({ host, port, user, password, database: name })
  const quote = (identifier) => `\`${identifier}\``
  try {
    return await use({
      quote,
      execute: (sql) => client.query(sql),
      insert: (table, columns, rows) => client.query(insertStatement(quote, table, columns, rows)),
      async count(table, where) {
        const sql = `SELECT count(*) AS n FROM ${quote(table)} WHERE ${where}`
        return Number((await client.query(sql))[0][0].n)
      },
      remove: (table, where) => client.query(`DELETE FROM ${quote(table)} WHERE ${where}`),
      async settle() {
        const [tables] = await client.query("SHOW TABLES")
        const names = tables.map((row) => quote(Object.values(row)[0]))
        await client.query(`ANALYZE TABLE ${names.join(", ")}`)
      },
    })
  } finally {
    await client.end()
  }
}

/** Literals: nothing that the benchmark makes up has a quote in it. */
function insertStatement(quote, table, columns, rows) {
  const literal = (value) => (typeof value === "string" ? `'${value}'` : String(value))
  const tuples = rows.map((row) => `(${row.map(literal).join(",")})`)
  return `INSERT INTO ${quote(table)} (${columns.map(quote).join(", ")}) VALUES ${tuples.join(",")}`
}
