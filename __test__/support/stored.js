// Rows as they lie in the database, read and written by a driver that is not the adapter's, under
// the names and in the storages of a schema; tests name models and properties.

/** What a date is kept as, by the name of its storage. */
const STORAGES = {
  native: (milliseconds, moment) => moment(milliseconds),
  milliseconds: (milliseconds) => milliseconds,
  "milliseconds-text": String,
  "iso-text": (milliseconds) => new Date(milliseconds).toISOString(),
  "datetime-text": (milliseconds) => datetime(milliseconds),
  "datetime-text-with-zone": (milliseconds) => `${datetime(milliseconds)} +00:00`,
}

const DATES = ["emailVerified", "expires", "updatedAt"]
const BOOLEANS = ["credentialBackedUp"]
const NUMBERS = ["expires_at", "counter"]

/**
 * @param place what `fresh()` of a database gives
 * @param {Record<string, string>} scope columns that every row has besides, with these values
 */
function storedRows(database, schema, place, scope) {
  const mark = ["mariadb", "mysql"].includes(database.kind) ? "`" : '"'
  const quote = (name) => `${mark}${name.replaceAll(mark, mark + mark)}${mark}`
  const parts = (model) => schema.tables[model].split(schema.dot ?? /(?!)/)
  const table = (model) => parts(model).map(quote).join(".")
  const column = (model, property) => quote(schema.column(property, model))

  function written(model, [property, value]) {
    if (value === null || value === undefined) return null
    if (!DATES.includes(property)) return value
    const storage = schema.dates(database.kind, property, model)
    return STORAGES[storage](Number(value), database.moment)
  }

  const scoped = { columns: Object.keys(scope).map(quote), values: Object.values(scope) }

  function clause(model, where) {
    const columns = Object.keys(where).map((property) => column(model, property))
    const named = [...scoped.columns, ...columns].map((name) => `${name} = ?`)
    return { text: named.join(" AND "), values: [...scoped.values, ...values(model, where)] }
  }

  const values = (model, given) => Object.entries(given).map((entry) => written(model, entry))

  return {
    /** The rows whose properties have these values: their properties, dates in milliseconds. */
    async all(model, where) {
      const { text, values } = clause(model, where)
      const properties = schema.properties(model)
      const columns = properties.map(
        (property) => `${column(model, property)} AS ${quote(property)}`,
      )
      const sql = `SELECT ${columns.join(", ")} FROM ${table(model)} WHERE ${text}`
      const rows = await place.rows(sql, values)
      return rows.map((row) =>
        Object.fromEntries(properties.map((property) => [property, read(property, row[property])])),
      )
    },

    /** How many there are. */
    async count(model, where = {}) {
      const { text, values } = clause(model, where)
      const condition = text === "" ? "" : ` WHERE ${text}`
      const rows = await place.rows(`SELECT count(*) AS n FROM ${table(model)}${condition}`, values)
      return Number(rows[0].n)
    },

    /** Puts a row there, as another program would. */
    async insert(model, given) {
      const row = { ...schema.others[model]?.(), ...given }
      const columns = Object.keys(row).map((property) => column(model, property))
      const names = [...scoped.columns, ...columns]
      const marks = names.map(() => "?")
      const sql = `INSERT INTO ${table(model)} (${names.join(", ")}) VALUES (${marks.join(", ")})`
      await place.execute(sql, [...scoped.values, ...values(model, row)])
    },

    /** Changes rows, as another program would. */
    async change(model, changes, where) {
      const set = Object.keys(changes).map((property) => `${column(model, property)} = ?`)
      const { text, values: last } = clause(model, where)
      const sql = `UPDATE ${table(model)} SET ${set.join(", ")} WHERE ${text}`
      await place.execute(sql, [...values(model, changes), ...last])
    },

    /** Takes a model's table away while a task runs. */
    async without(model, task) {
      const [name, ...before] = parts(model).reverse()
      const away = [...before.reverse(), "away"].map(quote).join(".")
      await place.execute(`ALTER TABLE ${table(model)} RENAME TO ${quote("away")}`)
      try {
        await task()
      } finally {
        await place.execute(`ALTER TABLE ${away} RENAME TO ${quote(name)}`)
      }
    },
  }
}

/** A value as a driver gives it, in one form for all databases and storages. */
function read(property, value) {
  if (value === null || value === undefined) return null
  if (DATES.includes(property)) return instant(value)
  if (BOOLEANS.includes(property)) return value === true || value === 1
  if (NUMBERS.includes(property)) return Number(value)
  return String(value)
}

/** The milliseconds since 1970 of a date in any storage; one without a time zone is UTC. */
function instant(value) {
  if (value instanceof Date) return value.getTime()
  if (typeof value === "number" || /^-?\d+$/.test(value)) return Number(value)
  const [date, time, zone = "Z"] = value.replace("T", " ").replace("Z", "").split(" ")
  return Date.parse(`${date}T${time}${zone}`)
}

const datetime = (milliseconds) =>
  new Date(milliseconds).toISOString().replace("T", " ").slice(0, -1)

module.exports = { storedRows }
