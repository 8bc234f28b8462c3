"use strict"

const { randomUUID } = require("node:crypto")
const { SqlxAdapterError } = require("./error.js")

/**
 * `withAccountLock`, of the two functions that take and end an account's lease in the database.
 * Neither a connection nor a transaction is held while the caller's function runs.
 */
function accountLock({ lockAccount, unlockAccount }) {
  return async function withAccountLock(provider, providerAccountId, run) {
    if (typeof run !== "function") throw wrong("the third argument must be a function")
    const key = { provider, providerAccountId }
    const owner = randomUUID()
    const account = await lockAccount(key, owner)
    let change
    try {
      change = (await run(account)) ?? {}
      if (typeof change !== "object") {
        throw wrong("the function must return what is to be changed in the account, or nothing")
      }
      // Here, as a getter of it may throw.
      change = { ...change, ...key }
    } catch (error) {
      // What went wrong is the caller's to know; a lease that cannot be ended now ends by itself.
      await unlockAccount(key, owner).catch(() => {})
      throw error
    }
    return unlockAccount(change, owner)
  }
}

function wrong(text) {
  const message = `withAccountLock: ${text}`
  return new SqlxAdapterError(message, "ERR_INVALID_ARGUMENT", "withAccountLock")
}

module.exports = { accountLock }
