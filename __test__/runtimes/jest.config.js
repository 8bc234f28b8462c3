// `npm run test:runtimes`: Node.js 20 to 26, Bun and Deno, the package managers, and the test
// runners that users have. They are downloaded as npm packages, so none of it is part of `npm test`.
module.exports = {
  rootDir: "../..",
  testEnvironment: "node",
  testTimeout: 300_000,
  testMatch: ["<rootDir>/__test__/runtimes/*.runtime.js"],
  modulePathIgnorePatterns: ["<rootDir>/bench/", "<rootDir>/examples/", "<rootDir>/npm/"],
  globalSetup: "<rootDir>/__test__/servers/global-setup.js",
  globalTeardown: "<rootDir>/__test__/servers/global-teardown.js",
  forceExit: true,
}
