const gate = require("../servers/gate")
const { sleep } = require("../servers/run")
const { eventually } = require("../support/expectations")
const { onServers } = require("../support/on-servers")
const { makeSession, makeUser } = require("../support/samples")

/** What passes takes so many milliseconds longer each way. */
const LATENCY = 40

/**
 * How often the first answer has to go to the server and back: what the protocol's greeting and its
 * login take, what a session is told, and the first statement, prepared and executed. PostgreSQL's is
 * in a transaction, as it is not known yet whether there is a pooler; TLS 1.3 takes two, and two more
 * where the server would have another kind of key.
 */
const ROUND_TRIPS = {
  postgres: { plain: 8, encrypted: 12 },
  mariadb: { plain: 8, encrypted: 9 },
  mysql: { plain: 7, encrypted: 9 },
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

  beforeEach(() => way.delay(LATENCY))

  afterAll(() => way.stop())

  for (const [title, ssl] of [
    ["plain", false],
    ["encrypted", { rejectUnauthorized: false }],
  ]) {
    test(`is answered in as few round trips as the protocol allows, ${title}`, async () => {
      const adapter = db.open({ ssl }, way.through(db.url))
      const begun = performance.now()
      expect(await adapter.getSessionAndUser(sessionToken)).not.toBeNull()
      const roundTrips = (performance.now() - begun) / (2 * LATENCY)
      expect(roundTrips).toBeLessThan(ROUND_TRIPS[db.name][title] + 0.9)
      // The others go there and back once, as soon as nothing is looked into any more.
      let fewest = Infinity
      for (let call = 0; call < 20 && fewest > 1.9; call += 1) {
        const asked = performance.now()
        await adapter.getSessionAndUser(sessionToken)
        fewest = Math.min(fewest, (performance.now() - asked) / (2 * LATENCY))
      }
      expect(fewest).toBeLessThan(1.9)
    })
  }

  if (db.name === "postgres") {
    test("takes a server that is slow for a while for no transaction pooler", async () => {
      const warn = jest.fn()
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
