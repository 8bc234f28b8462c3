// The short form of `npm run test:topologies` for clusters: real nodes, each of them a primary, written
// to at once, and one of them killed.

const { wantedDatabases } = require("../servers")
const galera = require("../servers/galera")
const groupReplication = require("../servers/group-replication")
const { refused } = require("../support/expectations")
const { makeSession, makeUser } = require("../support/samples")
const contention = require("./contention")
const { freshDatabase, onServersOfItsOwn, rowsInStep, withClients } = require("./servers")

jest.setTimeout(180_000)

const CLUSTERS = [
  {
    title: "Galera, three nodes",
    database: "mariadb",
    // Without that plugin a node can be cut off while it runs.
    start: () => galera.start({ patient: true, settings: { "plugin-wsrep-provider": "OFF" } }),
    rows: (url) => rowsInStep(url, galera.IN_STEP),
    more: minority,
  },
  {
    title: "Group Replication, three primaries",
    database: "mysql",
    start: groupReplication.start,
    rows: (url) => rowsInStep(url, groupReplication.IN_STEP),
  },
]

for (const { title, database, start, rows, more } of CLUSTERS) {
  const group = wantedDatabases().includes(database) ? describe : describe.skip
  group("in short", () => {
    onServersOfItsOwn(title, start, (it) => {
      let adapters = []

      afterEach(async () => {
        await contention.close(adapters)
        adapters = []
      })

      it("no caller sees that others write the same rows on other nodes", async (cluster) => {
        const urls = await freshDatabase(cluster)
        adapters = contention.open(urls)
        const user = await contention.commonUser(adapters)
        const told = await contention.contend(adapters, { user, rounds: 3 })
        expect(await contention.retries(adapters)).toBeGreaterThan(0)
        for (const url of urls) await contention.expectKept(told, rows(url))
      })

      more?.(it, (opened) => adapters.push(...opened))

      it("a node that is killed is done without, also by who is connected to it", async (cluster) => {
        const urls = await freshDatabase(cluster)
        adapters = contention.open(urls.slice(0, 2))
        // The killed one first, and the others after it.
        const [several] = contention.open([withHosts(urls.toReversed())])
        const user = await contention.commonUser([...adapters, several])
        const { sessionToken } = await makeSession(several, user.id)

        let over = false
        let rounds = 0
        const survivors = contention.contend(adapters, {
          user,
          writers: 8,
          until() {
            rounds += 1
            return over
          },
        })
        const doomed = contention.writeOn(several, () => over)
        // Once they are all at work.
        await contention.until(() => rounds > 2)
        await cluster.nodes[2].kill()
        await contention.until(() => makeUser(several))
        expect(await several.getSessionAndUser(sessionToken)).not.toBeNull()
        over = true
        const [told, written] = await Promise.all([survivors, doomed])
        adapters.push(several)

        // The session that was made before is the same user's.
        told.sessions.push(sessionToken)
        for (const url of urls.slice(0, 2)) {
          await contention.expectKept(told, rows(url), { unknown: true })
          await contention.expectWritten(written, rows(url))
        }
      })
    })
  })
}

/** Tests of a node that is cut off from the others while it runs, and comes back. */
function minority(it, closeLater) {
  it("what a minority refuses another node does, and the minority again when it is back", async (cluster) => {
    const urls = await freshDatabase(cluster)
    const left = cluster.nodes[2]
    const isolate = (on) =>
      withClients([left.adminUrl], ([client]) =>
        client.query(`SET GLOBAL wsrep_provider_options = 'gmcast.isolate=${on}'`),
      )
    const [several] = contention.open([withHosts(urls.toReversed())])
    const [alone] = contention.open([urls[2]], { retry: { maxTime: 2000 } })
    closeLater([several, alone])
    const user = await contention.commonUser([several, alone])

    let made
    await isolate(1)
    try {
      // It knows after a while. A write of before that might be done later.
      await contention.until(() => refused(alone.getUser(user.id), "ERR_CONNECT"))
      const error = await refused(makeUser(alone), "ERR_CONNECT")
      expect(error.cause).toMatchObject({ database: "mariadb", code: "1047" })
      // Its connections lead to the minority still.
      made = await makeUser(several)
      expect(await several.getUser(user.id)).toEqual(user)
    } finally {
      await isolate(0)
    }
    for (const node of cluster.nodes) await cluster.synced(node, 3)
    expect(await contention.until(() => alone.getUser(made.id))).toEqual(made)
    const again = await makeUser(alone)
    for (const url of urls) {
      const found = await rowsInStep(url, galera.IN_STEP)("SELECT id FROM users ORDER BY id")
      expect(found.map(({ id }) => id)).toEqual([user.id, made.id, again.id].sort())
    }
  })
}

/** A URL with the hosts of several, in their order. */
function withHosts(urls) {
  const [first, ...others] = urls.map((url) => new URL(url))
  const hosts = [first, ...others].map(({ host }) => host).join(",")
  return first.href.replace(first.host, hosts)
}
