// The contract for a tenant that has a twin, whose rows are alike in all but the tenant. Here the files
// about rows, on two databases; `npm run test:tenants` runs them all, on all.
process.env.CONTRACT_TENANTS = "1"
const { databases } = require("../support/databases")

for (const name of ["mariadb", "mysql", "pgbouncer"]) {
  const at = databases.findIndex((database) => database.name === name)
  if (at >= 0) databases.splice(at, 1)
}

require("../contract/byte-exact-keys.test.js")
require("../contract/create-user.test.js")
require("../contract/delete-user.test.js")
require("../contract/expired-session.test.js")
require("../contract/get-user.test.js")
require("../contract/half-sign-in.test.js")
require("../contract/link-account.test.js")
require("../contract/passkey.test.js")
require("../contract/session-management.test.js")
require("../contract/session.test.js")
require("../contract/together.test.js")
require("../contract/update-account.test.js")
require("../contract/update-user.test.js")
require("../contract/verification-token.test.js")
