"use strict"

// A configuration of TypeORM 0.2, as v2 and v3 took it, as the options of SqlxAdapter. Every option
// of TypeORM's is honoured, is of no effect by its nature, or is refused by name, with the reason.

const { SqlxAdapterError } = require("../error.js")
const { parseConnectionString } = require("./connection-string.js")
const { queryLog } = require("./query-log.js")
const { schemaOptions } = require("./schema.js")
const { kindOf } = require("./types.js")

/** SqlxAdapter has the option under the same name. */
const same = (value, options, name) => {
  options[name] = value
}

/** A number, which the environment has as text; TypeORM has a 0 where a URL says none. */
const port = (value, options) => {
  const number = typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : value
  if (number !== 0 && number !== "" && number !== null) options.port = number
}

const ssl = (value, options) => {
  options.ssl = withTexts(value)
}

const extra = (value, options) => {
  options.extra = value?.ssl ? { ...value, ssl: withTexts(value.ssl) } : value
}

/** Of no effect, because what it configures is not there: nothing differs with or without it. */
const nothing = () => undefined

/** Only what means nothing is taken; otherwise the text says why not. */
const refused = (why) => (value) => (isNothing(value) ? undefined : why)

/** Read together with others, below. */
const elsewhere = nothing

const REASONS = {
  cache: "nothing is cached, so that a deleted session is gone at once",
  dropSchema: "nothing is ever dropped",
  flags: "the protocol's flags are chosen by the adapter",
  key: "encrypted SQLite files are not supported",
  migrationsRun: "run the migrations by TypeORM's command line, before the application starts",
  charset: "text is UTF-8",
  master: "it has no master: give { master: { host, username, password, database }, slaves: [] }",
  models: "the tables are those of the four models: give your own as the second argument's models",
  poolErrorHandler: "connections that break while idle are replaced and nobody is told",
  slaves: "all is read from the master: leave out the slaves",
  subscribers: "no entity of TypeORM is made that one could subscribe to; wrap the methods instead",
  tokens: "it would print what is bound: session tokens, for instance. Use logging: true",
}

const OPTIONS = {
  // The place.
  type: same,
  url: same,
  host: same,
  port,
  username: same,
  user: same,
  password: same,
  database: same,
  socketPath: same,
  ssl,
  applicationName: same,
  charset: (value) => (isNothing(value) || /^utf-?8/i.test(value) ? undefined : REASONS.charset),
  connectTimeout: same,
  connectTimeoutMS: same,
  acquireTimeout: same,
  extra,
  replication: elsewhere,
  name: nothing, // connections are shared by what they connect to
  // The tables.
  synchronize: same,
  synchronise: (value, options) => {
    options.synchronize = value
  },
  schema: elsewhere,
  entityPrefix: elsewhere,
  namingStrategy: elsewhere,
  entities: refused(REASONS.models),
  autoLoadEntities: nothing,
  entitySkipConstructor: nothing,
  subscribers: refused(REASONS.subscribers),
  migrationsRun: refused(REASONS.migrationsRun),
  migrations: nothing, // TypeORM runs them only if told to
  migrationsTableName: nothing,
  migrationsTransactionMode: nothing,
  metadataTableName: nothing,
  cli: nothing,
  dropSchema: refused(REASONS.dropSchema),
  // What is reported.
  logging: elsewhere,
  logger: elsewhere,
  maxQueryExecutionTime: elsewhere,
  logNotifications: refused("notices of the server are not passed on"),
  debug: refused(REASONS.tokens),
  trace: nothing,
  // How a driver works or what it gives, where the adapter's values are what they are.
  cache: refused(REASONS.cache),
  timezone: (value) =>
    isNothing(value) || ["Z", "UTC", "+00:00"].includes(value)
      ? undefined
      : "dates are stored in UTC",
  useUTC: nothing, // the columns keep the time zone
  dateStrings: refused("dates are Dates"),
  supportBigNumbers: nothing,
  bigNumberStrings: elsewhere,
  multipleStatements: nothing,
  legacySpatialSupport: nothing,
  uuidExtension: nothing,
  installExtensions: nothing,
  insecureAuth: refused("the server's old authentication is not safe"),
  flags: refused(REASONS.flags),
  poolErrorHandler: refused(REASONS.poolErrorHandler),
  nativeDriver: refused("the adapter is its own driver"),
  driver: refused("the adapter is its own driver"),
  poolSize: refused("it is MongoDB's; use extra: { max } or the option pool: { max }"),
  // SQLite.
  enableWAL: nothing, // it is
  busyErrorRetry: nothing, // locks are waited for in any case
  timeout: (value, options) => {
    options.sqlite = { busyTimeout: value }
  },
  key: refused(REASONS.key),
  statementCacheSize: nothing,
  prepareDatabase: refused("the connections are the adapter's own"),
  verbose: refused(REASONS.tokens),
  readonly: refused("sign-in writes"),
  fileMustExist: refused("the file is made when it is first needed"),
}

/** The second argument's own; the others are options of SqlxAdapter. */
const NOT_IN_OPTIONS = ["url", "type", "database", "schema", "synchronize"]

/** Where a server is and who signs in, which a master says instead. */
const PLACE = "url host port user username password database socketPath".split(" ")

/**
 * The options of SqlxAdapter for the two arguments of `Adapters.Default`.
 *
 * An option that TypeORM does not have is left to SqlxAdapter, which has some and refuses the rest.
 */
function configuration(place, { models, namingStrategy, ...rest } = {}) {
  const config = parts(place)
  // v3 creates tables only if told to, whatever the environment.
  const options = { synchronize: false }
  take(config, options)
  if (!isNothing(config.replication)) takeMaster(config.replication, options)
  for (const name of NOT_IN_OPTIONS.filter((name) => rest[name] !== undefined)) {
    throw wrong(`"${name}" belongs in the first argument; for other tables use SqlxAdapter itself`)
  }
  options.schema = schemaOptions({
    models: ownModels(models),
    strategy: config.namingStrategy ?? namingStrategy ?? undefined,
    prefix: config.entityPrefix,
    dbSchema: config.schema,
    kind: kindOf(config),
    creates: options.synchronize,
    bigNumbers: config.bigNumberStrings === false,
  })
  return { ...options, ...queryLog(config), ...rest }
}

/** The first argument as an object, however it is given. */
function parts(place) {
  // A variable that is not set while the application is built is the first call's error.
  if (place === undefined || place === null) return {}
  if (typeof place === "string") return parseConnectionString(place, isOption)
  if (typeof place !== "object") {
    throw wrong(
      "Adapters.Default takes a connection string or a configuration such as " +
        '{ type: "postgres", host, username, password, database }',
    )
  }
  const { url, ...others } = place
  if (typeof url !== "string") return place
  // What stands beside the URL wins over what is in it.
  const { url: rest, ...inUrl } = parseConnectionString(url, isOption)
  return { ...(rest !== undefined && { url: rest }), ...inUrl, ...others }
}

/** Reads a configuration into options. */
function take(config, options, path = "") {
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue
    const why = (isOption(name) ? OPTIONS[name] : same)(value, options, name)
    if (why !== undefined) throw wrong(`option "${path}${name}" cannot be honoured: ${why}`)
  }
}

function takeMaster({ master, slaves }, options) {
  const why = !isNothing(slaves)
    ? REASONS.slaves
    : Object(master) !== master
      ? REASONS.master
      : undefined
  if (why !== undefined) throw wrong(`option "replication" cannot be honoured: ${why}`)
  for (const name of PLACE) delete options[name]
  take(parts(master), options, "replication.master.")
}

/** The application's own models: one that is not there is the default one. */
function ownModels(models) {
  if (models === undefined || models === null) return {}
  if (typeof models !== "object") {
    throw wrong("models must be an object such as { User: { model, schema } }")
  }
  return Object.fromEntries(Object.entries(models).filter(([, own]) => own !== undefined))
}

/** `ssl` with PEM as text, where `readFileSync` without an encoding gave bytes. */
function withTexts(ssl) {
  if (Object(ssl) !== ssl) return ssl
  const text = (value) =>
    ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
      : value
  const read = (value) => (Array.isArray(value) ? value.map(text).join("\n") : text(value))
  return Object.fromEntries(Object.entries(ssl).map(([name, value]) => [name, read(value)]))
}

function isOption(name) {
  return Object.hasOwn(OPTIONS, name)
}

function isNothing(value) {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}

function wrong(message) {
  return new SqlxAdapterError(message, "ERR_CONFIG")
}

module.exports = { configuration, isOption, ownModels }
