// The default tables of @auth/drizzle-adapter, as drizzle-kit makes them.

import { camelCase } from "./names.mjs"

const types = {
  sqlite: { text: "text", key: "text", long: "text", date: "integer", coarse: "integer" },
  postgres: { text: "text", key: "text", long: "text", date: "timestamp", coarse: "timestamp" },
  mariadb: {
    text: "varchar(255)",
    key: "varchar(255)",
    long: "varchar(2048)",
    date: "timestamp(3) NULL",
    coarse: "timestamp",
  },
}

export function drizzle(database) {
  const { text, key, long, date, coarse } = types[database]
  const q = database === "mariadb" ? (name) => `\`${name}\`` : (name) => `"${name}"`
  const cascade = `FOREIGN KEY (${q("userId")}) REFERENCES ${q("user")} (id) ON DELETE CASCADE`
  return camelCase(["user", "account", "session", "verificationToken"], {
    date: database === "sqlite" ? "milliseconds" : "timestamp",
    ddl: [
      `CREATE TABLE ${q("user")} (id ${key} PRIMARY KEY NOT NULL, name ${text}, email ${key} UNIQUE, ${q("emailVerified")} ${date}, image ${text})`,
      `CREATE TABLE ${q("account")} (${q("userId")} ${key} NOT NULL, type ${text} NOT NULL, provider ${key} NOT NULL, ${q("providerAccountId")} ${key} NOT NULL, refresh_token ${text}, access_token ${text}, expires_at integer, token_type ${text}, scope ${text}, id_token ${long}, session_state ${text}, PRIMARY KEY (provider, ${q("providerAccountId")}), ${cascade})`,
      `CREATE TABLE ${q("session")} (${q("sessionToken")} ${key} PRIMARY KEY NOT NULL, ${q("userId")} ${key} NOT NULL, expires ${coarse} NOT NULL, ${cascade})`,
      `CREATE TABLE ${q("verificationToken")} (identifier ${key} NOT NULL, token ${key} NOT NULL, expires ${coarse} NOT NULL, PRIMARY KEY (identifier, token))`,
    ],
  })
}
