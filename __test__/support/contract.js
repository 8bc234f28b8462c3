const { randomInt, randomUUID } = require("node:crypto")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("./databases")
const { keepTo, unique } = require("./samples")
const { own } = require("./schemas")
const { storedRows } = require("./stored")
const { mine, ofMine, withTwin } = require("./tenants")

// The same tests for a tenant whose twin has rows that are alike: see tenants.js.
const open = process.env.CONTRACT_TENANTS ? withTwin : SqlxAdapter
const scope = process.env.CONTRACT_TENANTS ? mine : {}
const statement = process.env.CONTRACT_TENANTS ? ofMine : (sql) => sql

jest.setTimeout(60_000)

/** The definitions that are gathered instead of tested, while some are. */
let gathered

/**
 * Defines tests once for each database. `define` gets a tested database, which exists from
 * `beforeAll` on: one for the whole file, so a test uses rows of its own and counts nothing else.
 */
function contract(title, define) {
  if (gathered) {
    gathered.push({ title, define })
    return
  }
  for (const database of databases) {
    const reason = database.unavailable ? `: ${database.unavailable}` : ""
    describeOn(database.name)(`${title} (${database.name}${reason})`, () =>
      define(onDatabase(database, own)),
    )
  }
}

/** The definitions by the file that they are in: a file is loaded once. */
const loaded = new Map()

function definitionsIn(file) {
  if (!loaded.has(file)) {
    gathered = []
    require(file)
    loaded.set(file, gathered)
    gathered = undefined
  }
  return loaded.get(file)
}

/**
 * Defines the tests of files again, on other schemas of one database. The files of a schema share one
 * database.
 */
function contractOn(database, schemas, files) {
  const definitions = files.flatMap(definitionsIn)
  describeOn(database.name).each(schemas.map((schema) => [schema.name, schema]))(
    `%s (${database.name}${database.unavailable ? `: ${database.unavailable}` : ""})`,
    (_, schema) => {
      const db = onDatabase(database, schema)
      for (const { title, define } of definitions) describe(title, () => define(db))
    },
  )
}

function onDatabase(database, schema) {
  const db = testedDatabase(database, schema)
  beforeAll(db.begin)
  afterEach(db.closeExtra)
  afterAll(db.end)
  return db
}

function testedDatabase(database, schema) {
  let place
  let stored
  let extra = []
  const options = schema.option === undefined ? {} : { schema: schema.option }
  const { kind } = database
  const ids = typeof schema.ids === "function" ? schema.ids(kind) : schema.ids
  const db = {
    name: database.name,
    kind,
    date: database.date,
    moment: database.moment,
    boolean: database.boolean,
    number: database.number,

    /** What the schema can hold, see `schemas.js`. */
    schema: {
      ...schema,
      ids,
      seconds: schema.seconds?.includes(database.name) ?? false,
      latestExpiry: schema.latestExpiry(kind) ?? Number.MAX_SAFE_INTEGER,
      longest: schema.longest(kind) ?? Infinity,
      longestId: schema.longestId(kind) ?? Infinity,
      counter: schema.counter(kind) ?? 2 ** 32 - 1,
      loose: schema.loose(kind),
      earliest: schema.earliest(kind),
      latest: schema.latest(kind),
    },

    /** The adapter with every other option at its default. */
    adapter: undefined,

    /** Whose rows these are, where there are tenants. */
    scope,

    get url() {
      return place.url
    },

    /** Another adapter on the same database, closed after the test. */
    open(others) {
      const adapter = open(place.url, { ...options, ...others })
      extra.push(adapter)
      return adapter
    },

    /** What is stored, read by a driver that is not the adapter's. */
    rows: (sql, params) => place.rows(statement(sql), params),

    execute: (sql, params) => place.execute(statement(sql), params),

    /** The only row of a statement; `null`: there is none. */
    row: async (sql, params) => only(await db.rows(sql, params), sql),

    /** How many rows a table has, of those that `where` names. */
    async count(table, where, params) {
      const rows = await db.rows(`SELECT count(*) AS n FROM ${table} WHERE ${where}`, params)
      return Number(rows[0].n)
    },

    /** What is stored under these values of properties, by property, see `stored.js`. */
    all: (model, where) => stored.all(model, where),

    /** The only row; `null`: there is none. */
    one: async (model, where) => only(await stored.all(model, where), model),

    /** How many rows there are. */
    countOf: (model, where) => stored.count(model, where),

    /** Stores, or changes, a row as another program would. */
    insert: (model, row) => stored.insert(model, row),
    change: (model, changes, where) => stored.change(model, changes, where),

    /** Takes a model's table away while a task runs. */
    without: (model, task) => stored.without(model, task),

    /** An id that a user can be given and nobody has; `undefined` where the database counts. */
    newId: () => ({ text: unique("user"), uuid: randomUUID() })[ids],

    /** An id that nobody has, in the form that ids have. */
    unknownId: () =>
      ({ text: unique("nobody"), uuid: randomUUID(), serial: String(randomInt(1e8, 2e9)) })[ids],

    /** Those of the values that the schema has a column for. */
    kept(model, values) {
      const properties = schema.properties(model)
      const entries = Object.entries(values)
      return Object.fromEntries(entries.filter(([property]) => properties.includes(property)))
    },

    /** A row with these values as the adapter gives it; `row`: what it gave, if that is known. */
    whole(model, values, row = {}) {
      const whole = { ...schema.extra[model] }
      for (const property of model === "user" ? schema.properties(model) : []) {
        whole[property] = null
      }
      for (const property of schema.generated[model] ?? []) {
        whole[property] = row[property] ?? expect.any(String)
      }
      return { ...whole, ...db.kept(model, values) }
    },

    /** A date as a model keeps it; `null`: its column takes no such date. */
    instant(model, date) {
      const { earliest, latest } = db.schema
      const toSeconds = db.schema.seconds && !(model === "user" && schema.exactUsers)
      const kept = toSeconds ? new Date(Math.floor(date.getTime() / 1_000) * 1_000) : date
      if (earliest && (kept < new Date(earliest) || date > new Date(latest))) return null
      return kept
    },

    /** An e-mail address as it is stored. */
    address: (email) => (schema.own ? email.trim().replace(/[A-Z]/g, lower) : email),

    async begin() {
      keepTo(schema.seconds?.includes(database.name) ? 1_000 : 1)
      place = await database.fresh({ utc: true })
      await schema.create?.(database.name, place)
      stored = storedRows(database, schema, place, scope)
      db.adapter = open(place.url, options)
      // The tables are there before a test looks at them.
      await db.adapter.getUser("nobody")
    },

    async closeExtra() {
      const adapters = extra
      extra = []
      await Promise.all(adapters.map((adapter) => adapter.close()))
    },

    async end() {
      keepTo(1)
      await db.adapter.close()
      await place.drop()
    },
  }
  return db
}

const lower = (letter) => letter.toLowerCase()

function only(rows, what) {
  if (rows.length > 1) throw new Error(`${rows.length} rows: ${what}`)
  return rows[0] ?? null
}

module.exports = { contract, contractOn }
