const { randomUUID } = require("node:crypto")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { presetSchemas } = require("../support/schemas")
const { hence, makeAccount, makeSession, makeUser, unique } = require("../support/samples")
const { storedRows } = require("../support/stored")
const { create } = require("./presets")

jest.setTimeout(60_000)

/** Of which models tables that lack a key may hold a row twice. */
const WEAK = {
  "pg-adapter": ["user", "account", "session"],
  d1: ["user", "account"],
  neon: ["account", "session"],
  sequelize: ["account"],
  typeorm: ["account"],
}

const [LOWER, HIGHER] = [
  "00000000-0000-4000-8000-000000000001",
  "ffffffff-ffff-4fff-8fff-ffffffffffff",
]

for (const [name, twice] of Object.entries(WEAK)) {
  const schema = presetSchemas.find((one) => one.name === name)
  for (const database of databases.filter((one) => schema.databases.includes(one.name))) {
    describeOn(database.name)(`rows that are twice in ${name}'s tables (${database.name})`, () =>
      tests(schema, twice, database),
    )
  }
}

// Another program has stored them: no two writers of this package do.
function tests(schema, twice, database) {
  const counts = schema.ids === "serial"
  let place
  let adapter
  let stored

  beforeAll(async () => {
    place = await database.fresh({ utc: true })
    await create(schema.name, database.name, place)
    stored = storedRows(database, schema, place, {})
    adapter = SqlxAdapter(place.url, { schema: schema.name })
  })

  afterAll(async () => {
    await adapter.close()
    await place.drop()
  })

  /** Stores two rows; the first is the one with the lower id, whichever is stored first. */
  async function plant(model, first, second) {
    const rows = counts
      ? [first, second]
      : [
          { id: HIGHER, ...second },
          { id: LOWER, ...first },
        ]
    for (const row of rows) await stored.insert(model, row)
  }

  /** Looks for one key alone, and among 64 at once. */
  async function look(call, key, others) {
    const alone = await call(key)
    const keys = Array.from({ length: 64 }, (_, n) => (n % 2 === 0 ? key : others[n % 7]))
    const found = await Promise.all(keys.map((key) => call(key)))
    expect(found.filter((_, n) => n % 2 === 0)).toEqual(Array(32).fill(alone))
    expect(found.every((one) => one !== null)).toBe(true)
    return alone
  }

  const seven = (make) => Promise.all(Array.from({ length: 7 }, make))

  if (twice.includes("user")) {
    test("users with one address", async () => {
      const email = `${unique("a")}@example.com`
      await plant("user", { name: "first", email }, { name: "second", email })
      const others = await seven(async () => (await makeUser(adapter)).email)
      expect((await look(adapter.getUserByEmail, email, others)).name).toBe("first")
    })
  }

  test("accounts of two users", async () => {
    const [ada, eve] = [await makeUser(adapter), await makeUser(adapter)]
    const key = { provider: "github", providerAccountId: unique("account") }
    const account = ({ id }) => ({ userId: id, type: "oauth", ...key })
    await plant("account", account(eve), account(ada))
    const others = await seven(() => makeAccount(adapter, ada.id))
    expect(await look(adapter.getUserByAccount, key, others)).toEqual(eve)
    // Nobody else gets it.
    const another = account(await makeUser(adapter))
    await expect(adapter.linkAccount(another)).rejects.toMatchObject({ code: "ERR_UNIQUE" })
  })

  if (twice.includes("session")) {
    test("sessions with one token", async () => {
      const [ada, eve] = [await makeUser(adapter), await makeUser(adapter)]
      const sessionToken = randomUUID()
      const session = ({ id }) => ({ userId: id, sessionToken, expires: +hence() })
      await plant("session", session(eve), session(ada))
      const others = await seven(async () => (await makeSession(adapter, ada.id)).sessionToken)
      const { user } = await look(adapter.getSessionAndUser, sessionToken, others)
      expect(user).toEqual(eve)
      await adapter.deleteSession(sessionToken)
      expect(await adapter.getSessionAndUser(sessionToken)).toBeNull()
    })
  }
}
