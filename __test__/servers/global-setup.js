const { servers } = require(".")

/** Jest calls it once, before the first test, in the process from which the others inherit. */
module.exports = async () => {
  // Started by whoever started jest: theirs to stop.
  if (process.env.TEST_SERVERS) return
  const say = (line) => process.stderr.write(`# ${line}\n`)
  globalThis.testServers = await servers({ log: say })
}
