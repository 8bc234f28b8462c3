// By hand over better-sqlite3: every statement prepared once, one join for a session.

import Database from "better-sqlite3"
import { openSqlite } from "./sqlite.mjs"

const dateOf = (value) => (value === null ? null : new Date(value))
const msOf = (date) => (date ? date.getTime() : null)

export async function open({ place, driver }) {
  const Driver = driver ? (await import(driver)).default : Database
  const database = openSqlite(place.file, Driver)
  const user = (row) =>
    row && {
      id: row.id,
      name: row.name,
      email: row.email,
      emailVerified: dateOf(row.email_verified),
      image: row.image,
    }
  const USER = "u.id, u.name, u.email, u.email_verified, u.image"
  const sql = {
    session: database.prepare(
      `SELECT s.user_id, s.expires, ${USER} FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.session_token = ?`,
    ),
    createSession: database.prepare("INSERT INTO sessions VALUES (?, ?, ?)"),
    prolong: database.prepare(
      "UPDATE sessions SET expires = ? WHERE session_token = ? RETURNING user_id",
    ),
    endSession: database.prepare("DELETE FROM sessions WHERE session_token = ?"),
    byId: database.prepare(`SELECT ${USER} FROM users u WHERE u.id = ?`),
    byEmail: database.prepare(`SELECT ${USER} FROM users u WHERE u.email = ?`),
    byAccount: database.prepare(
      `SELECT ${USER} FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.provider = ? AND a.provider_account_id = ?`,
    ),
    createUser: database.prepare("INSERT INTO users VALUES (?, ?, ?, ?, ?)"),
    verify: database.prepare(
      "UPDATE users SET email_verified = ? WHERE id = ? RETURNING id, name, email, email_verified, image",
    ),
    link: database.prepare("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    createToken: database.prepare("INSERT INTO verification_tokens VALUES (?, ?, ?)"),
    useToken: database.prepare(
      "DELETE FROM verification_tokens WHERE identifier = ? AND token = ? RETURNING expires",
    ),
  }
  const adapter = {
    async getSessionAndUser(sessionToken) {
      const row = sql.session.get(sessionToken)
      if (!row) return null
      const session = { sessionToken, userId: row.user_id, expires: new Date(row.expires) }
      return { session, user: user(row) }
    },
    async createSession(session) {
      sql.createSession.run(session.sessionToken, session.userId, session.expires.getTime())
      return session
    },
    async updateSession({ sessionToken, expires }) {
      const row = sql.prolong.get(expires.getTime(), sessionToken)
      return row ? { sessionToken, userId: row.user_id, expires } : null
    },
    async deleteSession(sessionToken) {
      sql.endSession.run(sessionToken)
    },
    async getUser(id) {
      return user(sql.byId.get(id)) ?? null
    },
    async getUserByEmail(email) {
      return user(sql.byEmail.get(email)) ?? null
    },
    async getUserByAccount({ provider, providerAccountId }) {
      return user(sql.byAccount.get(provider, providerAccountId)) ?? null
    },
    async createUser(data) {
      sql.createUser.run(data.id, data.name, data.email, msOf(data.emailVerified), data.image)
      return data
    },
    async updateUser({ id, emailVerified }) {
      return user(sql.verify.get(msOf(emailVerified), id))
    },
    async linkAccount(account) {
      sql.link.run(
        account.userId,
        account.type,
        account.provider,
        account.providerAccountId,
        account.refresh_token ?? null,
        account.access_token ?? null,
        account.expires_at ?? null,
        account.token_type ?? null,
        account.scope ?? null,
        account.id_token ?? null,
        account.session_state ?? null,
      )
      return account
    },
    async createVerificationToken(token) {
      sql.createToken.run(token.identifier, token.token, token.expires.getTime())
      return token
    },
    async useVerificationToken({ identifier, token }) {
      const row = sql.useToken.get(identifier, token)
      return row ? { identifier, token, expires: new Date(row.expires) } : null
    },
  }
  return { adapter, database, close: () => database.close() }
}
