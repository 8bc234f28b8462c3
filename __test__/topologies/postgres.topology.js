const { onServersOfItsOwn } = require("../clusters/servers")
const { failOver, start } = require("./standby")

for (const [title, synchronous] of [
  ["PostgreSQL, primary and synchronous hot standby", true],
  ["PostgreSQL, primary and asynchronous hot standby", false],
]) {
  onServersOfItsOwn(title, begin, (it) => {
    it("replay paused and resumed, standby killed, primary killed and standby promoted: people sign in", (pair) =>
      failOver(pair, { synchronous }))
  })
}

async function begin() {
  const began = Date.now()
  const pair = await start()
  return {
    ...pair,
    version: pair.primary.version,
    startedIn: Date.now() - began,
    async stop() {
      for (const one of [pair.replica, pair.primary]) await one.stop()
    },
  }
}
