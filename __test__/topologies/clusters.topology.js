const { SqlxAdapter } = require("../..")
const { until } = require("../clusters/contention")
const { onServersOfItsOwn, rowsOf, withClients } = require("../clusters/servers")
const { withDatabase } = require("../servers/credentials")
const galera = require("../servers/galera")
const groupReplication = require("../servers/group-replication")
const { sleep } = require("../servers/run")
const { readerOf } = require("../support/mysql")
const { unique } = require("../support/samples")
const { expectKept, signInThrough } = require("./people")

/** A node shows what another has acknowledged: a browser may come to any of them. */
const CAUSAL = {
  galera: { "wsrep-sync-wait": 7 },
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

async function tell({ adminUrl }, sql) {
  await withClients([adminUrl], ([client]) => client.query(sql))
}

// Without that plugin a node can be cut off while it runs.
const startGalera = () =>
  galera.start({ settings: { ...CAUSAL.galera, "plugin-wsrep-provider": "OFF" } })

onServersOfItsOwn("Galera, three nodes", startGalera, (it) => {
  it("a node killed, and one cut off from the others: people sign in on all three", async (cluster) => {
    const { nodes } = cluster
    const isolate = (on) =>
      tell(nodes[1], `SET GLOBAL wsrep_provider_options = 'gmcast.isolate=${on}'`)
    const place = await freshUrls(cluster)
    const seen = await signInThrough({
      ...place,
      acts: {
        async "a node killed (SIGKILL) and back"() {
          await nodes[2].kill()
          await sleep(4000)
          await nodes[2].restart()
          await cluster.synced(nodes[2], 3)
        },
        async "a node cut off, which refuses, and back"() {
          await isolate(1)
          await sleep(6000)
          await isolate(0)
          for (const node of nodes) await cluster.synced(node, 3)
        },
      },
    })
    expectKept(seen)
  })
})

const startGroup = () => groupReplication.start({ settings: CAUSAL["group replication"] })

onServersOfItsOwn("Group Replication, three primaries", startGroup, (it) => {
  it("a member killed and back, and one frozen, thawed and restarted: people sign in on all three", async (group) => {
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
        async "a member frozen and thawed, and restarted"() {
          nodes[1].freeze()
          try {
            await sleep(6000)
          } finally {
            nodes[1].thaw()
          }
          // Under load the others may take it for unreachable for ever.
          await sleep(4000)
          await nodes[1].kill()
          await nodes[1].restart()
          await until(() => group.join(nodes[1]))
          for (const node of nodes) await group.online(node, 3)
        },
      },
    })
    expectKept(seen)
  })
})
