"use strict"

const { accountLock } = require("./account-lock.js")
const { SqlxAdapterError } = require("./error.js")
const { open } = require("./realm.js")
const { legacyMethods } = require("./v3/methods.js")

/** Makes an adapter: `index.d.ts` has what it takes. */
function SqlxAdapter(first, second) {
  const parts = {}
  const adapter = open(first, second, parts)
  adapter.withAccountLock = accountLock(parts)
  adapter.getAdapter = async function getAdapter(appOptions) {
    // NextAuth calls it on the object that it was given, which may have functions of its own.
    const given = this === undefined || this === adapter ? adapter : { ...adapter, ...this }
    return legacyMethods(given, appOptions)
  }
  return adapter
}

module.exports = { SqlxAdapter, SqlxAdapterError, default: SqlxAdapter }
// Tells what TypeScript and Babel compile to CommonJS that `default` is the default export.
Object.defineProperty(module.exports, "__esModule", { value: true })
