const gate = require("../servers/gate")
const { sleep } = require("../servers/run")
const { eventually } = require("../support/expectations")
const { onServers } = require("../support/on-servers")
const { makeSession, makeUser } = require("../support/samples")

/** So many milliseconds longer takes what passes, each way, where it matters when it does. */
const LATENCY = 40

/**
 * How often the first answer has to go to the server and back at most: what the protocol's greeting and its
 * login take, what a session is told, and the first statement, prepared and executed. PostgreSQL's is
 * in a transaction, as it is not known yet whether there is a pooler; TLS 1.3 takes two, and two more
 * where the server would have another kind of key, or where its answer comes in two parts.
 */
const ROUND_TRIPS = {
  postgres: { plain: 8, encrypted: 12 },
  mariadb: { plain: 7, encrypted: 10 },
  mysql: { plain: 6, encrypted: 9 },
}

onServers("the first call", (db) => {
  let way
  let sessionToken

  beforeAll(async () => {
    const adapter = db.open()
    const user = await makeUser(adapter)
    sessionToken = (await makeSession(adapter, user.id)).sessionToken
    way = await gate.start({ to: db.server })
  })

  afterAll(() => way.stop())

  for (const [title, ssl] of [
    ["plain", false],
    ["encrypted", { rejectUnauthorized: false }],
  ]) {
    test(`is answered in as few round trips as the protocol allows, ${title}`, async () => {
      const adapter = db.open({ ssl }, way.through(db.url))
      const before = way.turns()
      expect(await adapter.getSessionAndUser(sessionToken)).not.toBeNull()
      expect(way.turns() - before).toBeLessThanOrEqual(ROUND_TRIPS[db.name][title])
      // The others go there and back once, as soon as nothing is looked into any more.
      await eventually(async () => {
        const sofar = way.turns()
        await adapter.getSessionAndUser(sessionToken)
        return way.turns() - sofar === 1
      })
    })
  }

  if (db.name === "postgres") {
    test("takes a server that is slow for a while for no transaction pooler", async () => {
      const warn = jest.fn()
      way.delay(LATENCY)
      const adapter = db.open({ logger: { warn }, ssl: false }, way.through(db.url))
      await adapter.getSessionAndUser(sessionToken)
      // The second connection is made and asked for its setting; then the two take turns.
      await eventually(() => way.connections() === 2)
      await sleep(5 * 2 * LATENCY)
      // Longer than one of the two may keep the other one waiting.
      way.delay(600)
      await sleep(5000)
      way.delay(0)
      await sleep(1500)
      for (let call = 0; call < 3; call += 1) {
        expect(await adapter.getSessionAndUser(sessionToken)).not.toBeNull()
        await sleep(300)
      }
      expect(warn).not.toHaveBeenCalled()
    })
  }
})
