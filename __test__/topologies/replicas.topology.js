const { SqlxAdapter } = require("../..")
const { until } = require("../clusters/contention")
const { onServersOfItsOwn, rowsOf } = require("../clusters/servers")
const { expectBoundedByTime } = require("../server/bounded-by-time")
const replication = require("../servers/replication")
const { readerOf } = require("../support/mysql")

async function begin() {
  const began = Date.now()
  const { primary, replica } = await replication.start("mysql", { gtid: false })
  const stop = async () => {
    for (const one of [replica, primary]) await one.stop()
  }
  return { primary, replica, version: primary.version, startedIn: Date.now() - began, stop }
}

// MariaDB keeps GTIDs whatever it is told.
onServersOfItsOwn("MySQL, primary and replica without GTIDs", begin, (it) => {
  it("own writes, and sign-outs of another process, are bounded by time", async (pair) => {
    const adapter = SqlxAdapter(pair.primary.url)
    await adapter.migrate()
    await adapter.close()
    await until(() => rowsOf(pair.replica.url)("SELECT 1 FROM users").then(() => true))
    const urls = { primary: pair.primary.url, replica: pair.replica.url }
    const [onPrimary, onReplica] = [readerOf(urls.primary), readerOf(urls.replica)]
    try {
      await expectBoundedByTime(pair.replica, urls, { onPrimary, onReplica })
    } finally {
      for (const reader of [onPrimary, onReplica]) await reader.end()
    }
  })
})
