// The tables that TypeORM makes of the entities of @auth/typeorm-adapter: dates are text.

import { camelCase } from "./names.mjs"

export const typeorm = () =>
  camelCase(["users", "accounts", "sessions", "verification_tokens"], {
    date: "text",
    // The database of some cannot make them.
    also: { id: ["accounts", "sessions"] },
  })
