const { AsyncLocalStorage } = require("node:async_hooks")
const { SqlxAdapter } = require("../..")

// The contract's tests as they run for a tenant that has a twin: `contract.js` uses this where
// `CONTRACT_TENANTS` is set. Whatever a test does for one tenant is done for the other too, with the
// same ids, addresses, tokens and accounts, so that everything that a test finds, changes or counts
// has a neighbour that is alike in all but the tenant.

const tenant = new AsyncLocalStorage()

/** The option for tables that both share. */
const scope = { columns: { tenant_id: "text" }, values: () => ({ tenant_id: tenant.getStore() }) }

/** Makes the functions of an adapter those of one tenant. */
function inTenant(adapter, name) {
  return Object.fromEntries(
    Object.entries(adapter).map(([method, run]) => [
      method,
      (...args) => tenant.run(name, () => run(...args)),
    ]),
  )
}

const WRITES = [
  "createUser",
  "updateUser",
  "deleteUser",
  "linkAccount",
  "unlinkAccount",
  "createSession",
  "updateSession",
  "deleteSession",
  "createVerificationToken",
  "useVerificationToken",
  "createAuthenticator",
  "updateAuthenticatorCounter",
  "deleteSessionsByUser",
  "deleteVerificationTokens",
  "updateAccount",
]

/** An adapter for the tenant "mine", each of whose writes is made for the tenant "twin" as well. */
function withTwin(url, options) {
  const adapter = SqlxAdapter(url, { ...options, scope })
  const mine = inTenant(adapter, "mine")
  const twin = inTenant(adapter, "twin")
  for (const method of WRITES) {
    const run = mine[method]
    mine[method] = async (...args) => {
      const result = run(...args)
      const alike =
        method === "createUser"
          ? result.then(({ id }) => twin.createUser({ ...args[0], id }))
          : twin[method](...args)
      // What the twin comes to is the twin's affair: here it only has to be in the way.
      await Promise.allSettled([result, alike])
      return result
    }
  }
  return mine
}

const TABLES = "users|accounts|sessions|verification_tokens|authenticators"
const MINE = "tenant_id = 'mine'"

/** The columns of a row of the tenant "mine". */
const mine = { tenant_id: "mine" }

/** A statement of a test, which knows of no tenants, about the rows of the tenant "mine". */
function ofMine(sql) {
  return sql
    .replace(new RegExp(`^(INSERT INTO (?:${TABLES}) \\()`, "i"), "$1tenant_id, ")
    .replace(/(\bVALUES\s*\(|\),\s*\()(?=[^()]*\?)/gi, "$1'mine', ")
    .replace(
      new RegExp(`^((?:DELETE FROM|UPDATE) (?:${TABLES})\\b.*? WHERE )`, "is"),
      `$1${MINE} AND `,
    )
    .replace(
      new RegExp(`(?<!^DELETE )\\b(FROM|JOIN) (${TABLES})\\b(?!\\()`, "gi"),
      (_, word, table) => `${word} (SELECT * FROM ${table} WHERE ${MINE}) AS ${table}`,
    )
}

module.exports = { inTenant, mine, ofMine, scope, tenant, withTwin }
