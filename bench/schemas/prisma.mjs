// The models that the documentation of @auth/prisma-adapter has, and the tables that Prisma's own
// migration makes of them.

import { camelCase } from "./names.mjs"

/** @param {"sqlite" | "postgresql" | "mysql"} provider */
export function prismaModels(provider, output) {
  const text = provider === "sqlite" ? "" : " @db.Text"
  return `datasource db {
  provider = "${provider}"
}

generator client {
  provider   = "prisma-client-js"
  engineType = "client"
  output     = "${output}"
}

model User {
  id            String    @id @default(cuid())
  name          String?
  email         String    @unique
  emailVerified DateTime?
  image         String?
  accounts      Account[]
  sessions      Session[]
  createdAt     DateTime  @default(now())
  updatedAt     DateTime  @updatedAt
}

model Account {
  userId            String
  type              String
  provider          String
  providerAccountId String
  refresh_token     String?${text}
  access_token      String?${text}
  expires_at        Int?
  token_type        String?
  scope             String?
  id_token          String?${text}
  session_state     String?
  createdAt         DateTime @default(now())
  updatedAt         DateTime @updatedAt
  user              User     @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@id([provider, providerAccountId])
}

model Session {
  sessionToken String   @unique
  userId       String
  expires      DateTime
  createdAt    DateTime @default(now())
  updatedAt    DateTime @updatedAt
  user         User     @relation(fields: [userId], references: [id], onDelete: Cascade)
}

model VerificationToken {
  identifier String
  token      String
  expires    DateTime

  @@id([identifier, token])
}
`
}

const types = {
  sqlite: { key: "TEXT", text: "TEXT", date: "DATETIME", now: "CURRENT_TIMESTAMP" },
  postgres: { key: "TEXT", text: "TEXT", date: "TIMESTAMP(3)", now: "CURRENT_TIMESTAMP" },
  mariadb: { key: "VARCHAR(191)", text: "TEXT", date: "DATETIME(3)", now: "CURRENT_TIMESTAMP(3)" },
}

export function prisma(database) {
  const { key, text, date, now } = types[database]
  const q = database === "mariadb" ? (name) => `\`${name}\`` : (name) => `"${name}"`
  const times = `${q("createdAt")} ${date} NOT NULL DEFAULT ${now}, ${q("updatedAt")} ${date} NOT NULL`
  const cascade = `FOREIGN KEY (${q("userId")}) REFERENCES ${q("User")} (id) ON DELETE CASCADE ON UPDATE CASCADE`
  return camelCase(["User", "Account", "Session", "VerificationToken"], {
    date: database === "sqlite" ? "iso-offset" : "timestamp",
    // No default of the database's: the client sets it.
    also: { updatedAt: ["users", "accounts", "sessions"] },
    ddl: [
      `CREATE TABLE ${q("User")} (id ${key} NOT NULL PRIMARY KEY, name ${key}, email ${key} NOT NULL, ${q("emailVerified")} ${date}, image ${key}, ${times})`,
      `CREATE TABLE ${q("Account")} (${q("userId")} ${key} NOT NULL, type ${key} NOT NULL, provider ${key} NOT NULL, ${q("providerAccountId")} ${key} NOT NULL, refresh_token ${text}, access_token ${text}, expires_at INTEGER, token_type ${key}, scope ${key}, id_token ${text}, session_state ${key}, ${times}, PRIMARY KEY (provider, ${q("providerAccountId")}), ${cascade})`,
      `CREATE TABLE ${q("Session")} (${q("sessionToken")} ${key} NOT NULL, ${q("userId")} ${key} NOT NULL, expires ${date} NOT NULL, ${times}, ${cascade})`,
      `CREATE TABLE ${q("VerificationToken")} (identifier ${key} NOT NULL, token ${key} NOT NULL, expires ${date} NOT NULL, PRIMARY KEY (identifier, token))`,
      `CREATE UNIQUE INDEX ${q("User_email_key")} ON ${q("User")} (email)`,
      `CREATE UNIQUE INDEX ${q("Session_sessionToken_key")} ON ${q("Session")} (${q("sessionToken")})`,
    ],
  })
}
