// The contract on other schemas than our own: all that does not depend on our own tables.

const path = require("node:path")
const { contractOn } = require("../support/contract")
const { databases } = require("../support/databases")

/**
 * Its files. The others are about what is the same whatever the tables are: arguments, options,
 * errors; and about our digests.
 */
const FILES = [
  "byte-exact-keys",
  "cleanup",
  "create-session-for",
  "create-user",
  "dates",
  "delete-user",
  "expired-session",
  "get-user",
  "half-sign-in",
  "link-account",
  "mixed-load",
  "odd-arguments",
  "passkey",
  "provider-tokens",
  "races",
  "session",
  "session-management",
  "text",
  "together",
  "update-account",
  "update-user",
  "verification-token",
]

/** Runs it on one database, if that is wanted. */
function core(name, schemas) {
  const database = databases.find((one) => one.name === name)
  if (!database) {
    describe.skip(`DATABASES leaves ${name} out`, () => test("", () => {}))
    return
  }
  contractOn(database, schemas, () => {
    for (const file of FILES) require(path.join(__dirname, `../contract/${file}.test.js`))
  })
}

module.exports = { core }
