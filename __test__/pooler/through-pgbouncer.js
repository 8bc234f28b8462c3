const { SqlxAdapter } = require("../..")
const { wantedDatabases } = require("../servers")
const pgbouncer = require("../servers/pgbouncer")
const postgres = require("../servers/postgres")
const { said, startNode } = require("../support/child")
const { makeSession, makeUser } = require("../support/samples")
const { newOthers } = require("./other-applications")

jest.setTimeout(180_000)

/** For each of two versions. More of them take minutes. */
const LOOK_UPS = Number(process.env.TEST_LOOK_UPS ?? 50_000)
const PROCESSES = 3
const USERS = 300

/**
 * What each process does: looks sessions up through three adapters, and so three pools, and
 * compares each answer with the user whose session it is.
 */
const PROGRAM = `
const { url, known, calls, options } = JSON.parse(process.env.LOAD)
const warnings = []
process.on("warning", ({ message }) => warnings.push(message))
const adapters = [1, 2, 3].map((n) => SqlxAdapter(url, { applicationName: "app " + n, ...options }))
const run = { calls: 0, wrong: 0, nulls: 0, codes: {} }
async function visit(n) {
  const adapter = adapters[n % adapters.length]
  while (run.calls < calls) {
    run.calls += 1
    const { sessionToken, userId } = known[Math.floor(Math.random() * known.length)]
    try {
      const found = await adapter.getSessionAndUser(sessionToken)
      if (found === null) run.nulls += 1
      else if (found.user.id !== userId || found.session.sessionToken !== sessionToken) {
        run.wrong += 1
      }
    } catch (error) {
      run.codes[error.code] = (run.codes[error.code] ?? 0) + 1
    }
  }
}
Promise.all(Array.from({ length: 24 }, (_, n) => visit(n))).then(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()))
  say({ ...run, warnings })
})
`

/** Defines the tests of one version of PgBouncer; each has a file of its own. */
function throughPgbouncer(version) {
  const run = wantedDatabases().includes("pgbouncer") ? describe : describe.skip
  run(`through PgBouncer ${version ?? "of this machine"}, two connections to the server`, () => {
    let server
    let pooler
    let known
    let others

    beforeAll(async () => {
      server = await postgres.start()
      try {
        pooler = await pgbouncer.start({ postgres: server, version, poolSize: 2 })
      } catch (error) {
        if (error.code !== "UNAVAILABLE") throw error
        console.warn(`skipped: ${error.message}`)
        return
      }
      const adapter = SqlxAdapter(server.url)
      await adapter.getUser("nobody")
      const users = await Promise.all(Array.from({ length: USERS }, () => makeUser(adapter)))
      known = await Promise.all(users.map(({ id }) => makeSession(adapter, id)))
      await adapter.close()
      others = await newOthers(pooler.url)
    })

    afterAll(async () => {
      await others?.end()
      await pooler?.stop()
      await server?.stop()
    })

    /** The look-ups of several processes, while other applications use the same pooler. */
    async function lookUp(calls, options) {
      const load = { url: pooler.url, known, calls: Math.ceil(calls / PROCESSES), options }
      const env = { LOAD: JSON.stringify(load) }
      const children = Array.from({ length: PROCESSES }, () =>
        startNode(PROGRAM, { env, timeout: 150_000 }),
      )
      const ended = Promise.all(children.map((child) => child.ended))
      await others.work(ended)
      return (await ended).map((result) => said(result)[0])
    }

    const sum = (runs, name) => runs.reduce((total, run) => total + run[name], 0)

    test(`${LOOK_UPS} session look-ups give the right user each, and the pooler is found`, async () => {
      if (!pooler) return
      const runs = await lookUp(LOOK_UPS)
      expect(sum(runs, "calls")).toBeGreaterThanOrEqual(LOOK_UPS)
      for (const { wrong, nulls, codes, warnings } of runs) {
        expect({ wrong, nulls, codes }).toEqual({ wrong: 0, nulls: 0, codes: {} })
        expect(warnings.join()).toMatch("transaction pooler")
      }
      expect(others.answers()).toBeGreaterThan(1000)
      expect(others.wrong()).toEqual([])
    })

    test("where it is known, nothing is asked and nothing told", async () => {
      if (!pooler) return
      for (const { wrong, nulls, codes, warnings } of await lookUp(300, { pooler: true })) {
        expect({ wrong, nulls, codes }).toEqual({ wrong: 0, nulls: 0, codes: {} })
        expect(warnings).toEqual([])
      }
    })

    test("who says that there is none where there is one is given nobody else's session", async () => {
      if (!pooler) return
      expect(sum(await lookUp(3000, { pooler: false }), "wrong")).toBe(0)
    })
  })
}

module.exports = { throughPgbouncer }
