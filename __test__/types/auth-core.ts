// @auth/core, which every @auth/* framework package builds on.

import { Auth, type AuthConfig } from "@auth/core"
import type { Adapter } from "@auth/core/adapters"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const adapter: Adapter = SqlxAdapter()

/** No function of the contract is missing, and none may be `undefined`. */
export const complete: Required<Adapter> = SqlxAdapter()

export const config: AuthConfig = { adapter: SqlxAdapter(), providers: [] }

export const answer = (request: Request) =>
  Auth(request, { adapter: SqlxAdapter(process.env.DATABASE_URL), providers: [] })
