// What an application on NextAuth 3 writes.

import type { NextAuthOptions } from "next-auth"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import Adapters, { fromDatabase } from "next-auth-sqlx-adapter/v3"

export const spellings: NextAuthOptions[] = [
  { providers: [], adapter: Adapters.Default("sqlite://localhost/auth.db") },
  { providers: [], adapter: Adapters.TypeORM({ type: "sqlite", database: ":memory:" }) },
  { providers: [], adapter: Adapters.TypeORM.Adapter("mysql://db/auth") },
  { providers: [], adapter: fromDatabase("postgres://db/auth") },
  { providers: [], adapter: SqlxAdapter() },
]
