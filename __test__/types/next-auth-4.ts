// next-auth@4, as its users write it.

import NextAuth, { type AuthOptions, getServerSession } from "next-auth"
import type { Adapter } from "next-auth/adapters"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const adapter: Adapter = SqlxAdapter()

/** With columns of one's own. */
export const own: Adapter = SqlxAdapter<{ user: { role: string }; account: { note?: string } }>()

export const authOptions: AuthOptions = {
  adapter: SqlxAdapter("sqlite:auth.db", { sessions: { hash: false } }),
  session: { strategy: "database" },
  providers: [],
}

export default NextAuth(authOptions)

export const inline = NextAuth({ adapter: SqlxAdapter({ url: "./auth.db" }), providers: [] })

/** One logger for both. */
const logger: NonNullable<AuthOptions["logger"]> = {
  error: (code, metadata) => console.error(code, metadata),
  warn: (code) => console.warn(code),
  debug: (code, metadata) => console.debug(code, metadata),
}
export const logged: AuthOptions = { adapter: SqlxAdapter({ logger }), logger, providers: [] }

/** With one function of one's own: a common thing to do. */
export const spread: AuthOptions = {
  adapter: { ...SqlxAdapter(), linkAccount: async () => undefined },
  providers: [],
}

export const session = () => getServerSession(authOptions)

/** Fresh tokens at every sign-in. */
export const fresh: AuthOptions = {
  adapter: SqlxAdapter(),
  providers: [],
  events: {
    async signIn({ account }) {
      if (account) await SqlxAdapter().updateAccount(account)
    },
  },
}
