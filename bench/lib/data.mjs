// Who is in the tables. The process that fills them and the one that asks make the same users and
// tokens from their numbers, so that every answer can be checked.

import { createHash } from "node:crypto"

/** A UUID, the same for the same name. */
export function uuidOf(name) {
  const hex = createHash("md5").update(name).digest("hex")
  // Version and variant are those of random ones: some databases look.
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ]
  return [...parts, hex.slice(20)].join("-")
}

export const userIdOf = (n) => uuidOf(`user ${n}`)
export const tokenOf = (n) => uuidOf(`session ${n}`)
export const emailOf = (n) => `user${n}@example.com`
export const nameOf = (n) => `User Number ${n}`
export const imageOf = (n) => `https://avatars.example.com/u/${n}?v=4`

/** How the database of an adapter that hashes holds a token. */
export const digestOf = (token) => `sha256:${createHash("sha256").update(token).digest("hex")}`

const DAY = 86_400_000

/**
 * Whole seconds, because some schemas hold no less; spread over a day and never so near that core
 * would prolong a session.
 *
 * @param {number} base a day's beginning, in milliseconds
 */
export const expiresOf = (n, base) => base + 35 * DAY + (n % 86_400) * 1000

/** What a peer creates expires later than all that was there: that is how it is found again. */
export const createdExpires = (base) => base + 300 * DAY

export const PROVIDER = "github"

/** What a provider's answer puts into an account; short enough for every peer's columns. */
export const accountOf = (providerAccountId, userId) => ({
  userId,
  type: "oauth",
  provider: PROVIDER,
  providerAccountId,
  access_token: "gho_16C7e42F292c6912E7710c838347Ae178B4a16C7e42F292c6912",
  token_type: "bearer",
  scope: "read:user,user:email",
})

/** Of a user that a peer creates; nobody's who is there already begins like that. */
export const NEW = "new-"

/** Where there are millions of them: what a database can make in SQL. */
export const growthTokenOf = (n) => `session ${n}`
