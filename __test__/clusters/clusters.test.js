// The short form of `npm run test:topologies` for clusters: real nodes, each of them a primary, written
// to at once, and one of them killed.

const { wantedDatabases } = require("../servers")
const galera = require("../servers/galera")
const groupReplication = require("../servers/group-replication")
const { makeSession, makeUser } = require("../support/samples")
const contention = require("./contention")
const { freshDatabase, onServersOfItsOwn, rowsInStep } = require("./servers")

jest.setTimeout(180_000)

const CLUSTERS = [
  {
    title: "Galera, three nodes",
    database: "mariadb",
    start: () => galera.start({ patient: true }),
    rows: (url) => rowsInStep(url, galera.IN_STEP),
  },
  {
    title: "Group Replication, three primaries",
    database: "mysql",
    start: groupReplication.start,
    rows: (url) => rowsInStep(url, groupReplication.IN_STEP),
  },
]

for (const { title, database, start, rows } of CLUSTERS) {
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

      it("a node that is killed is done without, also by who is connected to it", async (cluster) => {
        const urls = await freshDatabase(cluster)
        adapters = contention.open(urls.slice(0, 2))
        // The killed one first, and the others after it.
        const [first, ...others] = urls.toReversed().map((url) => new URL(url))
        const hosts = [first, ...others].map(({ host }) => host).join(",")
        const [several] = contention.open([first.href.replace(first.host, hosts)])
        const user = await contention.commonUser([...adapters, several])
        const { sessionToken } = await makeSession(several, user.id)

        let over = false
        const survivors = contention.contend(adapters, { user, writers: 8, until: () => over })
        const doomed = contention.writeOn(several, () => over)
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
