const { SqlxAdapter } = require("../..")
const { until } = require("../clusters/contention")
const { onServersOfItsOwn, rowsOf } = require("../clusters/servers")
const { withDatabase } = require("../servers/credentials")
const groupReplication = require("../servers/group-replication")
const { sleep } = require("../servers/run")
const { readerOf } = require("../support/mysql")
const { unique } = require("../support/samples")
const { expectKept, signInThrough } = require("./people")

/** A node shows what another has acknowledged: a browser may come to any of them. */
const CAUSAL = {
  "group replication": { "group-replication-consistency": "BEFORE" },
}

/** A URL for each of the application's servers: each begins with a node of its own. */
async function freshUrls({ nodes }) {
  const name = unique("t").replace("-", "_")
  await nodes[0].createDatabase(name)
  const places = nodes.map(({ url }) => withDatabase(url, name))
  for (const place of places) await until(() => rowsOf(place)("SELECT 1"))
  const adapter = SqlxAdapter(places[0])
  await adapter.migrate()
  await adapter.close()
  const urls = nodes.map((_, first) => {
    const order = nodes.map((_node, n) => nodes[(first + n) % nodes.length])
    const at = new URL(places[0])
    const hosts = order.map(({ port }) => `127.0.0.1:${port}`).join(",")
    const account = `${at.username}:${at.password}`
    return `${at.protocol}//${account}@${hosts}${at.pathname}`
  })
  return { urls, readers: () => places.map((place) => readerOf(place)) }
}

const startGroup = () => groupReplication.start({ settings: CAUSAL["group replication"] })

onServersOfItsOwn("Group Replication, three primaries", startGroup, (it) => {
  it("a member killed and back: people sign in on all three", async (group) => {
    const { nodes } = group
    const place = await freshUrls(group)
    const seen = await signInThrough({
      ...place,
      acts: {
        async "a member killed (SIGKILL) and back"() {
          await nodes[2].kill()
          await sleep(8000)
          await nodes[2].restart()
          await until(() => group.join(nodes[2]))
          await group.online(nodes[2], 3)
        },
      },
    })
    expectKept(seen)
  })
})
