"use strict"

const { SqlxAdapterError } = require("../error.js")
const { has } = require("./parts.js")

/**
 * What this package's adapters have for sessions, accounts and magic links besides NextAuth's functions:
 * there when the part has it, and about the users of the part `user`.
 */
function management({ parts, owner, to, present, withUserId, signIns }) {
  const list = (model, name) => async (userId, options) => {
    const id = await owner[model].find(userId)
    const rows = id === null ? [] : await to(model, name, id, options)
    return rows.map((row) => ({ ...row, userId }))
  }

  function noAccount(operation) {
    const text = "no account has this provider and providerAccountId, or it is another user's"
    return new SqlxAdapterError(`${operation}: ${text}`, "ERR_NOT_FOUND", operation)
  }

  /** The account with its user's id. One of a row that is nobody's stand-in is not there. */
  async function known(account, operation) {
    const found = await withUserId("account", account)
    if (found === null) throw noAccount(operation)
    return found
  }

  /** The change of an account, with the id that its user has in the part. */
  async function ownChange(change, operation) {
    if (change?.userId === undefined || change.userId === null) return change
    const userId = await owner.account.find(change.userId)
    if (userId === null) throw noAccount(operation)
    return { ...change, userId }
  }

  const functions = {
    session: {
      listSessions: list("session", "listSessions"),
      async deleteSessionsByUser(userId, which) {
        const id = await owner.session.find(userId)
        return id === null ? 0 : to("session", "deleteSessionsByUser", id, which)
      },
      async createSessionFor(userId, options) {
        if (!(owner.session.shared || present(await to("user", "getUser", userId)))) {
          const text = "createSessionFor: no user has this userId"
          throw new SqlxAdapterError(text, "ERR_FOREIGN_KEY", "createSessionFor")
        }
        const id = await owner.session.ensure(userId)
        const session = await to("session", "createSessionFor", id, options)
        signIns.complete(userId)
        return { ...session, userId }
      },
    },
    verificationToken: {
      deleteVerificationTokens: async (identifier) =>
        to("verificationToken", "deleteVerificationTokens", identifier),
    },
    account: {
      listAccounts: list("account", "listAccounts"),
      async updateAccount(account) {
        const name = "updateAccount"
        return known(await to("account", name, await ownChange(account, name)), name)
      },
      async withAccountLock(provider, providerAccountId, run) {
        const name = "withAccountLock"
        // What is no function is the part's to refuse.
        const own =
          typeof run === "function"
            ? async (account) => ownChange(await run(await known(account, name)), name)
            : run
        return known(await to("account", name, provider, providerAccountId, own), name)
      },
    },
  }
  return Object.fromEntries(
    Object.entries(functions).flatMap(([model, ones]) =>
      Object.entries(ones).filter(([name]) => has(parts[model], name)),
    ),
  )
}

module.exports = { management }
