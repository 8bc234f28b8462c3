"use strict"

// A configuration of TypeORM 0.2, as v2 and v3 took it, as the options of SqlxAdapter. Every option
// of TypeORM's is honoured, is of no effect by its nature, or is refused by name, with the reason.

const { SqlxAdapterError } = require("../error.js")
const { parseConnectionString } = require("./connection-string.js")
const { queryLog } = require("./query-log.js")
const { schemaOptions } = require("./schema.js")

/** SqlxAdapter has the option under the same name. */
const same = (value, options, name) => {
  options[name] = value
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
  port: same,
  username: same,
  user: same,
  password: same,
  database: same,
  socketPath: same,
  ssl: same,
  applicationName: same,
  charset: same,
  connectTimeout: same,
  connectTimeoutMS: same,
  acquireTimeout: same,
  extra: same,
  replication: (value, options) => {
    if (isNothing(value?.slaves) && value?.master) Object.assign(options, value.master)
    else if (!isNothing(value)) return REASONS.slaves
  },
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
  bigNumberStrings: nothing,
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

/**
 * The options of SqlxAdapter for the two arguments of `Adapters.Default`.
 *
 * An option that TypeORM does not have is left to SqlxAdapter, which has some and refuses the rest.
 */
function configuration(place, { models, namingStrategy, ...rest } = {}) {
  const config = typeof place === "string" ? parseConnectionString(place, isOption) : place
  if (config === null || typeof config !== "object") {
    throw wrong(
      "Adapters.Default takes a connection string or a configuration such as " +
        '{ type: "postgres", host, username, password, database }',
    )
  }
  // v3 creates tables only if told to, whatever the environment.
  const options = { synchronize: false }
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue
    const why = (isOption(name) ? OPTIONS[name] : same)(value, options, name)
    if (why !== undefined) throw wrong(`option "${name}" cannot be honoured: ${why}`)
  }
  for (const name of NOT_IN_OPTIONS.filter((name) => rest[name] !== undefined)) {
    throw wrong(`"${name}" belongs in the first argument; for other tables use SqlxAdapter itself`)
  }
  options.schema = schemaOptions({
    models,
    strategy: config.namingStrategy ?? namingStrategy,
    prefix: config.entityPrefix,
    dbSchema: config.schema,
    isSqlite: /^(better-)?sqlite/i.test(config.type ?? config.url ?? ""),
  })
  return { ...options, ...queryLog(config), ...rest }
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

module.exports = { configuration, isOption }
