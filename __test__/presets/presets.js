const { readFileSync } = require("node:fs")
const path = require("node:path")

/**
 * What each preset's tables are like, as far as tests differ:
 *
 * - `ids`: what users' ids are; one that cannot be is `malformed`;
 * - `seconds`: the databases where expiry dates are kept to the second;
 * - `passkeys`: whether there is a table for them;
 * - `longest`: the characters that a provider's token may have;
 * - `tokenIsKey`: whether two people cannot have the same verification token.
 */
const presets = {
  "pg-adapter": { databases: ["postgres"], ids: "serial" },
  neon: { databases: ["postgres"], ids: "serial" },
  prisma: { databases: ["sqlite", "postgres", "mariadb", "mysql"], ids: "text", passkeys: true },
  "prisma-v3": {
    databases: ["sqlite", "postgres", "mariadb", "mysql"],
    ids: "serial",
    tokenIsKey: true,
    noExpiresAt: true,
    longest: 191,
  },
  "prisma-v3-cuid": {
    databases: ["sqlite", "postgres", "mariadb", "mysql"],
    ids: "text",
    tokenIsKey: true,
    noExpiresAt: true,
    longest: 191,
  },
  drizzle: {
    databases: ["sqlite", "postgres", "mariadb", "mysql"],
    ids: "text",
    passkeys: true,
    seconds: ["mariadb", "mysql"],
  },
  kysely: { databases: ["postgres"], ids: "uuid", tokenIsKey: true },
  typeorm: { databases: ["sqlite", "postgres", "mariadb", "mysql"], ids: "uuid" },
  "typeorm-v3": {
    databases: ["sqlite", "postgres", "mariadb", "mysql"],
    ids: "serial",
    tokenIsKey: true,
    noExpiresAt: true,
  },
  sequelize: {
    databases: ["sqlite", "postgres", "mariadb", "mysql"],
    ids: "uuid",
    tokenIsKey: true,
    seconds: ["mariadb", "mysql"],
  },
  "mikro-orm": {
    databases: ["postgres", "mariadb", "mysql"],
    ids: "text",
    tokenIsKey: true,
    seconds: ["postgres", "mariadb", "mysql"],
  },
  supabase: { databases: ["postgres"], ids: "uuid", tokenIsKey: true },
  d1: { databases: ["sqlite"], ids: "text", tokenIsKey: true },
}

/** Creates a preset's tables as its own package does. */
async function create(name, database, place) {
  const kind = database === "mariadb" ? "mysql" : database
  const sql = readFileSync(path.join(__dirname, "ddl", `${name}.${kind}.sql`), "utf8")
  const lines = sql.split("\n").filter((line) => !line.startsWith("--"))
  for (const statement of lines.join("\n").split(/;\s*(?:\n|$)/)) {
    if (statement.trim() !== "") await place.execute(statement)
  }
}

module.exports = { create, presets }
