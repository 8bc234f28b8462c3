const { SqlxAdapter } = require("../..")
const { refusedAtOnce } = require("../support/expectations")

const PLACES = {
  sqlite: "sqlite::memory:",
  postgres: "postgres://localhost/x",
  mysql: "mysql://localhost/x",
}
const open = (schema, kind = "sqlite") => SqlxAdapter(PLACES[kind], { schema })
const refused = (schema, kind) => refusedAtOnce(() => open(schema, kind), "ERR_CONFIG").message

describe("the option schema", () => {
  test.each([
    ["prisam", /option "schema" .*did you mean "prisma"/],
    ["public", /PostgreSQL schema is schema: \{ dbSchema/],
    [{ nameing: "snake_case" }, /"schema.nameing"; did you mean "schema.naming"/],
    [{ naming: "kebab-case" }, /"schema.naming" must be "snake_case" or "camelCase"/],
    [{ ids: "auto" }, /"schema.ids" must be "uuid", .* or a function/],
    [{ ids: 7 }, /"schema.ids" must be/],
    [{ user: false }, /"schema.user" must be an object/],
    [{ session: { readOnly: true } }, /unknown option "schema.session.readOnly"/],
    [
      { user: { columns: { emial: "mail" } } },
      /columns.emial" .*needs a type.*did you mean "email"/,
    ],
    [{ user: { columns: { id: false } } }, /columns.id" cannot be false/],
    [{ user: { columns: { role: true } } }, /"schema.user.columns.role" must be/],
    [{ user: { columns: { role: { type: "enum" } } } }, /columns.role.type" must be "text" or/],
    [{ user: { columns: { role: { type: "text", defualt: "x" } } } }, /did you mean .*default"/],
    [
      { user: { columns: { age: { type: "integer", default: "x" } } } },
      /default that is not of its type/,
    ],
    [{ user: { columns: { email: { type: "json" } } } }, /columns.email.type" cannot be "json"/],
    [
      { session: { columns: { expires: { type: "boolean" } } } },
      /expires.type" cannot be "boolean"/,
    ],
    [{ user: { columns: { id: { hidden: true } } } }, /columns.id.hidden" cannot be true/],
    [{ user: { columns: { id: { default: "x" } } } }, /"schema.user.columns.id.default" cannot be/],
    [
      { session: { columns: { createdAt: { default: "x" } } } },
      /"schema.session.columns.createdAt.default" cannot be/,
    ],
    [
      { user: { columns: { emailVerified: { default: "x" } } } },
      /"schema.user.columns.emailVerified.default" is not of its type/,
    ],
    [
      { user: { columns: JSON.parse('{ "__proto__": { "type": "text" } }') } },
      /no name of a property/,
    ],
    [{ user: { table: "" } }, /"schema.user.table" .*is empty/],
    [{ user: { table: "a\0b" } }, /NUL/],
    [{ user: { columns: { name: "x", email: "X" } } }, /two properties have the same column/],
    [{ user: { table: "t" }, session: { table: "T" } }, /two models have the same table/],
    [{ user: { columns: { id: { type: "integer" } } }, ids: "cuid2" }, /"schema.ids" makes ids/],
  ])("%j is refused at once", (schema, message) => {
    expect(refused(schema)).toMatch(message)
  })

  test("a name is refused where the database does not take it", () => {
    const long = { user: { table: "é".repeat(32) } }
    expect(refused(long, "postgres")).toMatch(/longer than the 63 bytes/)
    open(long, "mysql")
    open(long, "sqlite")
    expect(refused({ prefix: "x".repeat(60) }, "mysql")).toMatch(/schema.prefix.*64 characters/)
    expect(refused({ user: { table: "sqlite_users" } }, "sqlite")).toMatch(/keeps to itself/)
    expect(refused("d1", "postgres")).toMatch(/describes tables on sqlite, not on postgres/)
  })

  test("no message shows a value but names", () => {
    const schema = { user: { columns: { role: { type: "integer", default: "hunter2" } } } }
    expect(refused(schema)).not.toContain("hunter2")
  })
})
