"use strict"

const { SqlxAdapterError } = require("../error.js")
const { deletions } = require("./deletion.js")
const { halfSignIns } = require("./half-sign-in.js")
const { management } = require("./management.js")
const { call, checkedParts, has } = require("./parts.js")
const { owners } = require("./stand-in.js")

/** One adapter whose users, accounts, sessions, tokens and passkeys are in several systems. */
function composeAdapters(given) {
  const parts = checkedParts(given)
  const to = (model, name, ...args) => call(parts, model, name, ...args)
  const owned = ["session", "account", "authenticator"].filter((model) => parts[model])
  const owner = Object.fromEntries(owned.map((model) => [model, owners(parts, model)]))

  /** A part's row with the id that the user has among the users; without a user there is no row. */
  async function withUserId(model, row) {
    if (row === null || row === undefined) return null
    const userId = await owner[model].userIdOf(row.userId)
    return userId === null ? null : { ...row, userId }
  }

  /** Writes a row that belongs to a user, and gives it back with the user's own id. */
  async function write(model, name, row) {
    const userId = await owner[model].ensure(row.userId)
    const written = await to(model, name, { ...row, userId })
    return written ? { ...written, userId: row.userId } : { ...row }
  }

  async function userIdByAccount(key) {
    if (!has(parts.account, "getUserByAccount") && has(parts.account, "getAccount")) {
      const account = await to("account", "getAccount", key.providerAccountId, key.provider)
      return (await withUserId("account", account))?.userId ?? null
    }
    return owner.account.userIdOfRow(await to("account", "getUserByAccount", key))
  }

  const { deleteUser, present, repair, settled, updateUser } = deletions(parts, owned, owner)

  async function isInUse(userId, account) {
    const user = present(await to("user", "getUser", userId))
    if (!user) return false
    if (user.emailVerified || (await userIdByAccount(account)) === userId) return true
    for (const [model, list] of Object.entries({
      account: "listAccounts",
      session: "listSessions",
      authenticator: "listAuthenticatorsByUserId",
    })) {
      if (!has(parts[model], list)) continue
      const id = await owner[model].find(userId)
      if (id !== null && (await to(model, list, id)).length > 0) return true
    }
    return false
  }

  /**
   * A user who is deleted meanwhile, or is not there, keeps no account: it would be in the way of whoever
   * signs in with it next. One system has a foreign key for that.
   */
  async function refuseOrphan({ userId, provider, providerAccountId }) {
    if (owner.account.shared || present(await to("user", "getUser", userId))) return
    if (has(parts.account, "unlinkAccount")) {
      await to("account", "unlinkAccount", { provider, providerAccountId })
    }
    const text = "there is no user with this id: linkAccount"
    throw new SqlxAdapterError(text, "ERR_FOREIGN_KEY", "linkAccount")
  }

  const signIns = halfSignIns({ isInUse, deleteUser })

  const users = {
    async createUser(user) {
      await signIns.settle()
      const created = await to("user", "createUser", user)
      signIns.begin(created)
      return created
    },
    getUser: async (id) => present(await to("user", "getUser", id)),
    async getUserByEmail(email) {
      await signIns.settle()
      return present(await to("user", "getUserByEmail", email))
    },
    updateUser,
    deleteUser,
    repair,
  }

  const accounts = {
    async getUserByAccount(key) {
      if (owner.account.shared) return settled(await to("account", "getUserByAccount", key))
      const userId = await userIdByAccount(key)
      return userId === null ? null : settled(await to("user", "getUser", userId))
    },
    async linkAccount(account) {
      let linked
      try {
        linked = await write("account", "linkAccount", account)
        await refuseOrphan(account)
      } catch (error) {
        await signIns.undo(account)
        throw error
      }
      signIns.complete(account.userId)
      return linked
    },
    async unlinkAccount(key) {
      return withUserId("account", await to("account", "unlinkAccount", key))
    },
    async getAccount(providerAccountId, provider) {
      return withUserId("account", await to("account", "getAccount", providerAccountId, provider))
    },
  }

  const sessions = {
    async createSession(session) {
      const created = await write("session", "createSession", session)
      signIns.complete(session.userId)
      return created
    },
    async getSessionAndUser(sessionToken) {
      if (owner.session.shared) {
        const found = await to("session", "getSessionAndUser", sessionToken)
        return present(found?.user) && found
      }
      let session
      if (!has(parts.session, "createUser") && has(parts.session, "getSession")) {
        session = await to("session", "getSession", sessionToken)
      } else {
        const found = await to("session", "getSessionAndUser", sessionToken)
        // Without `createUser` it knows users by their own ids.
        const userId = has(parts.session, "createUser")
          ? owner.session.userIdOfRow(found?.user)
          : found?.session.userId
        session = userId ? { ...found.session, userId } : null
      }
      if (!session) return null
      const user = present(await to("user", "getUser", session.userId))
      return user && { session, user }
    },
    async updateSession(session) {
      const change = { ...session }
      if (change.userId !== undefined) change.userId = await owner.session.ensure(change.userId)
      return withUserId("session", await to("session", "updateSession", change))
    },
    async deleteSession(sessionToken) {
      return withUserId("session", await to("session", "deleteSession", sessionToken))
    },
  }

  const verificationTokens = {
    createVerificationToken: async (token) =>
      to("verificationToken", "createVerificationToken", token),
    useVerificationToken: async (key) => to("verificationToken", "useVerificationToken", key),
  }

  const authenticators = {
    async createAuthenticator(authenticator) {
      const created = await write("authenticator", "createAuthenticator", authenticator)
      signIns.complete(authenticator.userId)
      return created
    },
    async getAuthenticator(credentialID) {
      return withUserId(
        "authenticator",
        await to("authenticator", "getAuthenticator", credentialID),
      )
    },
    async listAuthenticatorsByUserId(userId) {
      const id = await owner.authenticator.find(userId)
      if (id === null) return []
      const found = await to("authenticator", "listAuthenticatorsByUserId", id)
      return found.map((one) => ({ ...one, userId }))
    },
    async updateAuthenticatorCounter(credentialID, newCounter) {
      const name = "updateAuthenticatorCounter"
      return withUserId("authenticator", await to("authenticator", name, credentialID, newCounter))
    },
  }

  return {
    ...users,
    ...(parts.account && accounts),
    ...(parts.session && sessions),
    ...(parts.verificationToken && verificationTokens),
    ...(parts.authenticator && authenticators),
    ...management({ parts, owner, to, present, withUserId, signIns }),
    /** Closes every part that can be closed. */
    async close() {
      const closable = new Set(Object.values(parts).filter((part) => has(part, "close")))
      await Promise.all([...closable].map((part) => part.close()))
    },
  }
}

module.exports = { composeAdapters }
