const { SqlxAdapter } = require("../..")
const { databases } = require("./databases")
const { ofMine, withTwin } = require("./tenants")

// The same tests for a tenant whose twin has rows that are alike: see tenants.js.
const open = process.env.CONTRACT_TENANTS ? withTwin : SqlxAdapter
const statement = process.env.CONTRACT_TENANTS ? ofMine : (sql) => sql

jest.setTimeout(60_000)

/**
 * Defines tests once for each database. `define` gets a tested database, which exists from
 * `beforeAll` on: one for the whole file, so a test uses rows of its own and counts nothing else.
 */
function contract(title, define) {
  for (const database of databases) {
    const reason = database.unavailable ? `: ${database.unavailable}` : ""
    const run = database.unavailable ? describe.skip : describe
    run(`${title} (${database.name}${reason})`, () => {
      const db = testedDatabase(database)
      beforeAll(db.begin)
      afterEach(db.closeExtra)
      afterAll(db.end)
      define(db)
    })
  }
}

function testedDatabase(database) {
  let place
  let extra = []
  const db = {
    name: database.name,
    kind: database.kind,
    date: database.date,
    moment: database.moment,
    boolean: database.boolean,
    number: database.number,

    /** The adapter with every option at its default. */
    adapter: undefined,

    get url() {
      return place.url
    },

    /** Another adapter on the same database, closed after the test. */
    open(options) {
      const adapter = open(place.url, options)
      extra.push(adapter)
      return adapter
    },

    /** What is stored, read by a driver that is not the adapter's. */
    rows: (sql, params) => place.rows(statement(sql), params),

    execute: (sql, params) => place.execute(statement(sql), params),

    /** The only row of a statement; `null`: there is none. */
    async row(sql, params) {
      const rows = await db.rows(sql, params)
      if (rows.length > 1) throw new Error(`${rows.length} rows: ${sql}`)
      return rows[0] ?? null
    },

    /** How many rows a table has, of those that `where` names. */
    async count(table, where, params) {
      const rows = await db.rows(`SELECT count(*) AS n FROM ${table} WHERE ${where}`, params)
      return Number(rows[0].n)
    },

    async begin() {
      place = await database.fresh()
      db.adapter = open(place.url)
      // The tables are there before a test looks at them.
      await db.adapter.getUser("nobody")
    },

    async closeExtra() {
      const adapters = extra
      extra = []
      await Promise.all(adapters.map((adapter) => adapter.close()))
    },

    async end() {
      await db.adapter.close()
      await place.drop()
    },
  }
  return db
}

module.exports = { contract }
