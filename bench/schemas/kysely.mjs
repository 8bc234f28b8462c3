// The tables that the documentation of @auth/kysely-adapter has, in the types of each database.

import { camelCase } from "./names.mjs"

const types = {
  sqlite: {
    id: "text",
    made: "(lower(hex(randomblob(16))))",
    text: "text",
    date: "text",
    long: "text",
  },
  postgres: {
    id: "uuid",
    made: "gen_random_uuid()",
    text: "text",
    date: "timestamptz",
    long: "text",
  },
  mariadb: {
    id: "varchar(36)",
    made: "(uuid())",
    text: "varchar(255)",
    date: "datetime(3)",
    long: "text",
  },
}

export function kysely(database) {
  const { id, made, text, date, long } = types[database]
  const q = database === "mariadb" ? (name) => `\`${name}\`` : (name) => `"${name}"`
  const key = `id ${id} PRIMARY KEY DEFAULT ${made}`
  const cascade = `FOREIGN KEY (${q("userId")}) REFERENCES ${q("User")} (id) ON DELETE CASCADE`
  return camelCase(["User", "Account", "Session", "VerificationToken"], {
    date: database === "sqlite" ? "iso" : "timestamp",
    ddl: [
      `CREATE TABLE ${q("User")} (${key}, name ${text}, email ${text} UNIQUE, ${q("emailVerified")} ${date}, image ${text})`,
      `CREATE TABLE ${q("Account")} (${key}, ${q("userId")} ${id} NOT NULL, type ${text} NOT NULL, provider ${text} NOT NULL, ${q("providerAccountId")} ${text} NOT NULL, refresh_token ${long}, access_token ${long}, expires_at bigint, token_type ${text}, scope ${text}, id_token ${long}, session_state ${text}, ${cascade})`,
      `CREATE TABLE ${q("Session")} (${key}, ${q("userId")} ${id} NOT NULL, ${q("sessionToken")} ${text} NOT NULL UNIQUE, expires ${date} NOT NULL, ${cascade})`,
      `CREATE TABLE ${q("VerificationToken")} (identifier ${text} NOT NULL, token ${text} NOT NULL UNIQUE, expires ${date} NOT NULL)`,
      `CREATE INDEX ${q("Account_userId_index")} ON ${q("Account")} (${q("userId")})`,
      `CREATE INDEX ${q("Session_userId_index")} ON ${q("Session")} (${q("userId")})`,
      // Not in the documentation, and each sign-in would read all accounts without it.
      `CREATE INDEX ${q("Account_provider_index")} ON ${q("Account")} (${q("providerAccountId")}, provider)`,
    ],
  })
}
