const { databases, describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")

jest.setTimeout(60_000)

// Without the contract's own set-up, which makes the tables before its tests look at them.
for (const database of databases) {
  describeOn(database.name)(`the first calls on an empty database (${database.name})`, () => {
    const { open } = freshDatabase(database)

    test("are answered when 64 arrive together", async () => {
      const adapter = open({ pool: { max: 10 } })
      const answers = await Promise.all(
        Array.from({ length: 64 }, (_, n) => adapter.createUser({ name: `user ${n}` })),
      )
      expect(new Set(answers.map(({ id }) => id)).size).toBe(64)
    })

    test("are answered when several adapters need the tables at once", async () => {
      const several = [1, 2, 3, 4].map((max) => open({ pool: { max } }))
      const found = await Promise.all(several.map((adapter) => adapter.getUser("nobody")))
      expect(found).toEqual([null, null, null, null])
    })
  })
}
