// What the adapters by hand on the servers have in common: the statements and the shape of the
// answers. A driver gives `query(statement, values)`, which resolves with rows; statements are
// prepared once a connection. Dates come as milliseconds, because drivers take long to parse them.

const USER = "u.id, u.name, u.email, :ms(u.email_verified) AS verified, u.image"

const STATEMENTS = {
  session: `SELECT s.user_id, :ms(s.expires) AS expires, ${USER} FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.session_token = ?`,
  createSession: "INSERT INTO sessions (session_token, user_id, expires) VALUES (?, ?, ?)",
  prolong: "UPDATE sessions SET expires = ? WHERE session_token = ?",
  endSession: "DELETE FROM sessions WHERE session_token = ?",
  byId: `SELECT ${USER} FROM users u WHERE u.id = ?`,
  byEmail: `SELECT ${USER} FROM users u WHERE u.email = ?`,
  byAccount: `SELECT ${USER} FROM accounts a JOIN users u ON u.id = a.user_id WHERE a.provider = ? AND a.provider_account_id = ?`,
  createUser: "INSERT INTO users (id, name, email, email_verified, image) VALUES (?, ?, ?, ?, ?)",
  verify: `UPDATE users u SET email_verified = ? WHERE id = ?`,
  link: "INSERT INTO accounts (user_id, type, provider, provider_account_id, refresh_token, access_token, expires_at, token_type, scope, id_token, session_state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  createToken: "INSERT INTO verification_tokens (identifier, token, expires) VALUES (?, ?, ?)",
  useToken: "DELETE FROM verification_tokens WHERE identifier = ? AND token = ?",
}

const RETURNING = { verify: USER, useToken: ":ms(expires) AS expires" }

const DIALECTS = {
  postgres: {
    // Not extract(), which makes a numeric of it and is slower.
    ms: "date_part('epoch', $1) * 1000",
    mark: (n) => `$${n}`,
    returning: ["verify", "useToken"],
  },
  // MariaDB returns what it deletes, but not what it updates.
  mariadb: {
    ms: "(unix_timestamp($1) * 1000)",
    mark: () => "?",
    returning: ["useToken"],
  },
}

/** The statements in a database's SQL: `{ name, text }` by name. */
export function statementsOf(database) {
  const { ms, mark, returning } = DIALECTS[database]
  const entries = Object.entries(STATEMENTS).map(([name, sql]) => {
    let count = 0
    const whole = returning.includes(name) ? `${sql} RETURNING ${RETURNING[name]}` : sql
    const text = whole
      .replace(/:ms\(([^)]*)\)/g, (_, column) => ms.replace("$1", column))
      .replace(/\?/g, () => mark(++count))
    return [name, { name, text }]
  })
  return Object.fromEntries(entries)
}

const dateOf = (milliseconds) => (milliseconds === null ? null : new Date(Number(milliseconds)))

const userOf = (row) =>
  row
    ? {
        id: row.id,
        name: row.name,
        email: row.email,
        emailVerified: dateOf(row.verified),
        image: row.image,
      }
    : null

/**
 * @param {"postgres" | "mariadb"} database
 * @param {(statement: { name: string, text: string }, values: unknown[]) => Promise<object[]>} query
 */
export function adapterOver(database, query) {
  const sql = statementsOf(database)
  const getUser = async (id) => userOf((await query(sql.byId, [id]))[0])
  return {
    getUser,
    async getSessionAndUser(sessionToken) {
      const [row] = await query(sql.session, [sessionToken])
      if (!row) return null
      const session = { sessionToken, userId: row.user_id, expires: dateOf(row.expires) }
      return { session, user: userOf(row) }
    },
    async createSession(session) {
      await query(sql.createSession, [session.sessionToken, session.userId, session.expires])
      return session
    },
    async updateSession(session) {
      await query(sql.prolong, [session.expires, session.sessionToken])
    },
    async deleteSession(sessionToken) {
      await query(sql.endSession, [sessionToken])
    },
    async getUserByEmail(email) {
      return userOf((await query(sql.byEmail, [email]))[0])
    },
    async getUserByAccount({ provider, providerAccountId }) {
      return userOf((await query(sql.byAccount, [provider, providerAccountId]))[0])
    },
    async createUser(data) {
      const { id, name, email, emailVerified, image } = data
      await query(sql.createUser, [id, name, email, emailVerified, image])
      return data
    },
    async updateUser({ id, emailVerified }) {
      const [row] = await query(sql.verify, [emailVerified, id])
      return row ? userOf(row) : getUser(id)
    },
    async linkAccount(account) {
      const { userId, type, provider, providerAccountId } = account
      const { refresh_token, access_token, expires_at, token_type } = account
      const { scope, id_token, session_state } = account
      const tokens = [refresh_token, access_token, expires_at, token_type]
      const rest = [...tokens, scope, id_token, session_state].map((value) => value ?? null)
      await query(sql.link, [userId, type, provider, providerAccountId, ...rest])
      return account
    },
    async createVerificationToken(token) {
      await query(sql.createToken, [token.identifier, token.token, token.expires])
      return token
    },
    async useVerificationToken({ identifier, token }) {
      const [row] = await query(sql.useToken, [identifier, token])
      return row ? { identifier, token, expires: dateOf(row.expires) } : null
    },
  }
}
