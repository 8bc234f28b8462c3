// The contract on other schemas than our own: all that does not depend on our own tables.

const path = require("node:path")
const { contractOn } = require("../support/contract")
const { databases } = require("../support/databases")

/** What each call does. */
const CALLS = [
  "create-session-for",
  "create-user",
  "delete-user",
  "expired-session",
  "get-user",
  "half-sign-in",
  "link-account",
  "passkey",
  "provider-tokens",
  "session",
  "session-management",
  "update-account",
  "update-user",
  "verification-token",
]

/** What all of them have in common. */
const IN_COMMON = [
  "byte-exact-keys",
  "cleanup",
  "dates",
  "mixed-load",
  "odd-arguments",
  "races",
  "text",
  "together",
]

/**
 * Runs it on one database, if that is wanted: all of it, or what each call does. The contract's other
 * files are about what is the same whatever the tables are (arguments, options, errors) and about what
 * only our own tables have.
 */
function core(name, schemas, { callsOnly = false } = {}) {
  const database = databases.find((one) => one.name === name)
  const files = callsOnly ? CALLS : [...CALLS, ...IN_COMMON]
  if (!database) {
    describe.skip(`DATABASES leaves ${name} out`, () => test("", () => {}))
    return
  }
  const paths = files.map((file) => path.join(__dirname, `../contract/${file}.test.js`))
  contractOn(database, schemas, paths)
}

module.exports = { core }
