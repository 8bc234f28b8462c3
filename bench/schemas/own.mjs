// Our own schema, which our adapter makes itself, and the one of the adapters by hand: the same
// without what options of ours may need, and with the token as it is.

import { snakeCase } from "./names.mjs"

const TABLES = ["users", "accounts", "sessions", "verification_tokens"]

const dates = { sqlite: "milliseconds", postgres: "timestamp", mariadb: "timestamp" }

export const ours = (database) => snakeCase(TABLES, { date: dates[database], hashed: true })

const types = {
  sqlite: {
    key: "TEXT",
    text: "TEXT",
    date: "INTEGER",
    end: " STRICT",
    clustered: " WITHOUT ROWID, STRICT",
  },
  postgres: { key: "text", text: "text", date: "timestamptz(3)", end: "", clustered: "" },
  mariadb: {
    key: "varchar(255) CHARACTER SET ascii COLLATE ascii_bin",
    text: "text",
    date: "datetime(3)",
    end: "",
    clustered: "",
  },
}

export function floor(database) {
  const { key, text, date, end, clustered } = types[database]
  const cascade = "FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE"
  return snakeCase(TABLES, {
    date: dates[database],
    ddl: [
      `CREATE TABLE users (id ${key} NOT NULL PRIMARY KEY, name ${text}, email ${key} UNIQUE, email_verified ${date}, image ${text})${end}`,
      `CREATE TABLE accounts (user_id ${key} NOT NULL, type ${key} NOT NULL, provider ${key} NOT NULL, provider_account_id ${key} NOT NULL, refresh_token ${text}, access_token ${text}, expires_at bigint, token_type ${text}, scope ${text}, id_token ${text}, session_state ${text}, PRIMARY KEY (provider, provider_account_id), ${cascade})${end}`.replace(
        "bigint",
        database === "sqlite" ? "INTEGER" : "bigint",
      ),
      `CREATE TABLE sessions (session_token ${key} NOT NULL PRIMARY KEY, user_id ${key} NOT NULL, expires ${date} NOT NULL, ${cascade})${clustered}`,
      `CREATE TABLE verification_tokens (identifier ${key} NOT NULL, token ${key} NOT NULL, expires ${date} NOT NULL, PRIMARY KEY (identifier, token))${clustered}`,
      ...["accounts", "sessions"].map(
        (table) => `CREATE INDEX ${table}_user_id ON ${table} (user_id)`,
      ),
      "CREATE INDEX sessions_expires ON sessions (expires)",
    ],
  })
}
