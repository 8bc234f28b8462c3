const { SqlxAdapter } = require("../..")
const { server } = require("../servers")
const { databases } = require("./databases")

jest.setTimeout(60_000)

const SERVERS = ["postgres", "mariadb", "mysql"]

/**
 * Defines tests once for each server. `define` gets what a test needs of it, which exists from
 * `beforeAll` on: a database for the whole file.
 */
function onServers(title, define, names = SERVERS) {
  for (const name of names) {
    const database = databases.find((one) => one.name === name)
    const why = database ? database.unavailable : "DATABASES leaves it out"
    const run = why ? describe.skip : describe
    run(`${title} (${name}${why ? `: ${why}` : ""})`, () => {
      const db = ofServer(name, database)
      beforeAll(db.begin)
      afterEach(db.closeAll)
      afterAll(db.end)
      define(db)
    })
  }
}

function ofServer(name, database) {
  let place
  let adapters = []
  const db = {
    name,

    /** The URL of a database of its own. */
    get url() {
      return place.url
    },

    get database() {
      return place.database
    },

    /** What `server(name)` says of the server. */
    get server() {
      return server(name)
    },

    /** An adapter, on this database unless a place is given; it is closed after the test. */
    open(options, at = place.url) {
      const adapter = at === null ? SqlxAdapter(options) : SqlxAdapter(at, options)
      adapters.push(adapter)
      return adapter
    },

    /** Another empty database: `{ url, rows, drop }`. */
    another: () => database.fresh(),

    rows: (sql, params) => place.rows(sql, params),

    /** How many connections there are to this database, asked from the server. */
    connections: () => place.connections(),

    /** The most connections at any time until the promise settles. */
    async mostConnections(promise) {
      let most = 0
      let over = false
      const end = () => {
        over = true
      }
      promise.then(end, end)
      while (!over) most = Math.max(most, await place.connections())
      await promise
      return most
    },

    async begin() {
      place = await database.fresh()
    },

    async closeAll() {
      const open = adapters
      adapters = []
      await Promise.all(open.map((adapter) => adapter.close()))
    },

    async end() {
      await place.drop()
    },
  }
  return db
}

module.exports = { onServers }
