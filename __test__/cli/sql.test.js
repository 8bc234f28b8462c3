const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { root, run } = require("../package/project")

const { DATABASE_URL: _, AUTH_DATABASE_URL: __, ...environment } = process.env

const sql = (...args) =>
  run(process.execPath, ["cli.js", "sql", ...args], { cwd: root, env: environment })

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`sql --dialect ${database.name}`, () => {
    test.each([
      ["our own tables", [], undefined],
      ["a preset's", ["--schema", "prisma"], "prisma"],
    ])("prints what makes %s, and check is content", async (_name, args, schema) => {
      const printed = await sql("--dialect", database.name, ...args, "--json")
      expect([printed.code, printed.stderr]).toEqual([0, ""])
      const place = await database.fresh()
      for (const statement of JSON.parse(printed.stdout)) await place.execute(statement)
      const adapter = SqlxAdapter(place.url, { schema, synchronize: false })
      // Prisma's tables lack indexes, which is a warning, and are printed as Prisma makes them.
      const levels = schema === undefined ? ["error", "warning"] : ["error"]
      const findings = await adapter.check()
      expect(findings.filter(({ level }) => levels.includes(level))).toEqual([])
      await adapter.close()
      await place.drop()
    })
  })
}

test("sql takes the database from the URL, asks none, and ends each statement", async () => {
  const printed = await sql("--url", "postgres://app:hunter2@127.0.0.1:1/app")
  expect([printed.code, printed.stderr]).toEqual([0, ""])
  expect(printed.stdout).toMatch(/^CREATE TABLE IF NOT EXISTS "users" \(\n/)
  expect(printed.stdout).toMatch(/;\n$/)
  expect((await sql("--url", "./auth.db")).stdout).toMatch(/ STRICT;\n/)
})

test.each([
  [[], /sql needs to know for which database: --dialect sqlite or postgres/],
  [["--dialect", "oracle"], /sql needs to know for which database/],
  [
    ["--dialect", "sqlite", "--schema", "pg-adapter"],
    /describes tables on postgres, not on sqlite/,
  ],
])("sql %j is told in a sentence", async (args, message) => {
  const said = await sql(...args)
  expect([said.code, said.stdout]).toEqual([2, ""])
  expect(said.stderr).toMatch(message)
  expect(said.stderr).not.toMatch(/\n\s+at /)
})
