"use strict"

const native = require("./in-next.config-use-withSqlxAdapter.js")
const { SqlxAdapterError } = require("./error.js")

// Not one that a test's fake clock has put in its place since.
const RealDate = Date

const settled = Promise.resolve()

/** An object with these properties, from values that begin at `start`; `dates` has a bit for each. */
function row(names, omitNull, dates, values, start) {
  const made = {}
  for (let index = 0; index < names.length; index += 1) {
    const at = start + index
    const value = values[at]
    if (omitNull && value === null) continue
    made[names[index]] = at < 31 && (dates >>> at) & 1 ? new RealDate(value) : value
  }
  return made
}

// What the addon takes from the realm that loads it, so that `instanceof Date` and `instanceof
// Error` hold there, also where a test runner gives each file a realm of its own.
const realm = {
  error: (message, code, operation, cause) => new SqlxAdapterError(message, code, operation, cause),
  Date: RealDate,
  // Looked up at each call: a test may have replaced the clock.
  now: () => Date.now(),
  row:
    (names, omitNull) =>
    (dates, ...values) =>
      row(names, omitNull, dates, values, 0),
  pair:
    (session, user) =>
    (dates, ...values) => ({
      session: row(session, false, dates, values, 0),
      user: row(user, false, dates, values, session.length),
    }),
  // A promise's reaction comes after those that are due already, so after the calls that they make.
  soon: (run) => {
    settled.then(run)
  },
  environment: () => process.env,
  warn: (message) => process.emitWarning(message, { type: "SqlxAdapterWarning" }),
  // Jest's --detectOpenHandles asks whether a handle keeps the process alive: ours never does.
  resource: { hasRef: () => false },
}

/** What `SqlxAdapter` is before JavaScript adds to it. It gives `realm` further functions. */
const open = native.bind(realm)

module.exports = {
  open,
  /** Copies between two databases: `copy(from, to, { dryRun, skip })` gives `{ next, close }`. */
  copy: realm.copy,
  /** The statements that create the tables: `sql(database, options)`. */
  sql: realm.sql,
}
