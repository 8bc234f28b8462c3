const { until } = require("../clusters/contention")
const { onServersOfItsOwn, withClients } = require("../clusters/servers")
const replication = require("../servers/replication")
const { sleep } = require("../servers/run")
const { readerOf } = require("../support/mysql")
const { expectKept, signInThrough } = require("./people")

const MAX_LAG = 1500

const STOP = { mariadb: "STOP SLAVE", mysql: "STOP REPLICA" }

async function tell({ adminUrl }, ...statements) {
  await withClients([adminUrl], async ([client]) => {
    for (const sql of statements) await client.query(sql)
  })
}

/** A pair, with the URLs of somebody who may write to no server that is read-only. */
async function begin(name) {
  const began = Date.now()
  const pair = await replication.start(name)
  const { primary, replica } = pair
  const stop = async () => {
    for (const one of [replica, primary]) await one.stop()
  }
  try {
    const database = new URL(primary.url).pathname.slice(1)
    await tell(
      primary,
      "CREATE USER app@'%' IDENTIFIED BY 'app'",
      `GRANT ALL ON ${database}.* TO app@'%'`,
    )
    const hosts = [primary, replica].map(({ port }) => `127.0.0.1:${port}`)
    const urlOf = (at) => `${name}://app:app@${at}/${database}`
    await until(() => withClients([urlOf(hosts[1])], async () => true))
    await tell(replica, "SET GLOBAL read_only = 1")
    const urls = { both: urlOf(hosts.join(",")), replica: urlOf(hosts[1]) }
    return { ...pair, urls, stop, version: primary.version, startedIn: Date.now() - began }
  } catch (error) {
    await stop()
    throw error
  }
}

for (const [name, title] of [
  ["mariadb", "MariaDB"],
  ["mysql", "MySQL"],
]) {
  onServersOfItsOwn(
    `${title}, primary and replica`,
    () => begin(name),
    (it) => {
      it("replay paused and resumed, replica killed, primary killed and replica promoted: people sign in", async ({
        primary,
        replica,
        urls,
      }) => {
        const seen = await signInThrough({
          urls: [urls.both, urls.both],
          options: { replicas: { urls: [urls.replica], maxLag: MAX_LAG } },
          bound: MAX_LAG + 200,
          acts: {
            async "replay paused and resumed"() {
              await replica.pause()
              await sleep(2 * MAX_LAG)
              await replica.resume()
            },
            async "replica killed and started again"() {
              await replica.kill()
              await sleep(1000)
              await replica.restart()
              await tell(replica, "SET GLOBAL read_only = 1")
            },
            async "primary killed, replica promoted"(people) {
              await primary.kill()
              // What the primary had sent is applied before the replica takes writes.
              await sleep(500)
              await tell(replica, STOP[name], "SET GLOBAL read_only = 0")
              people.forgive()
            },
          },
          readers: () => [readerOf(replica.url)],
          async before() {
            await primary.restart()
            return readerOf(primary.url)
          },
        })
        expectKept(seen)
      })
    },
  )
}
