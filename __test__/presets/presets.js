const { randomUUID } = require("node:crypto")
const { existsSync, readFileSync } = require("node:fs")
const path = require("node:path")

/** The token columns that most have. */
const TOKENS = [
  "refresh_token",
  "access_token",
  "expires_at",
  "token_type",
  "scope",
  "id_token",
  "session_state",
]

const EVERYWHERE = ["sqlite", "postgres", "mariadb", "mysql"]

const SNAKE = (property) => property.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`)
const CAMEL = (property) => property

const V3 = (property) =>
  ({ type: "provider_type", provider: "provider_id" })[property] ?? SNAKE(property)

const V3_CAMEL = {
  type: "providerType",
  provider: "providerId",
  access_token: "accessToken",
  refresh_token: "refreshToken",
}

const changedNow = () => ({ updatedAt: Date.now() })

const native = () => "native"
const onSqlite = (storage) => (kind) => (kind === "sqlite" ? storage : "native")

/** The largest value of an integer column, which SQLite's is not. */
const INT4 = (kind) => (kind === "sqlite" ? undefined : 2 ** 31 - 1)

/** What MySQL and MariaDB have alone: their collations, and the lengths of their texts. */
const onMysql = (value) => (kind) => (["mariadb", "mysql"].includes(kind) ? value : undefined)

/** The first that a `timestamp` holds: MariaDB takes the first second, but for its beginning. */
const timestampFrom = (kind) =>
  ({ mysql: "1970-01-01T00:00:01.000Z", mariadb: "1970-01-01T00:00:00.001Z" })[kind]

/**
 * What each preset's tables are like, where tests have to know:
 *
 * - `databases`: where the other package can have them;
 * - `tables`: their names; a model without one has no table;
 * - `column(property)`: what its column is called;
 * - `dates(kind)`: how dates are kept, see `stored.js`;
 * - `ids`: what users' ids are: `text`, `uuid` or `serial`, or a function of the kind;
 * - `emailRequired`: a user needs an e-mail address;
 * - `seconds`: the databases where expiry dates are kept to the second;
 * - `exactUsers`: but not when an e-mail address was verified;
 * - `passkeys`: whether there is a table for them;
 * - `noForeignKeys`: nothing ties accounts and sessions to their users;
 * - `tokenIsKey`: whether two people cannot have the same verification token;
 * - `dated`: it is known when a session was created;
 * - `tokens`: the token columns of an account, if not the usual;
 * - `latestExpiry(kind)`: the largest `expires_at` of an account;
 * - `longest(kind)`: how many bytes the shortest column of a provider's tokens takes;
 * - `counter(kind)`: the largest counter of a passkey;
 * - `generated`: a model's columns that the adapter fills in by itself and returns;
 * - `others`: what other programs give a row of a model besides, because the column needs a value;
 * - `loose(kind)`: unique keys take what differs in case, accents or trailing spaces for the same;
 * - `earliest(kind)`, `latest(kind)`: the first and the last date that a column takes.
 */
const presets = {
  "pg-adapter": {
    databases: ["postgres"],
    noForeignKeys: true,
    tables: plural({ verificationToken: "verification_token" }),
    column: CAMEL,
    dates: native,
    ids: "serial",
  },
  neon: {
    databases: ["postgres"],
    noForeignKeys: true,
    tables: plural({ verificationToken: "verification_token" }),
    column: CAMEL,
    dates: native,
    ids: "serial",
    latestExpiry: INT4,
  },
  prisma: {
    databases: EVERYWHERE,
    tables: pascal({ authenticator: "Authenticator" }),
    column: CAMEL,
    dates: onSqlite("milliseconds"),
    ids: "text",
    emailRequired: true,
    dated: true,
    others: { user: changedNow },
    passkeys: true,
    counter: INT4,
    latestExpiry: INT4,
    longest: onMysql(65_535),
    loose: onMysql(true),
  },
  "prisma-v4": {
    databases: EVERYWHERE,
    tables: pascal(),
    column: CAMEL,
    dates: onSqlite("milliseconds"),
    ids: "text",
    tokenIsKey: true,
    latestExpiry: INT4,
    longest: onMysql(65_535),
    loose: onMysql(true),
  },
  "prisma-v3": {
    databases: EVERYWHERE,
    noForeignKeys: true,
    tables: plural({ verificationToken: "verification_requests" }),
    column: V3,
    dates: onSqlite("milliseconds"),
    ids: "serial",
    tokenIsKey: true,
    dated: true,
    tokens: ["refresh_token", "access_token"],
    generated: { session: ["accessToken"] },
    longest: onMysql(191),
    loose: onMysql(true),
  },
  "prisma-v3-cuid": {
    databases: EVERYWHERE,
    tables: pascal({ verificationToken: "VerificationRequest" }),
    column: (property) => V3_CAMEL[property] ?? property,
    dates: onSqlite("milliseconds"),
    ids: "text",
    tokenIsKey: true,
    dated: true,
    tokens: ["refresh_token", "access_token"],
    generated: { session: ["accessToken"] },
    others: { user: changedNow, verificationToken: () => ({ id: randomUUID(), ...changedNow() }) },
    longest: onMysql(191),
    loose: onMysql(true),
  },
  drizzle: {
    databases: EVERYWHERE,
    tables: {
      user: "user",
      account: "account",
      session: "session",
      verificationToken: "verificationToken",
      authenticator: "authenticator",
    },
    column: CAMEL,
    dates: onSqlite("milliseconds"),
    ids: "text",
    passkeys: true,
    counter: INT4,
    latestExpiry: INT4,
    seconds: ["mariadb", "mysql"],
    exactUsers: true,
    longest: onMysql(255),
    loose: onMysql(true),
    earliest: timestampFrom,
    latest: onMysql("2038-01-19T03:14:07.999Z"),
  },
  kysely: {
    databases: ["postgres"],
    tables: pascal(),
    column: CAMEL,
    dates: native,
    ids: "uuid",
    emailRequired: true,
    tokenIsKey: true,
  },
  typeorm: {
    databases: EVERYWHERE,
    tables: plural(),
    column: CAMEL,
    dates: () => "milliseconds-text",
    ids: (kind) => (["postgres", "mariadb"].includes(kind) ? "uuid" : "text"),
    longestId: (kind) => (kind === "mysql" ? 36 : undefined),
    others: { verificationToken: () => ({ id: randomUUID() }) },
    longest: onMysql(255),
    loose: onMysql(true),
  },
  "typeorm-v3": {
    databases: EVERYWHERE,
    noForeignKeys: true,
    tables: plural({ verificationToken: "verification_requests" }),
    column: V3,
    dates: onSqlite("datetime-text"),
    ids: "serial",
    tokenIsKey: true,
    dated: true,
    tokens: ["refresh_token", "access_token"],
    generated: { session: ["accessToken"] },
    longest: onMysql(65_535),
    loose: onMysql(true),
    earliest: timestampFrom,
    latest: onMysql("2038-01-19T03:14:07.999Z"),
  },
  sequelize: {
    databases: EVERYWHERE,
    tables: plural(),
    column: SNAKE,
    dates: onSqlite("datetime-text-with-zone"),
    ids: "uuid",
    tokenIsKey: true,
    seconds: ["mariadb", "mysql"],
    latestExpiry: INT4,
    longest: (kind) => (kind === "sqlite" ? undefined : 255),
    loose: onMysql(true),
  },
  "mikro-orm": {
    databases: EVERYWHERE,
    tables: {
      user: "user",
      account: "account",
      session: "session",
      verificationToken: "verification_token",
    },
    column: SNAKE,
    dates: onSqlite("milliseconds"),
    ids: "text",
    tokenIsKey: true,
    seconds: ["postgres", "mariadb", "mysql"],
    latestExpiry: INT4,
    longest: (kind) => (kind === "sqlite" ? undefined : 255),
    loose: onMysql(true),
  },
  supabase: {
    databases: ["postgres"],
    tables: plural({}, "next_auth."),
    column: CAMEL,
    dates: native,
    ids: "uuid",
    tokenIsKey: true,
    tokens: [...TOKENS, "oauth_token", "oauth_token_secret"],
  },
  d1: {
    databases: ["sqlite"],
    noForeignKeys: true,
    tables: plural(),
    column: CAMEL,
    dates: () => "iso-text",
    ids: "text",
    tokenIsKey: true,
    tokens: [...TOKENS, "oauth_token", "oauth_token_secret"],
  },
}

function plural(others, schema = "") {
  const names = {
    user: "users",
    account: "accounts",
    session: "sessions",
    verificationToken: "verification_tokens",
    ...others,
  }
  return Object.fromEntries(Object.entries(names).map(([model, name]) => [model, schema + name]))
}

function pascal(others) {
  return {
    user: "User",
    account: "Account",
    session: "Session",
    verificationToken: "VerificationToken",
    ...others,
  }
}

/** Creates a preset's tables as its own package does. */
async function create(name, database, place) {
  const file = (kind) => path.join(__dirname, "ddl", `${name}.${kind}.sql`)
  // Most packages make the same tables for MariaDB as for MySQL.
  const kind = database === "mariadb" && !existsSync(file("mariadb")) ? "mysql" : database
  const sql = readFileSync(file(kind), "utf8")
  const lines = sql.split("\n").filter((line) => !line.startsWith("--"))
  for (const statement of lines.join("\n").split(/;\s*(?:\n|$)/)) {
    if (statement.trim() !== "") await place.execute(statement)
  }
}

module.exports = { SNAKE, TOKENS, create, presets }
