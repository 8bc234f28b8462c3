const { join } = require("node:path")
const { jest } = require("../../package.json")

// `npm run test:tenants`: the contract, on all databases, for a tenant whose twin has rows that are alike.
// Left out are the files that count rows and statements of everybody's, or look at the functions themselves.
// And a thousand tenants, each with a schema of PostgreSQL, and fifty with a database of MariaDB and of MySQL.
process.env.CONTRACT_TENANTS = "1"

module.exports = {
  ...jest,
  rootDir: join(__dirname, "../.."),
  testMatch: [
    "<rootDir>/__test__/contract/*.test.js",
    "<rootDir>/__test__/tenants/databases.test.js",
  ],
  testPathIgnorePatterns: ["/(cleanup|observing|shape)\\.test\\.js$"],
}
