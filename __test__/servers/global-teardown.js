/** Jest calls it once, after the last test. */
module.exports = async () => {
  await globalThis.testServers?.stop()
  globalThis.testServers = undefined
}
