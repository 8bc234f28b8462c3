// @auth/core, which every @auth/* framework package builds on.

import { Auth, type AuthConfig } from "@auth/core"
import type { Adapter } from "@auth/core/adapters"
import { UnstorageAdapter } from "@auth/unstorage-adapter"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { composeAdapters, mirror } from "next-auth-sqlx-adapter/compose"

export const adapter: Adapter = SqlxAdapter()

/** With columns of one's own. */
export const own: Adapter = SqlxAdapter<{ user: { role: string }; account: { note?: string } }>()

/** No function of the contract is missing, and none may be `undefined`. */
export const complete: Required<Adapter> = SqlxAdapter()

export const config: AuthConfig = { adapter: SqlxAdapter(), providers: [] }

export const answer = (request: Request) =>
  Auth(request, { adapter: SqlxAdapter(process.env.DATABASE_URL), providers: [] })

const users = SqlxAdapter()
const elsewhere = UnstorageAdapter({} as Parameters<typeof UnstorageAdapter>[0])

/** Another package's adapter fits as a part, and the whole fits Auth.js. */
export const composed: Required<Adapter> = composeAdapters({
  user: users,
  account: elsewhere,
  session: elsewhere,
  verificationToken: elsewhere,
  authenticator: users,
})

export const moving: Adapter = mirror(elsewhere, users)
export const moved: Adapter = mirror(users, elsewhere)
