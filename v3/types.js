"use strict"

// What TypeORM 0.2 makes of a column's description on each database, and what SqlxAdapter calls it.

/**
 * TypeORM's types, by database: what SqlxAdapter calls them, what they are in SQL, and what TypeORM
 * lets one say for them. Where a line has no SQL each name is its own.
 */
const TYPES = {
  postgres: table(`
    text          | character varying        | varchar, character varying, string
    text          | character                | char, character
    text          |                          | text, citext
    text          | enum                     | enum, simple-enum
    integer       | integer                  | int, int4, integer, number
    integer       | smallint                 | int2, smallint
    bigint-string | bigint                   | int8, bigint
    float         | real                     | float4, real
    float         | double precision         | float8, float, double precision
    boolean       | boolean                  | bool, boolean
    json          |                          | json, jsonb
    datetime      | TIMESTAMP WITH TIME ZONE | timestamp, timestamptz, timestamp with time zone
    timestamp     | TIMESTAMP                | timestamp without time zone, date()
    date          |                          | date
    uuid          |                          | uuid`),
  mysql: table(`
    text          | varchar                  | varchar, nvarchar, national varchar, string, uuid
    text          | char                     | char, nchar, national char
    text          |                          | text, tinytext, mediumtext, longtext
    text          | enum                     | enum, simple-enum
    integer       | int                      | int, integer, number
    integer       |                          | tinyint, smallint, mediumint
    bigint-string |                          | bigint
    float         |                          | float
    float         | double                   | double, double precision, real
    boolean       | tinyint                  | bool, boolean
    json          |                          | json
    datetime      | datetime                 | datetime, date()
    datetime      |                          | timestamp
    date          |                          | date`),
  sqlite: table(`
    text          | varchar                  | varchar, string, uuid
    text          |                          | character, varying character, nchar, native character
    text          |                          | nvarchar, text, clob
    text          | enum                     | simple-enum
    integer       | integer                  | int, integer, number
    integer       |                          | tinyint, smallint, mediumint, int2
    bigint        |                          | bigint, int8, unsigned big int
    float         |                          | float, real, double, double precision
    boolean       |                          | boolean
    datetime-text | datetime                 | datetime, timestamp, date()
    date          |                          | date`),
}

/**
 * Where it is not known yet which database it is, as while an application is built, nothing is refused; and
 * nothing is said in SQL, so that the adapter's own types are created.
 */
const ANY = { ...TYPES.postgres, ...TYPES.mysql, ...TYPES.sqlite }

const SERVERS = ["postgres", "mysql"]

const TITLES = { postgres: "PostgreSQL", mysql: "MySQL and MariaDB", sqlite: "SQLite" }

function table(text) {
  const types = {}
  for (const line of text.trim().split("\n")) {
    const [type, sql, names] = line.split("|").map((part) => part.trim())
    for (const name of names.split(", ")) types[name] = { type, sql: sql || name }
  }
  return types
}

/**
 * Which database a configuration is for, as far as can be said before the first call: "postgres",
 * "mysql" (MariaDB is one) or "sqlite".
 */
function kindOf({ type, url }) {
  const { AUTH_DATABASE_URL, DATABASE_URL } = process.env
  const place = [type, url, AUTH_DATABASE_URL, DATABASE_URL].find(Boolean)
  if (place === undefined) return undefined
  if (/^(postgres(ql)?|pg|cockroachdb)(:|$)/i.test(place)) return "postgres"
  return /^(mysql2?|mariadb)(:|$)/i.test(place) ? "mysql" : "sqlite"
}

/** TypeORM's name of a column's type. The constructor `Date` is no `date`, which is a day. */
function nameOf({ type, createDate, updateDate }, kind) {
  if (typeof type === "function") return type === Date ? "date()" : type.name.toLowerCase()
  // A date that TypeORM keeps itself needs no type. PostgreSQL's is the driver's: v3 changes only what is said.
  if (type === undefined && (createDate || updateDate)) {
    return kind === "postgres" ? "timestamp without time zone" : "datetime"
  }
  return String(type).toLowerCase()
}

/** A column's type, `{ type, sql, name }`; nothing for one that is not known. */
function typeOf(column, kind) {
  const name = nameOf(column, kind)
  const types = TYPES[kind] ?? ANY
  if (!Object.hasOwn(types, name)) return undefined
  const { type, sql } = types[name]
  // What keeps no fraction of a second rounds it down here, and not up there.
  const toSecond = type === "datetime" && kind !== undefined && !keepsFractions(column, kind, name)
  return { type: toSecond ? "datetime(0)" : type, sql, name }
}

/** The names of types, for an error. */
function known(kind) {
  const names = Object.keys(TYPES[kind] ?? ANY).filter(
    (name) => !/^(date\(\)|number|string)$/.test(name),
  )
  return `${kind ? `on ${TITLES[kind]} there are` : "there are"} ${names.join(", ")}`
}

/** A column's type in CREATE TABLE, as TypeORM writes it. `database` is the column's name there. */
function sqlType(column, kind, database) {
  if (kind === undefined) return undefined
  const { sql, name } = typeOf(column, kind)
  if (sql === "enum") return enumType(column, kind, database)
  const size = sizeOf(column, kind, { sql, name })
  const [first, zone] = kind === "postgres" ? sql.split(/ (?=WITH TIME ZONE)/) : [sql]
  const words = [size === undefined ? first : `${first}(${size})`, zone, ...more(column, kind)]
  // Without the word, some servers take a timestamp for one that may not be null.
  if (kind === "mysql" && sql === "timestamp" && column.nullable) words.push("NULL")
  return words.filter(Boolean).join(" ")
}

function sizeOf(column, kind, { sql, name }) {
  const { length, width, scale } = column
  if (length) return length
  if (kind === "mysql" && sql === "varchar") return column.generated === "uuid" ? 36 : 255
  if (kind === "mysql" && width) return width
  const precision = precisionOf(column, kind, name)
  return isNothing(precision) || isNothing(scale) ? precision : `${precision},${scale}`
}

/** A date's on MySQL is microseconds: by v3 for what is said to be a timestamp, by TypeORM for its own. */
function precisionOf({ precision, createDate, updateDate }, kind, name) {
  const isSix = kind === "mysql" && (name === "timestamp" || createDate || updateDate)
  if (precision === undefined && isSix) return 6
  return precision ?? undefined
}

/** PostgreSQL's dates are exact unless they say otherwise, and MySQL's are not. */
function keepsFractions(column, kind, name) {
  const precision = column.length || precisionOf(column, kind, name)
  return isNothing(precision) ? kind === "postgres" : Number(precision) > 0
}

/** What else is part of the type. */
function more({ zerofill, unsigned, charset, collation, comment }, kind) {
  if (kind !== "mysql")
    return [collation && `COLLATE ${kind === "postgres" ? named(collation) : collation}`]
  return [
    zerofill ? "ZEROFILL" : unsigned && "UNSIGNED",
    charset && `CHARACTER SET ${charset}`,
    collation && `COLLATE ${collation}`,
    comment && `COMMENT ${quoted(comment)}`,
  ]
}

/** PostgreSQL's is a type of its own, which has to be there. */
function enumType(column, kind, database) {
  const values = column.enum.map(quoted)
  if (kind === "mysql")
    return [`enum (${values.join(", ")})`, ...more(column, kind)].filter(Boolean).join(" ")
  return kind === "postgres"
    ? undefined
    : `varchar CHECK( ${named(database)} IN (${values.join(",")}) )`
}

/** A column's default in CREATE TABLE, as TypeORM writes it; nothing where there is none. */
function sqlDefault(column, kind) {
  if (kind === undefined) return undefined
  const { default: value, createDate, updateDate, scale } = column
  if (isNothing(value)) return createDate || updateDate ? now(column, kind) : undefined
  if (typeof value === "boolean") return kind === "postgres" ? String(value) : String(Number(value))
  if (typeof value === "number" && !SERVERS.includes(kind)) return String(value)
  // TypeORM rounds it so on MySQL, where nothing is said of its scale.
  return quoted(typeof value === "number" && kind === "mysql" ? value.toFixed(scale) : value)
}

function now(column, kind) {
  if (kind === "postgres") return "now()"
  if (!SERVERS.includes(kind)) return "(datetime('now'))"
  const precision = precisionOf(column, kind, nameOf(column, kind))
  const time = precision ? `CURRENT_TIMESTAMP(${precision})` : "CURRENT_TIMESTAMP"
  return column.updateDate ? `${time} ON UPDATE ${time}` : time
}

function quoted(value) {
  return `'${String(value).replaceAll("'", "''")}'`
}

function named(name) {
  return `"${String(name).replaceAll('"', '""')}"`
}

function isNothing(value) {
  return value === undefined || value === null
}

module.exports = { kindOf, known, sqlDefault, sqlType, typeOf }
