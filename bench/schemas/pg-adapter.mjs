// The tables that the documentation of @auth/pg-adapter has, and the indexes that it lacks.

import { camelCase } from "./names.mjs"

const TABLES = ["users", "accounts", "sessions", "verification_token"]

const DDL = [
  "CREATE TABLE verification_token (identifier TEXT NOT NULL, expires TIMESTAMPTZ NOT NULL, token TEXT NOT NULL, PRIMARY KEY (identifier, token))",
  'CREATE TABLE accounts (id SERIAL, "userId" INTEGER NOT NULL, type VARCHAR(255) NOT NULL, provider VARCHAR(255) NOT NULL, "providerAccountId" VARCHAR(255) NOT NULL, refresh_token TEXT, access_token TEXT, expires_at BIGINT, id_token TEXT, scope TEXT, session_state TEXT, token_type TEXT, PRIMARY KEY (id))',
  'CREATE TABLE sessions (id SERIAL, "userId" INTEGER NOT NULL, expires TIMESTAMPTZ NOT NULL, "sessionToken" VARCHAR(255) NOT NULL, PRIMARY KEY (id))',
  'CREATE TABLE users (id SERIAL, name VARCHAR(255), email VARCHAR(255), "emailVerified" TIMESTAMPTZ, image TEXT, PRIMARY KEY (id))',
]

const INDEXES = [
  'CREATE UNIQUE INDEX ON sessions ("sessionToken")',
  'CREATE INDEX ON sessions ("userId")',
  "CREATE UNIQUE INDEX ON users (email)",
  'CREATE UNIQUE INDEX ON accounts (provider, "providerAccountId")',
  'CREATE INDEX ON accounts ("userId")',
]

const more = { date: "timestamp", numericIds: true }

export const pgAdapter = () => camelCase(TABLES, { ...more, ddl: DDL })
export const pgAdapterIndexed = () => camelCase(TABLES, { ...more, ddl: [...DDL, ...INDEXES] })
