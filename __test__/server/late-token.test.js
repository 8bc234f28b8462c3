const gate = require("../servers/gate")
const { sleep } = require("../servers/run")
const { onServers } = require("../support/on-servers")
const { makeToken, unique, uniqueEmail } = require("../support/samples")

/** What passes the gate takes this many milliseconds longer, each way: time enough to make a token meanwhile. */
const LATENCY = 100

/** As many round trips as a call may take that uses a token: BEGIN, what it reads, what it deletes, COMMIT. */
const TURNS = [1, 2, 3, 4]

onServers("a token that comes while a call looks for it", (db) => {
  let way

  beforeAll(async () => {
    way = await gate.start({ to: db.server })
  })

  afterAll(() => way.stop())

  test.each(TURNS)("in the %i. round trip is given to somebody", async (turn) => {
    const slow = db.open({ pool: { min: 0, max: 1 } }, way.through(db.url))
    const quick = db.open()
    const key = () => ({ identifier: uniqueEmail(), token: unique("token") })
    // The connections are there, and the statements prepared.
    await makeToken(quick)
    for (let call = 0; call < 3; call += 1)
      expect(await slow.useVerificationToken(key())).toBeNull()

    way.delay(LATENCY)
    const before = way.turns()
    const token = key()
    let over = false
    const looking = slow.useVerificationToken(token).finally(() => {
      over = true
    })
    while (!over && way.turns() - before < turn) await sleep(1)
    await makeToken(quick, token)
    const first = await looking
    way.delay(0)
    const later = await quick.useVerificationToken(token)
    expect([first, later].filter(Boolean)).toMatchObject([token])
    expect(await db.rows("SELECT token FROM verification_tokens")).not.toContainEqual({
      token: token.token,
    })
  })
})
