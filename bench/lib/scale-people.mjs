// Who is in the tables of `bench/scale.mjs`. The database makes the rows in SQL, by the million, and the
// process that asks makes the same keys from their numbers: each thing is here twice, one below the other.

import { createHash } from "node:crypto"
import { digestOf } from "./data.mjs"

const hash = (name) => createHash("md5").update(name).digest("hex")

/** The first user's moment: their ids are UUIDs of version 7, as the adapter makes them. */
const FIRST = Date.UTC(2024, 0, 1)
const SECOND = 1000

export function userIdOf(n) {
  const moment = (FIRST + n * SECOND).toString(16).padStart(12, "0")
  const random = hash(`user ${n}`)
  const parts = [
    moment.slice(0, 8),
    moment.slice(8),
    `7${random.slice(0, 3)}`,
    `8${random.slice(3, 6)}`,
    random.slice(6, 18),
  ]
  return parts.join("-")
}
const userId = (n) => `overlay(overlay(overlay(overlay(
  lpad(to_hex(${FIRST} + (${n})::bigint * ${SECOND}), 12, '0') || '7' || left(md5('user ' || (${n})), 3)
  || '8' || substr(md5('user ' || (${n})), 4, 15)
  placing '-' from 9 for 0) placing '-' from 14 for 0) placing '-' from 19 for 0) placing '-' from 24 for 0)`

export const emailOf = (n) => `${hash(`user ${n}`).slice(0, 8)}.${n}@example.com`
const email = "left(md5('user ' || n), 8) || '.' || n || '@example.com'"

export const tokenOf = (n) => `session ${n}`
export const tokenInTable = (n) => digestOf(tokenOf(n))
const token = "'sha256:' || encode(sha256(convert_to('session ' || n, 'UTF8')), 'hex')"

export const PROVIDER = "github"
export const accountIdOf = (n) => String(10_000_000 + n)
const accountId = "(10000000 + n)::text"

export const credentialOf = (n) => `${hash(`passkey ${n}`)}${hash(`key ${n}`).slice(0, 11)}`
const credential = "md5('passkey ' || n) || left(md5('key ' || n), 11)"

/** How many of each there are for so many sessions: everybody has five. */
export function sizesOf(sessions) {
  const users = sessions / 5
  return {
    users,
    accounts: users,
    sessions,
    authenticators: users / 20,
    verification_tokens: users / 20,
  }
}

/**
 * What fills each table, in the order in which rows come to be: a person's five sessions lie far
 * from each other, and those that end last lie at the end. None ends while it is measured.
 */
export function rowsIn(sessions) {
  const { users, authenticators, verification_tokens } = sizesOf(sessions)
  const ends = `now() + interval '2 days' + n * interval '30 days' / ${sessions}`
  return {
    users: `INSERT INTO users (id, name, email, image)
      SELECT ${userId("n")}, 'User Number ' || n, ${email},
        'https://avatars.example.com/u/' || n || '?v=4'
      FROM generate_series(0, ${users - 1}) n`,
    accounts: `INSERT INTO accounts
        (user_id, type, provider, provider_account_id, access_token, token_type, scope)
      SELECT ${userId("n")}, 'oauth', '${PROVIDER}', ${accountId}, 'gho_' || left(md5('a' || n)
        || md5('b' || n), 36), 'bearer', 'read:user,user:email'
      FROM generate_series(0, ${users - 1}) n`,
    sessions: `INSERT INTO sessions (session_token, user_id, expires)
      SELECT ${token}, ${userId(`n % ${users}`)}, ${ends}
      FROM generate_series(0, ${sessions - 1}) n`,
    authenticators: `INSERT INTO authenticators
        (credential_id, user_id, provider_account_id, credential_public_key, counter,
         credential_device_type, credential_backed_up, transports)
      SELECT ${credential}, ${userId("n")}, ${credential}, repeat(md5('k' || n), 3), 1, 'singleDevice',
        false, 'internal,hybrid'
      FROM generate_series(0, ${authenticators - 1}) n`,
    verification_tokens: `INSERT INTO verification_tokens (identifier, token, expires)
      SELECT ${email}, encode(sha256(convert_to('mail ' || n, 'UTF8')), 'hex'), now() + interval '1 day'
      FROM generate_series(0, ${verification_tokens - 1}) n`,
  }
}
