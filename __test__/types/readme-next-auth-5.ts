// auth.ts
import NextAuth from "next-auth"
import GitHub from "next-auth/providers/github"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const { handlers, auth } = NextAuth({ adapter: SqlxAdapter(), providers: [GitHub] })
