const { sleep } = require("../servers/run")
const { eventually } = require("../support/expectations")
const { OPTIONS, loadThrough, stored, victim, whyNot } = require("./faults")

jest.setTimeout(60_000)

/** Done to a server under load; afterwards it is as good as before. */
const TO_THE_SERVER = [
  ["is restarted", ({ daemon }) => daemon.restart()],
  [
    "is killed and started again",
    async ({ daemon }) => {
      await daemon.kill()
      await sleep(200)
      await daemon.restart()
    },
  ],
  [
    "is frozen for longer than a call may take",
    async ({ daemon }) => {
      daemon.freeze()
      await sleep(OPTIONS.retry.maxTime + 1500)
      daemon.thaw()
    },
  ],
  ["refuses connections for a while", ({ daemon }) => daemon.refuse(1.5)],
]

/** Done to the network between. */
const TO_THE_NETWORK = [
  [
    "loses its connections again and again",
    async ({ gate }) => {
      for (let n = 0; n < 40; n += 1) {
        await sleep(100)
        gate.cut()
      }
    },
  ],
  [
    "is cut off by a firewall that drops what it sees",
    async ({ gate }) => {
      gate.silence()
      await sleep(OPTIONS.retry.maxTime + 1500)
      // It has forgotten the connections that there were.
      gate.cut()
      gate.speak()
    },
  ],
]

/** Beyond `retry.maxTime` a call may take one last try: a wait, a connection, and an answer. */
const BOUND =
  OPTIONS.retry.maxTime * 2 + OPTIONS.pool.connectTimeout + OPTIONS.pool.acquireTimeout + 500

/** Defines the tests of one server; each has a file of its own, so that they run side by side. */
function serverUnderLoad(name) {
  const why = whyNot(name)
  const run = why ? describe.skip : describe
  run(`a server under load (${name}${why ? `: ${why}` : ""})`, () => {
    let under

    afterEach(async () => {
      await under?.end()
      under = undefined
    })

    test.each(TO_THE_SERVER)("%s", async (_, harm) => {
      under = await victim(name)
      await survives(under, harm)
    })

    test.each(TO_THE_NETWORK)("%s", async (_, harm) => {
      under = await victim(name, { network: true })
      await survives(under, harm)
    })
  })
}

async function survives(under, harm) {
  const { adapter } = under
  const run = await loadThrough(adapter, () => harm(under))

  // Every answer was right, and what was not answered was told why.
  expect(run.wrong).toEqual([])
  expect(run.calls).toBeGreaterThan(500)
  expect(run.slowest).toBeLessThan(BOUND)

  // The pool has recovered by itself.
  await Promise.all(Array.from({ length: 64 }, () => adapter.getUser("nobody")))

  // What was acknowledged is there; what was refused, other than with an unknown outcome, is not.
  const reader = await under.fresh()
  const ids = run.writes.map(({ id }) => id)
  const there = await stored(reader, ids)
  const acknowledged = run.writes.filter(({ code }) => code === undefined)
  const refused = run.writes.filter(({ code }) => /ERR_CONNECT|ERR_TIMEOUT/.test(code))
  expect(acknowledged.length).toBeGreaterThan(50)
  expect(acknowledged.filter(({ id }) => !there.has(id))).toEqual([])
  expect(refused.filter(({ id }) => there.has(id))).toEqual([])

  // No connection was left behind.
  await eventually(async () => (await reader.connections()) <= OPTIONS.pool.max)
}

module.exports = { serverUnderLoad }
