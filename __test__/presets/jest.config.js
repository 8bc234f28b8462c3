const { join } = require("node:path")

// `npm run test:presets`: every preset on every database, and beside the real packages; `npm test`
// leaves that out.
module.exports = {
  rootDir: join(__dirname, "../.."),
  testEnvironment: "node",
  globalSetup: "<rootDir>/__test__/servers/global-setup.js",
  globalTeardown: "<rootDir>/__test__/servers/global-teardown.js",
  testMatch: ["<rootDir>/__test__/presets/*.presets.js"],
  modulePathIgnorePatterns: ["<rootDir>/__test__/presets/packages/"],
}
