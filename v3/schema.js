"use strict"

// The models and the naming strategy of the application as the option `schema` of SqlxAdapter.

const { SqlxAdapterError } = require("../error.js")
const { defaultModels } = require("./models.js")
const { keyNames, prefixed, snakeCaseNames } = require("./naming.js")
const { known, sqlDefault, sqlType, typeOf } = require("./types.js")

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

/** Properties without which there is no model, also if its schema leaves them out. */
const NEEDED = {
  User: ["id"],
  Account: ["id", "userId", "providerId", "providerAccountId"],
  Session: ["id", "userId", "expires", "sessionToken"],
  VerificationRequest: ["id", "identifier", "token", "expires"],
}

/** What a column may say besides its type; the rest would change what is stored. */
const SAID = new Set(
  `type name nullable default unique select length width precision scale charset collation comment
  zerofill unsigned enum enumName createDate updateDate primary generated objectId`.split(/\s+/),
)

/** PostgreSQL's integers that count. */
const SERIALS = { integer: "SERIAL", smallint: "SMALLSERIAL", bigint: "BIGSERIAL" }

/** What a model's schema may not have, and why. */
const NOT_IN_SCHEMA = {
  relations: "rows are read by themselves",
  database: "all tables are where the configuration says",
  schema: "all tables are where the configuration says",
  expression: "it is a table that is written to",
}

/** What it may not have where tables are created. */
const NOT_CREATED = { checks: "create them yourself", exclusions: "create them yourself" }

/**
 * The option `schema`. `models` are the application's own, `strategy` is TypeORM's naming strategy,
 * `kind` the database's (see kindOf). `creates`: whether tables may be created; `bigNumbers`: whether the
 * integers of MySQL's type bigint are numbers, and not their digits.
 */
function schemaOptions({ models = {}, strategy, prefix, dbSchema, kind, creates, bigNumbers }) {
  check(models, strategy, creates)
  const schema = { preset: "typeorm-v3" }
  if (dbSchema !== undefined) schema.dbSchema = dbSchema
  const defaults = defaultModels()
  for (const [name, { model, ...renamed }] of Object.entries(NAMES)) {
    if (strategy === undefined && !prefix && models[name] === undefined) continue
    const usual = defaults[name].schema
    const own = models[name]?.schema ?? usual
    const names = strategy ?? snakeCaseNames
    const table = prefixed(
      names,
      prefix,
      names.tableName(own.target?.name ?? own.name, own.tableName),
    )
    const described = { ...own.columns }
    for (const property of NEEDED[name]) described[property] ??= usual.columns[property]
    const keys = keysOf(name, { ...own, columns: described }, creates)
    const columns = {}
    for (const property of Object.keys({ ...usual.columns, ...described })) {
      const there = Object.hasOwn(usual.columns, property) ? usual.columns[property] : undefined
      const column = described[property]
      if (column === undefined) {
        columns[renamed[property] ?? property] = false
        continue
      }
      const path = `models.${name}.schema.columns.${property}`
      const database = names.columnName(property, column.name, [])
      const context = {
        kind,
        database,
        creates,
        bigNumbers: bigNumbers && kind === "mysql",
        isId: property === "id",
      }
      columns[renamed[property] ?? property] = {
        name: database,
        ...(there === undefined ? ownColumn : knownColumn)(path, column, context, there),
        ...keyOptions(keys.get(property), keyNames(names, kind, table, database), context),
      }
    }
    schema[model] = { table, columns }
  }
  return schema
}

function check(models, strategy, creates) {
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
    const columns = own?.schema?.columns
    if (typeof own?.model !== "function" || Object(columns) !== columns) {
      throw wrong(
        `models.${name} must be { model, schema }: a class, and { name, target, columns }`,
      )
    }
    const strange = Object.keys(columns).find(
      (one) => Object(columns[one]) !== columns[one] || one === "__proto__",
    )
    if (strange !== undefined) {
      throw wrong(`models.${name}.schema.columns.${strange} must be an object such as { type }`)
    }
    for (const [word, why] of Object.entries({ ...NOT_IN_SCHEMA, ...(creates && NOT_CREATED) })) {
      const said = own.schema[word]
      if (said && Object.keys(said).length > 0) {
        throw wrong(`models.${name}.schema.${word} cannot be honoured: ${why}`)
      }
    }
  }
}

/** A column that v3 does not have. */
function ownColumn(path, column, { kind, database, creates, bigNumbers }) {
  checkWords(path, column)
  if (column.generated || column.primary) {
    const word = column.generated ? "generated" : "primary"
    throw wrong(`${path}.${word} cannot be honoured: the key is id`)
  }
  const { type } = checkType(path, column, { kind, creates })
  return {
    type: type === "bigint-string" && bigNumbers ? "bigint" : type,
    nullable: column.nullable ?? false,
    hidden: column.select === false,
    ...said({
      sqlType: sqlType(column, kind, database),
      sqlDefault: sqlDefault(column, kind),
      default: literal(column, type),
      fill: column.updateDate ? "touch" : column.createDate ? "now" : undefined,
    }),
  }
}

/** A column that v3 has, as far as it is not the usual one. */
function knownColumn(path, column, { kind, database, creates, isId }, there) {
  if (column === there) return {}
  checkWords(path, column)
  const { type } = checkType(path, column, { kind, creates })
  const differing = (of) => {
    const value = of(column)
    return value === of(there) ? undefined : value
  }
  const options = said({
    type: differing((one) => typeOf(one, kind).type),
    sqlType: differing((one) => sqlType(one, kind, database)),
    nullable: differing((one) => one.nullable ?? false),
    hidden: column.select === false ? true : undefined,
  })
  if (isId) return idOptions(path, column, options, kind)
  return {
    ...options,
    ...said({
      sqlDefault: differing((one) => sqlDefault(one, kind)),
      default: differing((one) => literal(one, type)),
    }),
  }
}

/** The key: counted by the database, made, or given by the application's class. */
function idOptions(path, column, { type, sqlType: sql, ...options }, kind) {
  const { generated, default: value } = column
  const refuse = (word, why) => {
    throw wrong(`${path}.${word} cannot be honoured: ${why}`)
  }
  if (!isNothing(value)) refuse("default", "the key has none")
  if (type === undefined || /int/.test(type)) {
    if (generated !== true && generated !== "increment") {
      refuse("generated", 'numbers are counted: say true, or type: "uuid" and generated: "uuid"')
    }
    if (sql === undefined) return options
    if (kind === "sqlite") refuse("type", "SQLite counts what is an int")
    return { ...options, sqlType: kind === "mysql" ? `${sql} AUTO_INCREMENT` : SERIALS[sql] }
  }
  if (generated && generated !== "uuid")
    refuse("generated", `a ${type} is made by "uuid", or by the class`)
  const made = generated === "uuid" && kind === "postgres"
  return {
    ...options,
    type,
    sqlType: sql,
    fill: "uuid",
    ...(made && { sqlDefault: "gen_random_uuid()" }),
  }
}

function checkWords(path, column) {
  const strange = Object.keys(column).find(
    (word) => !SAID.has(word) && !isNothing(column[word]) && column[word] !== false,
  )
  if (strange !== undefined) {
    throw wrong(`${path}.${strange} cannot be honoured: a column keeps what it is given, as it is`)
  }
  if (typeof column.default === "function" || Object(column.default) === column.default) {
    throw wrong(
      `${path}.default cannot be honoured: only literals can be. Leave it out where the database's own default holds`,
    )
  }
}

function checkType(path, column, { kind, creates }) {
  const found = typeOf(column, kind)
  if (found === undefined) {
    throw wrong(
      `${path}.type cannot be honoured: ${known(kind)}. Keep other values as text, or leave the column out and write it yourself`,
    )
  }
  if (found.sql === "enum") {
    if (!Array.isArray(column.enum)) throw wrong(`${path}.enum must be an array of its values`)
    if (kind === "postgres" && creates) {
      throw wrong(
        `${path}.type cannot be honoured where tables are created: PostgreSQL's enum is a type of its own. Leave out synchronize and create the table yourself, or use varchar`,
      )
    }
  }
  return found
}

/** A default that is of the column's type; what is not is left to the database. */
function literal({ default: value }, type) {
  const of = { text: "string", integer: "number", bigint: "number", float: "number" }
  return typeof value === (type === "boolean" ? "boolean" : of[type]) ? value : undefined
}

/** The keys and indexes of one column each, by property. */
function keysOf(name, { columns, indices, uniques }, creates) {
  const keys = new Map(
    Object.entries(columns).map(([property, { unique }]) => [property, { isUnique: unique }]),
  )
  const keyOf = (word, { columns: named, where, fulltext, spatial }) => {
    const isPlain = named?.length === 1 && !where && !fulltext && !spatial
    const key = isPlain ? keys.get(named[0]) : undefined
    // Without tables to create, one that is there already need not be known.
    if (key !== undefined || !creates) return key ?? {}
    throw wrong(
      `models.${name}.schema.${word} can have indexes of one column; create others yourself`,
    )
  }
  for (const one of indices ?? [])
    keyOf("indices", one)[one.unique ? "unique" : "index"] = one.name ?? true
  for (const one of uniques ?? []) {
    Object.assign(keyOf("uniques", one), { isUnique: true, constraint: one.name })
  }
  return keys
}

/** The options `unique` and `index` of a column. */
function keyOptions({ isUnique, constraint, unique, index }, names, { kind, isId }) {
  if (isId) return kind === "postgres" ? { unique: { constraint: names.primary() } } : {}
  const named = (name) => (name === true ? names.index() : (name ?? false))
  return {
    unique: isUnique ? { constraint: constraint ?? names.unique() } : named(unique),
    index: named(index),
  }
}

function said(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function isNothing(value) {
  return value === undefined || value === null
}

function wrong(message) {
  return new SqlxAdapterError(message, "ERR_CONFIG")
}

module.exports = { schemaOptions }
