"use strict"

// TypeORM takes a `Date` for a column of its type `date`, which is a day: that of the process's own zone.

/** The functions of an adapter that write rows, by the models of v3. */
const WRITES = {
  User: ["createUser", "updateUser"],
  Account: ["linkAccount"],
  Session: ["createSession", "updateSession"],
  VerificationRequest: ["createVerificationToken"],
}

/** The adapter, with a `Date` taken wherever the application's models have a day. */
function takingDays(adapter, models) {
  const taking = {}
  for (const [name, { schema }] of Object.entries(models)) {
    const columns = Object.entries(schema.columns)
    const days = columns.filter(([, column]) => isDay(column)).map(([property]) => property)
    for (const method of days.length > 0 ? WRITES[name] : []) {
      taking[method] = (values) => adapter[method](withDays(values, days))
    }
  }
  return Object.keys(taking).length === 0 ? adapter : { ...adapter, ...taking }
}

function isDay({ type }) {
  return typeof type === "string" && type.toLowerCase() === "date"
}

function withDays(values, days) {
  const changed = days.filter((property) => values[property] instanceof Date)
  return { ...values, ...Object.fromEntries(changed.map((name) => [name, dayOf(values[name])])) }
}

function dayOf(date) {
  const figures = (number, count) => String(number).padStart(count, "0")
  const [month, day] = [date.getMonth() + 1, date.getDate()]
  return `${figures(date.getFullYear(), 4)}-${figures(month, 2)}-${figures(day, 2)}`
}

module.exports = { takingDays }
