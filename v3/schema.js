"use strict"

// The models and the naming strategy of the application as the option `schema` of SqlxAdapter.

const { SqlxAdapterError } = require("../error.js")
const { defaultModels } = require("./models.js")
const { prefixed, snakeCaseNames } = require("./naming.js")

/** The models' names in SqlxAdapter, and of properties those that have another. */
const NAMES = {
  User: { model: "user" },
  Account: {
    model: "account",
    providerType: "type",
    providerId: "provider",
    refreshToken: "refresh_token",
    accessToken: "access_token",
  },
  Session: { model: "session" },
  VerificationRequest: { model: "verificationToken" },
}

/** Types of columns, in the words of TypeORM and of its databases. */
const TYPES = {
  text: `varchar char character nvarchar nchar text tinytext mediumtext longtext citext string enum
    simple-enum character-varying`,
  integer: "int integer int2 int4 smallint mediumint tinyint number",
  bigint: "bigint int8",
  float: "float float4 float8 double double-precision real",
  boolean: "bool boolean",
  json: "json jsonb",
  datetime: "timestamp timestamptz timestamp-with-time-zone datetime",
  timestamp: "timestamp-without-time-zone",
  uuid: "uuid",
}

/** What a column may say besides its type; the rest would change what is stored. */
const SAID = new Set(
  `type name nullable default unique select length width precision scale charset collation comment
  zerofill unsigned enum enumName primary generated objectId`.split(/\s+/),
)

/** Where the database fills a column, the model need not name it. */
const FILLED = "Leave the column out of the model where the database's own default fills it"

/**
 * The option `schema`. `models` are the application's own, `strategy` is TypeORM's naming strategy.
 */
function schemaOptions({ models = {}, strategy, prefix, dbSchema, isSqlite }) {
  check(models, strategy)
  const schema = { preset: "typeorm-v3" }
  if (dbSchema !== undefined) schema.dbSchema = dbSchema
  if (prefix !== undefined && strategy === undefined) schema.prefix = prefix
  const defaults = defaultModels()
  for (const [name, { model, ...renamed }] of Object.entries(NAMES)) {
    if (strategy === undefined && models[name] === undefined) continue
    const usual = defaults[name].schema
    const own = models[name]?.schema ?? usual
    const names = strategy ?? snakeCaseNames
    const table = names.tableName(own.target?.name ?? own.name, own.tableName)
    const columns = {}
    for (const [property, column] of Object.entries({ ...usual.columns, ...own.columns })) {
      const path = `models.${name}.schema.columns.${property}`
      const described = { name: names.columnName(property, column.name, []) }
      const there = usual.columns[property]
      if (there === undefined) Object.assign(described, ownColumn(path, column, isSqlite))
      else if (typeName(column) !== typeName(there)) described.type = type(path, column, isSqlite)
      columns[renamed[property] ?? property] = described
      if (column.primary) checkKey(path, column, name)
      if (column.generated === "uuid") schema.ids = "uuid"
    }
    index(name, own.indices ?? [], usual.indices, columns, renamed)
    schema[model] = { table: prefixed(names, prefix, table), columns }
  }
  return schema
}

function check(models, strategy) {
  if (strategy !== undefined) {
    const isStrategy =
      typeof strategy?.tableName === "function" && typeof strategy?.columnName === "function"
    if (!isStrategy) {
      throw wrong(
        'option "namingStrategy" must be a naming strategy of TypeORM\'s: an object with tableName and columnName',
      )
    }
  }
  for (const [name, own] of Object.entries(models)) {
    if (!Object.hasOwn(NAMES, name)) {
      throw wrong(`models.${name} is no model; they are ${Object.keys(NAMES).join(", ")}`)
    }
    if (typeof own?.model !== "function" || typeof own?.schema?.columns !== "object") {
      throw wrong(
        `models.${name} must be { model, schema }: a class, and { name, target, columns }`,
      )
    }
    if (own.schema.relations && Object.keys(own.schema.relations).length > 0) {
      throw wrong(`models.${name}.schema.relations cannot be honoured: rows are read by themselves`)
    }
  }
}

/** Ids are made by the database, or are UUIDs of users; no class makes them. */
function checkKey(path, column, name) {
  if (!column.generated) {
    throw wrong(`${path} cannot be a primary key that the class fills: say how it is generated`)
  }
  if (column.generated === "uuid" && name !== "User") {
    throw wrong(`${path}.generated cannot be "uuid": only users have such ids here`)
  }
}

/** A column that v3 does not have. */
function ownColumn(path, column, isSqlite) {
  for (const word of ["createDate", "updateDate"].filter((word) => column[word])) {
    throw wrong(
      `${path}.${word} cannot be honoured: the tables have created_at and updated_at already. ${FILLED}`,
    )
  }
  const strange = Object.keys(column).find((word) => !SAID.has(word) && column[word])
  if (strange !== undefined) {
    throw wrong(`${path}.${strange} cannot be honoured: a column keeps what it is given, as it is`)
  }
  if (typeof column.default === "function" || column.generated) {
    const word = column.generated ? "generated" : "default"
    throw wrong(`${path}.${word} cannot be honoured: only literals can be. ${FILLED}`)
  }
  const described = {
    type: type(path, column, isSqlite),
    nullable: column.nullable ?? false,
    unique: column.unique ?? false,
    hidden: column.select === false,
  }
  if (column.default !== undefined && column.default !== null) described.default = column.default
  return described
}

function type(path, column, isSqlite) {
  const wanted = typeName(column)
  const [found] =
    Object.entries(TYPES).find(([, names]) => names.split(/\s+/).includes(wanted)) ?? []
  if (found === undefined) {
    throw wrong(
      `${path}.type cannot be honoured; known are text, numbers, booleans, points in time, JSON and uuid. A day ` +
        "alone is one of text here",
    )
  }
  // TypeORM writes dates into SQLite as text.
  return isSqlite && found === "datetime" ? "datetime-text" : found
}

/** `String` and `double precision` as one word. */
function typeName({ type }) {
  const name = typeof type === "function" ? type.name : String(type)
  // The transformation of v3 says so for PostgreSQL and SQLite.
  const word = name.toLowerCase().replaceAll(" ", "-")
  return ["timestamptz", "datetime"].includes(word) ? "timestamp" : word
}

/** Indexes besides the usual ones. */
function index(name, own, usual, columns, renamed) {
  const isUsual = (one) => usual.some(({ columns: [column] }) => one.columns?.[0] === column)
  for (const one of own.filter((one) => !isUsual(one))) {
    const [property] = one.columns ?? []
    const column = columns[renamed[property] ?? property]
    if (one.columns?.length !== 1 || column === undefined || one.where) {
      throw wrong(
        `models.${name}.schema.indices can have indexes of one column; create others yourself`,
      )
    }
    column[one.unique ? "unique" : "index"] = true
  }
}

function wrong(message) {
  return new SqlxAdapterError(message, "ERR_CONFIG")
}

module.exports = { schemaOptions }
