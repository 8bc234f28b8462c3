const { sqlite } = require("./sqlite")

/**
 * The databases under test, one line each. A database is
 *
 * - `name`: what `DATABASES` calls it;
 * - `unavailable`: why it cannot be tested here, or `undefined`; its tests are then seen as skipped;
 * - `fresh()`: makes an empty database, or schema, that nothing else uses, and gives
 *   `{ url, rows(sql, params), execute(sql, params), drop() }`, where `rows` and `execute` go
 *   through a driver that is not the adapter's and take `?` for a parameter;
 * - `date(value)`: the milliseconds since 1970 of a date as `rows` gives it;
 * - `moment(milliseconds)`: the parameter that stores a date;
 * - `boolean(value)`, `number(value)`: a boolean, and a large number, as `rows` gives them.
 */
const every = [sqlite]

const names = every.map((database) => database.name)
const wanted = (process.env.DATABASES || names.join(",")).split(",").map((name) => name.trim())

for (const name of wanted) {
  if (!names.includes(name)) {
    throw new Error(`DATABASES names "${name}"; there are: ${names.join(", ")}`)
  }
}

/** Those that `DATABASES=sqlite,…` asks for; all of them without it. */
const databases = every.filter((database) => wanted.includes(database.name))

/** `describe`, or `describe.skip` where `DATABASES` leaves this database out. */
function describeOn(name) {
  return wanted.includes(name) ? describe : describe.skip
}

module.exports = { databases, describeOn }
