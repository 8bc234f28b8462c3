const { setTimeout: sleep } = require("node:timers/promises")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { create } = require("./presets")

/** What an adapter tells its logger in a while. */
async function told(url, schema) {
  const texts = []
  const adapter = SqlxAdapter(url, { schema, logger: { warn: (text) => texts.push(text) } })
  expect(await adapter.getUserByEmail("nobody@example.com")).toBeNull()
  // It looks in the background, and has done so once `close` has ended.
  await adapter.close()
  await sleep(20)
  return texts
}

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`columns that a preset does not name (${database.name})`, () => {
    test("are told once, with the line that names them; those that are named are not", async () => {
      const place = await database.fresh()
      await create("prisma", database.name, place)
      expect(await told(place.url, "prisma")).toEqual([])
      const quote = database.kind === "postgres" ? '"' : "`"
      // What has been told in this process is not told again, so that each has a name of its own.
      const column = `role_on_${database.name}`
      await place.execute(`ALTER TABLE ${quote}User${quote} ADD COLUMN ${column} INTEGER`)
      const [text, ...more] = await told(place.url, "prisma")
      expect(more).toEqual([])
      expect(text).toContain(
        `does not name the columns User.${column}, so they are neither read nor`,
      )
      expect(text).toMatch(
        /schema: \{ preset: "prisma", user: \{ columns: \{ role_on_\w+: \{ type: "(integer|bigint)" \} \} \} \}$/,
      )
      expect(await told(place.url, "prisma")).toEqual([])
      // The line is one that the adapter takes.
      const named = { preset: "prisma", user: { columns: { [column]: { type: "integer" } } } }
      expect(await told(place.url, named)).toEqual([])
      await place.drop()
    })
  })
}
