const { join } = require("node:path")

// `npm run test:clusters`: each file starts servers of its own, gigabytes of them, so one file after
// the other; `npm test` leaves them out.
module.exports = {
  rootDir: join(__dirname, "../.."),
  testEnvironment: "node",
  testMatch: ["<rootDir>/__test__/clusters/*.cluster.js"],
  testTimeout: 180_000,
  maxWorkers: 1,
}
