const contention = require("./contention")
const { onServersOfItsOwn, withClients, rowsOf } = require("./servers")
const { withDatabase } = require("../servers/credentials")
const groupReplication = require("../servers/group-replication")
const { sleep } = require("../servers/run")
const { makeUser, unique } = require("../support/samples")

onServersOfItsOwn("Group Replication, three primaries", groupReplication.start, (it) => {
  let adapters = []

  afterEach(async () => {
    await contention.close(adapters)
    adapters = []
  })

  /** The URLs of a new database, one for each member, once all of them have it. */
  async function freshDatabase({ nodes }) {
    const name = unique("t").replace("-", "_")
    await nodes[0].createDatabase(name)
    const urls = nodes.map(({ url }) => withDatabase(url, name))
    for (const url of urls) await contention.until(() => rowsOf(url)("SELECT 1"))
    return urls
  }

  it("refuses the later of two who change a row on two members, also at COMMIT", async (group) => {
    const urls = await freshDatabase(group)
    adapters = contention.open(urls)
    const user = await contention.commonUser(adapters)
    const change = "UPDATE users SET name = ? WHERE id = ?"
    const single = await withClients([...urls, ...urls], (clients) =>
      contention.codesMet(clients, (client, number, n) =>
        client.execute(change, [`${number} ${n}`, user.id]),
      ),
    )
    const atCommit = {}
    await withClients(urls, async (clients) => {
      for (let n = 0; n < 20; n++) {
        for (const client of clients) await client.query("BEGIN")
        await Promise.allSettled(clients.map((one) => one.execute(change, [`${n}`, user.id])))
        const ends = await Promise.allSettled(clients.map((one) => one.query("COMMIT")))
        for (const { reason } of ends) {
          if (reason) atCommit[reason.errno] = (atCommit[reason.errno] ?? 0) + 1
        }
      }
    })
    console.log("plain clients met", { single, atCommit })
    // Which of them is met depends on who notices first; the adapter takes them for the same.
    for (const met of [single, atCommit]) {
      const codes = Object.keys(met)
      expect(codes).not.toEqual([])
      expect(codes.filter((code) => !["1213", "3101", "1180"].includes(code))).toEqual([])
    }
  })

  it("no caller of the adapter sees a conflict between members", async (group) => {
    const urls = await freshDatabase(group)
    adapters = contention.open(urls)
    const user = await contention.commonUser(adapters)
    const told = await contention.contend(adapters, { user, rounds: 8 })
    const retries = await contention.retries(adapters)
    console.log("tries beyond the first:", retries, "of calls:", 8 * 24 * 5)
    expect(retries).toBeGreaterThan(0)
    await expectKeptEverywhere(urls, told)
  })

  it("goes on without a member that is killed, and with it when it is back", async (group) => {
    const urls = await freshDatabase(group)
    adapters = contention.open(urls)
    const user = await contention.commonUser(adapters)
    let over = false
    const survivors = contention.contend(adapters.slice(0, 2), {
      user,
      writers: 8,
      until: () => over,
    })
    const doomed = contention.writeOn(adapters[2], () => over)
    await sleep(500)
    await group.nodes[2].kill()
    await sleep(3000)
    over = true
    const [told, written] = await Promise.all([survivors, doomed])
    await group.nodes[2].restart()
    await contention.until(() => group.join(group.nodes[2]))
    await group.online(group.nodes[2], 3)
    await contention.until(() => makeUser(adapters[2]))
    await expectKeptEverywhere(urls, told)
    for (const url of urls) await contention.expectWritten(written, rowsOf(url))
    console.log("on the killed member:", written.codes)
  })

  /** On each member, once it has applied what the others wrote. */
  async function expectKeptEverywhere(urls, told) {
    for (const url of urls) {
      await contention.expectKept(told, (sql, params) =>
        withClients([url], async ([client]) => {
          await client.query("SET group_replication_consistency = 'BEFORE'")
          const [found] = await client.execute(sql, params ?? [])
          return found.map((row) => ({ ...row }))
        }),
      )
    }
  }
})
