// next-auth@5, as its users write it.

import NextAuth, { type NextAuthConfig } from "next-auth"
import type { Adapter } from "next-auth/adapters"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { withOpenTelemetry } from "next-auth-sqlx-adapter/otel"

export const adapter: Adapter = SqlxAdapter()

/** With spans and metrics. */
export const told: Adapter = withOpenTelemetry(SqlxAdapter(), { poolName: "auth" })

/** With columns of one's own. */
export const own: Adapter = SqlxAdapter<{ user: { role: string }; account: { note?: string } }>()

export const config: NextAuthConfig = { adapter: SqlxAdapter(), providers: [] }

export const { auth, handlers, signIn, signOut } = NextAuth({
  adapter: SqlxAdapter("sqlite:auth.db", { synchronize: true }),
  session: { strategy: "database" },
  providers: [],
})

export const lazy = NextAuth(() => ({ adapter: SqlxAdapter(), providers: [] }))

/** One logger for both. */
const logger: NonNullable<NextAuthConfig["logger"]> = {
  error: (error) => console.error(error.message),
  warn: (code) => console.warn(code),
  debug: (message, metadata) => console.debug(message, metadata),
}
export const logged: NextAuthConfig = { adapter: SqlxAdapter({ logger }), logger, providers: [] }

/** With one function of one's own: a common thing to do. */
export const spread: NextAuthConfig = {
  adapter: { ...SqlxAdapter(), linkAccount: async () => undefined },
  providers: [],
}

/** Fresh tokens at every sign-in. */
export const fresh: NextAuthConfig = {
  adapter: SqlxAdapter(),
  providers: [],
  events: {
    async signIn({ account }) {
      if (account) await SqlxAdapter().updateAccount(account)
    },
  },
}
