"use strict"

const { accountLock } = require("./account-lock.js")
const { SqlxAdapterError } = require("./error.js")
const { open } = require("./realm.js")
const { adapterPerTenant } = require("./tenants.js")
const { legacyMethods } = require("./v3/methods.js")

/** The adapter of one database. */
function adapterOf(first, second) {
  const parts = {}
  const adapter = open(first, second, parts)
  adapter.withAccountLock = accountLock(parts)
  return adapter
}

/** Makes an adapter: `index.d.ts` has what it takes. */
function SqlxAdapter(first, second) {
  const adapter =
    typeof first === "function"
      ? adapterPerTenant(adapterOf, first, second)
      : adapterOf(first, second)
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
