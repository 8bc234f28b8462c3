const contention = require("../clusters/contention")
const { databases } = require("../support/databases")

jest.setTimeout(60_000)

const postgres = databases.find(({ name }) => name === "postgres")
const why = postgres ? postgres.unavailable : "DATABASES leaves it out"
const run = why ? describe.skip : describe

run(`a role whose transactions are serializable (postgres${why ? `: ${why}` : ""})`, () => {
  let place
  let adapters = []

  beforeAll(async () => {
    place = await postgres.fresh()
    const setting = "SET default_transaction_isolation = 'serializable'"
    await place.execute(`ALTER ROLE CURRENT_USER IN DATABASE "${place.database}" ${setting}`)
  })

  afterEach(async () => {
    await contention.close(adapters)
    adapters = []
  })

  afterAll(() => place.drop())

  test("meets 40001 in single statements, as a plain client sees", async () => {
    const { Client } = require("pg")
    adapters = contention.open([place.url])
    const user = await contention.commonUser(adapters)
    const clients = Array.from({ length: 8 }, () => new Client({ connectionString: place.url }))
    await Promise.all(clients.map((client) => client.connect()))
    try {
      const met = await contention.codesMet(clients, (client, number, n) =>
        client.query("UPDATE users SET name = $1 WHERE id = $2", [`${number} ${n}`, user.id]),
      )
      expect(met["40001"]).toBeGreaterThan(0)
    } finally {
      await Promise.all(clients.map((client) => client.end()))
    }
  })

  test.each([
    ["in single statements", { pooler: false }],
    ["in a transaction for each call, as for a pooler", { pooler: true }],
  ])("no caller of the adapter sees 40001, %s", async (_, options) => {
    adapters = contention.open([place.url], options)
    const user = await contention.commonUser(adapters)
    // On a busy machine the writers may miss each other for a while.
    let [rounds, met] = [0, 0]
    const over = () => {
      contention.retries(adapters).then((retries) => {
        met = retries
      })
      rounds += 1
      return rounds > 12 && (met > 0 || rounds > 150)
    }
    const told = await contention.contend(adapters, { user, writers: 16, until: over })
    expect(met).toBeGreaterThan(0)
    await contention.expectKept(told, place.rows)
  })
})
