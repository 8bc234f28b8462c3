const { withDatabase } = require("./credentials")

// The drivers are loaded when they are first needed: a server can be started without them.

/**
 * Creates and drops databases of a running server, for tests that each want one of their own.
 *
 * @param {{ url: string, adminUrl?: string }} server a server started here, or one of the user's
 * own
 */
function postgresDatabases({ url, adminUrl = url }) {
  async function admin(sql) {
    const { Client } = require("pg")
    const client = new Client({ connectionString: adminUrl })
    await client.connect()
    try {
      for (const statement of sql) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const owner = quote('"', decodeURIComponent(new URL(url).username))
  return {
    /** @returns {Promise<string>} its URL */
    async createDatabase(name) {
      await admin([`create database ${quote('"', name)} owner ${owner}`])
      return withDatabase(url, name)
    },
    /** Also where somebody is still connected. PostgreSQL 12 has no `with (force)` yet. */
    async dropDatabase(name) {
      const literal = `'${name.replaceAll("'", "''")}'`
      await admin([
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = ${literal}`,
        `drop database if exists ${quote('"', name)}`,
      ])
    },
  }
}

function mysqlDatabases({ url, adminUrl = url }) {
  async function admin(sql) {
    const { createConnection } = require("mysql2/promise")
    const connection = await createConnection({ uri: adminUrl, ssl: undefined })
    try {
      await connection.query(sql)
    } finally {
      await connection.end()
    }
  }
  return {
    /** @returns {Promise<string>} its URL */
    async createDatabase(name) {
      await admin(`create database ${quote("`", name)} character set utf8mb4`)
      return withDatabase(url, name)
    },
    async dropDatabase(name) {
      await admin(`drop database if exists ${quote("`", name)}`)
    },
  }
}

const quote = (mark, name) => mark + name.replaceAll(mark, mark + mark) + mark

module.exports = { postgresDatabases, mysqlDatabases }
