// Models as applications of v3 had them, made over the classes of whichever adapter runs them: ours or
// the original. Each set gives the second argument of `Adapters.Default`, and what a user gets for the
// further columns.

const { randomUUID } = require("node:crypto")

/** Columns of every type that is carried, with a value of each. */
const everyType = {
  postgres: {
    varying: [{ type: "varchar", nullable: true }, "+44 20"],
    sized: [{ type: "varchar", length: 10, default: "it" }, "ten chars!"],
    sizedByText: [
      { type: "character varying", length: "12", nullable: true, unique: true },
      "twelve",
    ],
    fixed: [{ type: "char", length: 3, nullable: true }, "abc"],
    long: [{ type: "text", nullable: true }, "a".repeat(70_000)],
    string: [{ type: String, nullable: true }, "string"],
    number: [{ type: Number, nullable: true }, -7],
    counted: [{ type: "int", default: 1 }, 2_000_000_000],
    small: [{ type: "smallint", nullable: true }, 32_000],
    big: [{ type: "bigint", nullable: true }, "9007199254740993"],
    bigger: [{ type: "int8", default: 5 }, "-5"],
    single: [{ type: "real", nullable: true }, 0.1],
    double: [{ type: "double precision", nullable: true, default: 1.5 }, 1e100],
    float: [{ type: "float", nullable: true }, -2.25],
    yes: [{ type: "boolean", default: true }, false],
    maybe: [{ type: Boolean, nullable: true }, true],
    json: [{ type: "json", nullable: true }, { a: [1, "é"] }],
    jsonb: [{ type: "jsonb", nullable: true }, [{ b: null }]],
    at: [{ type: "timestamp", nullable: true }, new Date(1_700_000_000_789)],
    atMost: [{ type: "timestamptz", precision: 3, nullable: true }, new Date(1_700_000_000_789)],
    plain: [{ type: "timestamp without time zone", nullable: true }, new Date(1_700_000_000_789)],
    day: [{ type: "date", nullable: true }, "2024-02-29"],
    uuid: [{ type: "uuid", nullable: true }, "5f0c8d0e-2b1a-4c3d-8e9f-001122334455"],
    collated: [{ type: "varchar", collation: "C", nullable: true }, "c"],
    indexed: [{ type: "varchar", nullable: true }, "i"],
    named: [{ type: "int", nullable: true }, 3],
    once: [{ type: "varchar", nullable: true }, "o"],
    joinedAt: [{ type: "timestamp", createDate: true }],
    seenAt: [{ type: "timestamptz", updateDate: true }],
  },
  mysql: {
    varying: [{ type: "varchar", nullable: true }, "+44 20"],
    sized: [{ type: "varchar", length: 10, default: "it" }, "ten chars!"],
    sizedByText: [{ type: "nvarchar", length: "12", nullable: true, unique: true }, "twelve"],
    fixed: [{ type: "char", length: 3, nullable: true }, "abc"],
    long: [{ type: "text", nullable: true }, "a".repeat(60_000)],
    longer: [{ type: "mediumtext", nullable: true }, "a".repeat(70_000)],
    longest: [{ type: "longtext", nullable: true }, "é"],
    string: [{ type: String, nullable: true }, "string"],
    number: [{ type: Number, nullable: true }, -7],
    counted: [{ type: "int", default: 1 }, 2_000_000_000],
    small: [{ type: "smallint", nullable: true }, 32_000],
    tiny: [{ type: "tinyint", nullable: true }, 2],
    positive: [{ type: "int", unsigned: true, nullable: true }, 4_000_000_000],
    big: [{ type: "bigint", nullable: true }, "17000000000"],
    bigger: [{ type: "bigint", default: 5 }, "9007199254740993"],
    single: [{ type: "float", nullable: true }, 0.1],
    double: [{ type: "double precision", nullable: true, default: 2 }, 1e100],
    yes: [{ type: "boolean", default: true }, false],
    maybe: [{ type: "bool", nullable: true }, true],
    json: [{ type: "json", nullable: true }, { a: [1, "é"] }],
    at: [{ type: "timestamp", nullable: true }, new Date(1_700_000_000_000)],
    exactly: [{ type: "timestamp", precision: 6, nullable: true }, new Date(1_700_000_000_789)],
    atMost: [{ type: "datetime", precision: 3, nullable: true }, new Date(1_700_000_000_789)],
    toSecond: [{ type: Date, nullable: true }, new Date(1_700_000_000_000)],
    day: [{ type: "date", nullable: true }, "2024-02-29"],
    uuid: [{ type: "uuid", nullable: true }, "5f0c8d0e-2b1a-4c3d-8e9f-001122334455"],
    role: [{ type: "enum", enum: ["member", "admin"], default: "member" }, "admin"],
    noted: [{ type: "varchar", comment: "it's noted", nullable: true }, "n"],
    collated: [
      { type: "varchar", charset: "utf8mb4", collation: "utf8mb4_bin", nullable: true },
      "c",
    ],
    indexed: [{ type: "varchar", nullable: true }, "i"],
    named: [{ type: "int", nullable: true }, 3],
    once: [{ type: "varchar", nullable: true }, "o"],
    joinedAt: [{ type: "timestamp", createDate: true }],
    seenAt: [{ updateDate: true }],
  },
  sqlite: {
    varying: [{ type: "varchar", nullable: true }, "+44 20"],
    sized: [{ type: "varchar", length: 10, default: "it" }, "ten chars!"],
    sizedByText: [{ type: "nvarchar", length: "12", nullable: true, unique: true }, "twelve"],
    long: [{ type: "text", nullable: true }, "a".repeat(70_000)],
    string: [{ type: String, nullable: true }, "string"],
    number: [{ type: Number, nullable: true }, -7],
    counted: [{ type: "int", default: 1 }, 2_000_000_000],
    small: [{ type: "smallint", nullable: true }, 32_000],
    big: [{ type: "bigint", nullable: true }, 17_000_000_000],
    bigger: [{ type: "int8", default: 5 }, -5],
    single: [{ type: "float", nullable: true }, 0.1],
    double: [{ type: "double precision", nullable: true, default: 1.5 }, 1e100],
    yes: [{ type: "boolean", default: true }, false],
    maybe: [{ type: Boolean, nullable: true }, true],
    at: [{ type: "timestamp", nullable: true }, new Date(1_700_000_000_789)],
    atMost: [{ type: "datetime", nullable: true }, new Date(1_700_000_000_789)],
    day: [{ type: "date", nullable: true }, "2024-02-29"],
    uuid: [{ type: "uuid", nullable: true }, "5f0c8d0e-2b1a-4c3d-8e9f-001122334455"],
    role: [{ type: "simple-enum", enum: ["member", "admin"], default: "member" }, "admin"],
    collated: [{ type: "varchar", collation: "NOCASE", nullable: true }, "c"],
    indexed: [{ type: "varchar", nullable: true }, "i"],
    named: [{ type: "int", nullable: true }, 3],
    once: [{ type: "varchar", nullable: true }, "o"],
    joinedAt: [{ type: "timestamp", createDate: true }],
    seenAt: [{ type: "datetime", updateDate: true }],
  },
}

const INDICES = [
  { columns: ["indexed"] },
  { name: "by_number", columns: ["named"] },
  { name: "only_one", columns: ["once"], unique: true },
]

/** A model over the default one, whose class gives a new row what `values` says. */
function extended({ model, schema }, values, { columns, name = schema.name, ...more } = {}) {
  const own = {
    [name]: class extends model {
      constructor(...given) {
        super(...given)
        Object.assign(this, values(this))
      }
    },
  }[name]
  const all = { ...schema.columns, ...columns }
  return { model: own, schema: { ...schema, ...more, name, target: own, columns: all } }
}

/** Sets by name: `(Models, kind) => { options, config, values }`. */
const sets = {
  default: () => ({}),
  "with a prefix": () => ({ config: { entityPrefix: "nextauth_" } }),
  "named by TypeORM's default strategy": () => {
    const { DefaultNamingStrategy } = require("typeorm")
    const namingStrategy = new DefaultNamingStrategy()
    return { options: { namingStrategy }, config: { entityPrefix: "app_" } }
  },
  "named by a strategy that names keys": () => {
    const { DefaultNamingStrategy } = require("typeorm")
    class Plain extends DefaultNamingStrategy {
      indexName = (table, [column]) => `${table.name ?? table}_${column}_i`
      uniqueConstraintName = (table, [column]) => `${table.name ?? table}_${column}_u`
      primaryKeyName = (table) => `${table.name ?? table}_p`
    }
    return { options: { namingStrategy: new Plain() } }
  },
  // https://next-auth.js.org/v3/tutorials/typeorm-custom-models
  "of the documentation": (Models) => {
    const columns = { phoneNumber: { type: "varchar", nullable: true } }
    const User = extended(Models.User, () => ({ phoneNumber: "+44 20" }), { columns })
    return { options: { models: { User } }, values: { phoneNumber: "+44 20" } }
  },
  "of every type": (Models, kind) => {
    const described = Object.entries(everyType[kind])
    const columns = Object.fromEntries(described.map(([name, [column]]) => [name, { ...column }]))
    const given = described.filter(([, { length }]) => length === 2)
    const values = Object.fromEntries(given.map(([name, [, value]]) => [name, value]))
    const User = extended(Models.User, () => values, { columns, indices: INDICES })
    return { options: { models: { User } }, values }
  },
  "with UUIDs": (Models) => {
    const id = { primary: true, type: "uuid", generated: "uuid" }
    const userId = { type: "uuid" }
    const model = (name, columns) => extended(Models[name], () => ({}), { columns })
    const models = {
      User: model("User", { id }),
      Account: model("Account", { id, userId }),
      Session: model("Session", { id, userId }),
      VerificationRequest: model("VerificationRequest", { id }),
    }
    return { options: { models } }
  },
  "whose classes give ids, with tables, keys and columns of their own": (Models) => {
    const id = { primary: true, type: "varchar", length: 40 }
    const userId = { type: "varchar", length: 40 }
    const ids = () => ({ id: `id-${randomUUID()}` })
    const { image: _image, ...columns } = Models.User.schema.columns
    const User = extended(Models.User, ids, { name: "Member", tableName: "people" })
    User.schema.columns = { ...columns, id, email: { type: "varchar", length: 200, unique: true } }
    const Session = extended(Models.Session, ids, { columns: { id, userId } })
    const Account = extended(Models.Account, ids, { columns: { id, userId }, indices: undefined })
    return { options: { models: { User, Session, Account } } }
  },
}

module.exports = { everyType, extended, sets }
