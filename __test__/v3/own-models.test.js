const { default: Adapters } = require("../../v3")

const { User, Session } = Adapters.TypeORM.Models

/** The adapter's configuration with one more column of a model, or another description of one. */
function withColumn(name, columns) {
  const usual = { User, Session }[name]
  const schema = { ...usual.schema, columns: { ...usual.schema.columns, ...columns } }
  const models = { [name]: { model: usual.model, schema } }
  return () => Adapters.Default({ type: "sqlite", database: ":memory:" }, { models })
}

describe("a column of the application's own models", () => {
  test.each([
    [
      { seenAt: { type: "timestamp", createDate: true } },
      /seenAt\.createDate .*updated_at already/,
    ],
    [
      { seenAt: { type: "timestamp", updateDate: true } },
      /seenAt\.updateDate .*updated_at already/,
    ],
    [{ born: { type: "date", nullable: true } }, /born\.type .*one of text/],
    [{ at: { type: "timestamp", default: () => "now()" } }, /at\.default .*database's own default/],
    [{ id: { type: "varchar", primary: true } }, /columns\.id cannot be a primary key/],
  ])("is refused by name where every sign-up would fail: %j", (columns, message) => {
    expect(withColumn("User", columns)).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG", message: expect.stringMatching(message) }),
    )
  })

  test("is refused by name where every session would fail", () => {
    const id = { type: "uuid", primary: true, generated: "uuid" }
    expect(withColumn("Session", { id })).toThrow(/Session\.schema\.columns\.id\.generated/)
    expect(withColumn("User", { id })).not.toThrow()
  })

  test("may say of what it does not have that it has it not", () => {
    const phone = { type: "varchar", nullable: true, createDate: false, array: false }
    expect(withColumn("User", { phone })).not.toThrow()
  })
})
