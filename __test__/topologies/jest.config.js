const { join } = require("node:path")

// `npm run test:topologies`: every topology that can be had here is started, exercised and stopped,
// one after the other, as some of them take gigabytes. At the end a table says what was run. A word
// after `--` picks files by their path, as jest does.
module.exports = {
  rootDir: join(__dirname, "../.."),
  testEnvironment: "node",
  globalSetup: "<rootDir>/__test__/servers/global-setup.js",
  globalTeardown: "<rootDir>/__test__/servers/global-teardown.js",
  testMatch: [
    "<rootDir>/__test__/topologies/*.topology.js",
    "<rootDir>/__test__/clusters/*.cluster.js",
    "<rootDir>/__test__/server/{replicas,failover,postgres-standby}.test.js",
    "<rootDir>/__test__/compose/*.test.js",
    "<rootDir>/__test__/pooler/*.test.js",
  ],
  modulePathIgnorePatterns: ["<rootDir>/target/"],
  reporters: ["default", "<rootDir>/__test__/topologies/table.js"],
  testTimeout: 300_000,
  maxWorkers: 1,
  // What a test says is the table's, too; for one file alone jest would print it at once.
  verbose: false,
}
