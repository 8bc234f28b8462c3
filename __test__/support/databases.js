const { wantedDatabases } = require("../servers")
const { mariadb, mysql } = require("./mysql")
const { postgres, pgbouncer } = require("./postgres")
const { sqlite } = require("./sqlite")

/**
 * The databases under test, one line each. A database is
 *
 * - `name`: what `DATABASES` calls it;
 * - `kind`: what the adapter calls it, in an error's cause;
 * - `unavailable`: why it cannot be tested here, or `undefined`; its tests are then seen as skipped;
 * - `fresh()`: makes an empty database, or schema, that nothing else uses, and gives
 *   `{ url, rows(sql, params), execute(sql, params), drop() }`, where `rows` and `execute` go
 *   through a driver that is not the adapter's and take `?` for a parameter; a server's also has
 *   `connections()`, how many there are to it;
 * - `date(value)`: the milliseconds since 1970 of a date as `rows` gives it;
 * - `moment(milliseconds)`: the parameter that stores a date;
 * - `boolean(value)`, `number(value)`: a boolean, and a large number, as `rows` gives them.
 */
const every = [sqlite, postgres, mariadb, mysql, pgbouncer]

const wanted = wantedDatabases()

/** Those that `DATABASES=sqlite,…` asks for; all of them without it. */
const databases = every.filter(({ name }) => wanted.includes(name))

/** `describe`, or `describe.skip` where `DATABASES` leaves this database out, or it cannot be had. */
function describeOn(name) {
  const database = databases.find((one) => one.name === name)
  return database && !database.unavailable ? describe : describe.skip
}

module.exports = { databases, describeOn }
