const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { refused } = require("../support/expectations")
const { makeUser } = require("../support/samples")
const { create, presets } = require("./presets")

jest.setTimeout(60_000)

/** A call of ours that the tables refuse: some have all columns that others need. */
const REFUSED = {
  sequelize: (adapter) => adapter.listSessions("nobody"),
  "typeorm-v3": (adapter) => adapter.listAccounts("nobody"),
  "prisma-v3": (adapter) => adapter.listAccounts("nobody"),
}

for (const [name, preset] of Object.entries(presets)) {
  for (const database of databases.filter((one) => preset.databases.includes(one.name))) {
    describeOn(database.name)(`the tables of ${name} (${database.name})`, () =>
      recognised(name, database),
    )
  }
}

function recognised(name, database) {
  const met = REFUSED[name] ?? makeUser

  let place
  let adapters

  beforeAll(async () => {
    place = await database.fresh()
    await create(name, database.name, place)
  })

  beforeEach(() => {
    adapters = []
  })

  afterEach(() => Promise.all(adapters.map((adapter) => adapter.close())))

  afterAll(() => place.drop())

  function open(options) {
    const adapter = SqlxAdapter(place.url, options)
    adapters.push(adapter)
    return adapter
  }

  test("are named by their preset where it was forgotten, and left alone", async () => {
    for (const synchronize of ["create", false]) {
      const error = await refused(met(open({ synchronize })), "ERR_SCHEMA")
      expect(error.message).toMatch(
        new RegExp(`schema: ("pg-adapter" or )?"${name}"( or "neon")? to use`),
      )
    }
    const adapter = open({ schema: name })
    expect(await adapter.getUserByEmail("nobody@example.com")).toBeNull()
  })

  test("may have tables of ours beside them where a prefix asks for that", async () => {
    const adapter = open({ schema: { prefix: "own_" } })
    const user = await makeUser(adapter)
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
  })
}
