// What the documentation of v2 and v3 says the configuration may be: every option is honoured or
// refused by name.

const { readFileSync } = require("node:fs")
const path = require("node:path")
const Adapters = require("../../v3.js").default
const { composeAdapters } = require("../../compose.js")
const { SqlxAdapter, SqlxAdapterError } = require("../..")
const { Default, TypeORM, Prisma, fromDatabase, schemaOf } = require("../../v3.js")
const { configuration } = require("../../v3/configuration.js")
const { freshFolder, query } = require("../support/sqlite")
const { refusedAtOnce } = require("../support/expectations")
const { uniqueEmail } = require("../support/samples")
const { appOptions } = require("./legacy")

let folder
const opened = []
beforeAll(async () => {
  folder = await freshFolder()
})
afterEach(() => Promise.all(opened.splice(0).map((adapter) => adapter.close())))

let files = 0
const file = () => path.join(folder, `${++files}.db`)

function open(place, options) {
  const adapter = Default(place, options)
  opened.push(adapter)
  return adapter
}

const methods = (adapter) => adapter.getAdapter(appOptions())

/** The columns that a table has, in order. */
async function columns(database, table) {
  return (await query(database, `SELECT name FROM pragma_table_info('${table}')`)).map(
    ({ name }) => name,
  )
}

async function tables(database) {
  const rows = await query(
    database,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  )
  return rows.map(({ name }) => name)
}

describe("the spellings", () => {
  test("of the documentation are all there, and one adapter", async () => {
    const config = { type: "sqlite", database: file(), synchronize: true }
    const string = `sqlite://localhost/${config.database}?synchronize=true`
    expect(Adapters.Default).toBe(Adapters.TypeORM.Adapter)
    const adapters = [
      Adapters.Default(config),
      Adapters.TypeORM(config),
      Adapters.TypeORM.Adapter(config),
      fromDatabase(config),
      Default(string),
      fromDatabase(string),
    ]
    opened.push(...adapters)
    const email = uniqueEmail()
    const user = await (await methods(adapters[0])).createUser({ name: "Ada", email })
    for (const adapter of adapters) {
      expect(Object.keys(adapter)).toEqual(Object.keys(adapters[0]))
      const v3 = await methods(adapter)
      expect(Object.keys(v3)).toEqual(Object.keys(await methods(adapters[0])))
      expect(await v3.getUserByEmail(email)).toEqual(user)
    }
    expect(await tables(config.database)).toEqual([
      "accounts",
      "sessions",
      "users",
      "verification_requests",
    ])
  })

  test("can be imported by name and by default", async () => {
    const required = require("../../v3.js")
    expect(required.default).toEqual({ Default, TypeORM, Prisma, PrismaAdapter: Prisma })
    expect(Object.keys(TypeORM.Models)).toEqual([
      "User",
      "Account",
      "Session",
      "VerificationRequest",
    ])
  })

  test("have the name that their log codes had", async () => {
    const place = { url: `sqlite:${file()}` }
    const names = [Default(place), Prisma(place), SqlxAdapter(place.url)].map(async (adapter) => {
      opened.push(adapter)
      return (await methods(adapter)).displayName
    })
    expect(await Promise.all(names)).toEqual(["TYPEORM_LEGACY", "PRISMA_LEGACY", undefined])
  })

  test("name the schema of their tables", async () => {
    const namingStrategy = { tableName: (name) => `t_${name}`, columnName: (name) => `c_${name}` }
    const place = { type: "sqlite", database: file(), synchronize: true }
    const v3 = await methods(open(place, { namingStrategy }))
    const user = await v3.createUser({ email: uniqueEmail() })
    const schema = schemaOf(place, { namingStrategy })
    const same = SqlxAdapter(`sqlite:${place.database}`, { schema })
    opened.push(same)
    expect(await same.getUser(user.id)).toEqual(user)
    expect(await columns(place.database, "t_User")).toContain("c_emailVerified")
  })

  test("a database in memory, as in the documentation", async () => {
    const adapter = open({ type: "sqlite", database: ":memory:", synchronize: true })
    const v3 = await methods(adapter)
    expect(await v3.createUser({ email: "ada@example.com" })).toMatchObject({ id: "1" })
    const string = await methods(open("sqlite://localhost/:memory:?synchronize=true"))
    expect(await string.getUserByEmail("grace@example.com")).toBeNull()
  })

  test("no database is no adapter: then v3 keeps sessions in cookies", () => {
    for (const none of [undefined, null, ""]) expect(fromDatabase(none)).toBeUndefined()
  })
})

test("users in one system and sessions in another", async () => {
  const [users, sessions] = [SqlxAdapter("sqlite::memory:"), SqlxAdapter(`sqlite:${file()}`)]
  const parts = { user: users, account: users, verificationToken: users, session: sessions }
  const split = { ...composeAdapters(parts), getAdapter: users.getAdapter }
  const v3 = await split.getAdapter({ session: {}, secret: "s" })
  const user = await v3.createUser({ name: "Ada", email: uniqueEmail() })
  const { sessionToken } = await v3.createSession(user)
  expect(await v3.getSession(sessionToken)).toMatchObject({ sessionToken, userId: user.id })
  expect(await users.listSessions(user.id)).toEqual([])
  expect(await sessions.listSessions(user.id)).toHaveLength(1)
  for (const adapter of [users, sessions]) await adapter.close()
})

describe("Prisma's", () => {
  const sqlite = () => ({ url: `sqlite:${file()}`, synchronize: true })

  function openPrisma(place) {
    const adapter = Adapters.Prisma.Adapter(place)
    opened.push(adapter)
    return adapter
  }

  test("has the tables and columns of its schema", async () => {
    const place = sqlite()
    const prisma = {}
    const modelMapping = { User: "user", VerificationRequest: "verificationRequest" }
    const v3 = await methods(openPrisma({ prisma, modelMapping, ...place }))
    const user = await v3.createUser({ email: uniqueEmail() })
    expect(await (await methods(Adapters.Prisma(place))).getUser(user.id)).toEqual(user)
    const database = place.url.slice("sqlite:".length)
    expect(await columns(database, "accounts")).toEqual(
      `id compound_id user_id provider_type provider_id provider_account_id refresh_token
       access_token access_token_expires created_at updated_at`.split(/\s+/),
    )
    // Prisma keeps dates as milliseconds.
    const [{ kind }] = await query(database, "SELECT typeof(created_at) AS kind FROM users")
    expect(kind).toBe("integer")
  })

  test("place is the environment's, as in the documentation's schema.prisma", async () => {
    const before = process.env.DATABASE_URL
    process.env.DATABASE_URL = sqlite().url
    const v3 = await methods(openPrisma({ prisma: {}, synchronize: true }))
    expect(await v3.getUser("1")).toBeNull()
    if (before === undefined) delete process.env.DATABASE_URL
    else process.env.DATABASE_URL = before
  })

  test("has the other spelling of v3's documentation", async () => {
    const place = sqlite()
    const modelMapping = { User: "user" }
    const adapter = Adapters.PrismaAdapter({ prisma: {}, modelMapping, ...place })
    opened.push(adapter)
    const user = await (await methods(adapter)).createUser({ email: uniqueEmail() })
    expect(await (await methods(openPrisma(place))).getUser(user.id)).toEqual(user)
  })

  test("client alone is refused, for it does not say which tables they are", () => {
    // What a PrismaClient has: own properties with a _, and its functions from a prototype.
    class PrismaClient {
      _engine = {}
      $connect() {}
    }
    for (const spelling of [Adapters.Prisma, Adapters.Prisma.Adapter, Adapters.PrismaAdapter]) {
      const error = refusedAtOnce(() => spelling(new PrismaClient()), "ERR_CONFIG")
      expect(error.message).toContain("{ prisma }")
      expect(error.message).toContain('{ schema: "prisma-v3-cuid" }')
    }
  })

  test("models of other names need their tables", async () => {
    const place = { ...sqlite(), modelMapping: { User: "member" } }
    const error = refusedAtOnce(() => Adapters.Prisma.Adapter(place), "ERR_CONFIG")
    expect(error.message).toContain('schema: { user: { table: "…" } }')
    await (await methods(openPrisma({ ...place, schema: { user: { table: "Member" } } }))).getUser(
      "1",
    )
    expect(await tables(place.url.slice("sqlite:".length))).toContain("Member")
    for (const wrong of [{ Users: "user" }, { Account: "accounts" }]) {
      refusedAtOnce(() => Adapters.Prisma.Adapter({ ...place, modelMapping: wrong }), "ERR_CONFIG")
    }
    for (const wrong of [7, { ...place, schema: "prisma" }]) {
      refusedAtOnce(() => Adapters.Prisma.Adapter(wrong), "ERR_CONFIG")
    }
  })
})

describe("tables", () => {
  test("are not created unless it is said, with an s or a z", async () => {
    const database = file()
    const without = await methods(open({ type: "sqlite", database }))
    await expect(without.getUser("1")).rejects.toMatchObject({ code: "ERR_SCHEMA" })
    for (const word of ["synchronize", "synchronise"]) {
      const v3 = await methods(open({ type: "sqlite", database: file(), [word]: true }))
      expect(await v3.getUser("1")).toBeNull()
      const string = `sqlite://localhost/${file()}?${word}=true`
      expect(await (await methods(open(string))).getUser("1")).toBeNull()
    }
  })

  test("have the columns that TypeORM made, and count ids that are never given again", async () => {
    const database = file()
    const v3 = await methods(open({ type: "sqlite", database, synchronize: true }))
    const user = await v3.createUser({ email: uniqueEmail() })
    await v3.deleteUser(user.id)
    expect((await v3.createUser({ email: uniqueEmail() })).id).toBe("2")
    expect(await columns(database, "users")).toEqual(
      "id name email email_verified image created_at updated_at".split(" "),
    )
    expect(await columns(database, "accounts")).toEqual(
      `id compound_id user_id provider_type provider_id provider_account_id refresh_token
       access_token access_token_expires created_at updated_at`.split(/\s+/),
    )
    const [{ created_at: created }] = await query(database, "SELECT created_at FROM users")
    expect(created).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
    // Another program, such as TypeORM, leaves the dates to the table.
    await query(database, "INSERT INTO users (email) VALUES ('typeorm@example.com')")
    expect(await v3.getUserByEmail("typeorm@example.com")).toMatchObject({ id: "3" })
  })

  test("begin with the option entityPrefix", async () => {
    const database = file()
    const place = `sqlite://localhost/${database}?synchronize=true&entityPrefix=nextauth_`
    await (await methods(open(place))).getUser("1")
    expect(await tables(database)).toEqual([
      "nextauth_accounts",
      "nextauth_sessions",
      "nextauth_users",
      "nextauth_verification_requests",
    ])
  })

  test.each(["options", "configuration"])(
    "are named by a naming strategy in the %s",
    async (where) => {
      const database = file()
      const namingStrategy = {
        tableName: (className, customName) => customName ?? `tbl${className}`,
        columnName: (property, customName, prefixes) =>
          [...prefixes, customName ?? property].join("_").toUpperCase(),
        prefixTableName: (prefix, name) => `${prefix}$${name}`,
      }
      const config = { type: "sqlite", database, synchronize: true, entityPrefix: "p" }
      const adapter =
        where === "options" ? open(config, { namingStrategy }) : open({ ...config, namingStrategy })
      const v3 = await methods(adapter)
      const user = await v3.createUser({ email: uniqueEmail() })
      await v3.linkAccount(user.id, "github", "oauth", 1, null, "access", null)
      expect(await v3.getUserByProviderAccountId("github", 1)).toEqual(user)
      expect(await tables(database)).toEqual([
        "p$tblAccount",
        "p$tblSession",
        "p$tblUser",
        "p$tblVerificationRequest",
      ])
      expect((await columns(database, "p$tblAccount")).slice(0, 5)).toEqual(
        "ID COMPOUNDID USERID PROVIDERTYPE PROVIDERID".split(" "),
      )
    },
  )
})

describe("models", () => {
  const { Models } = Adapters.TypeORM

  /** The example of the documentation. */
  function custom(User) {
    const columns = {
      ...Models.User.schema.columns,
      phoneNumber: { type: "varchar", nullable: true },
      logins: { type: "int", default: 1 },
      secretHash: { type: "text", nullable: true, select: false, name: "hash" },
    }
    return { User: { model: User, schema: { name: "User", target: User, columns } } }
  }

  const work = async (User, database) => {
    const models = custom(User)
    const adapter = open({ type: "sqlite", database, synchronize: true }, { models })
    const v3 = await methods(adapter)
    const email = uniqueEmail()
    const phoneNumber = "+44 20"
    const user = await v3.createUser({ id: 7, name: "Ada", email, phoneNumber, other: 1 })
    return { v3, user, email }
  }

  test("with the constructor of the documentation: name, email, image, emailVerified", async () => {
    class User extends Models.User.model {
      constructor(name, email, image, emailVerified) {
        super(name, email, image, emailVerified)
        if (name) this.phoneNumber = `of ${name}`
      }
      greet() {
        return `Hello, ${this.name}`
      }
    }
    const database = file()
    const { v3, user, email } = await work(User, database)
    expect(user).toMatchObject({ id: "1", name: "Ada", phoneNumber: "of Ada", logins: 1 })
    expect(Object.keys(user)).not.toContain("secretHash")
    for (const found of [user, await v3.getUser(user.id), await v3.getUserByEmail(email)]) {
      expect(found).toBeInstanceOf(User)
      expect(found.greet()).toBe("Hello, Ada")
    }
    // The session page spreads it, the callback gives it back.
    const updated = await v3.updateUser({ ...user, phoneNumber: "1", emailVerified: new Date(7) })
    expect(updated).toMatchObject({ phoneNumber: "1", emailVerified: new Date(7), logins: 1 })
    expect((await columns(database, "users")).slice(-3)).toEqual(["phone_number", "logins", "hash"])
  })

  test("with the constructor of the last adapter: a profile", async () => {
    class User extends Models.User.model {
      constructor(profile) {
        super(profile)
        this.phoneNumber = profile?.phoneNumber
      }
    }
    const { user } = await work(User, file())
    expect(user).toMatchObject({ id: "1", name: "Ada", phoneNumber: "+44 20" })
  })

  test("without a constructor of their own, and with another class's table", async () => {
    class Person extends Models.User.model {}
    const database = file()
    const { user } = await work(Person, database)
    expect(user).toMatchObject({ id: "1", name: "Ada", phoneNumber: null })
    expect(await tables(database)).toContain("persons")
  })

  test("of the other kinds", async () => {
    class Session extends Models.Session.model {
      constructor(...values) {
        super(...values)
        this.device = "phone"
      }
    }
    class Account extends Models.Account.model {
      constructor(...values) {
        super(...values)
        this.note = `by ${this.providerId}`
      }
    }
    const of = (model, schema, more) => ({
      model,
      schema: { ...schema, target: model, columns: { ...schema.columns, ...more } },
    })
    const text = { type: "varchar" }
    const models = {
      Session: of(Session, Models.Session.schema, { device: text }),
      Account: of(Account, Models.Account.schema, { note: text }),
    }
    const adapter = open({ type: "sqlite", database: file(), synchronize: true }, { models })
    const v3 = await methods(adapter)
    const user = await v3.createUser({ email: uniqueEmail() })
    const session = await v3.createSession(user)
    expect(session).toMatchObject({ device: "phone", userId: user.id })
    expect(await v3.getSession(session.sessionToken)).toEqual(session)
    await v3.linkAccount(user.id, "github", "oauth", 9, undefined, "access", null)
    expect(await adapter.listAccounts(user.id)).toMatchObject([
      { note: "by github", providerAccountId: "9", access_token: "access" },
    ])
  })

  test("that are not given are the default ones", async () => {
    for (const models of [undefined, null, {}, { User: undefined }]) {
      const options = { models, namingStrategy: null }
      const adapter = open({ type: "sqlite", database: file(), synchronize: true }, options)
      const user = await (await methods(adapter)).createUser({ email: uniqueEmail() })
      expect(Object.getPrototypeOf(user).constructor.name).toBe("Object")
    }
    const wrong = () => Default({ type: "sqlite", database: "a.db" }, { models: "User" })
    refusedAtOnce(wrong, "ERR_CONFIG")
  })

  test("have dates as text in every spelling of SQLite's place", async () => {
    const joined = { joinedAt: { type: "timestamp", nullable: true } }
    class User extends Models.User.model {}
    const columns = { ...Models.User.schema.columns, ...joined }
    const models = { User: { model: User, schema: { name: "User", target: User, columns } } }
    const spellings = [
      (database) => ({ type: "sqlite", database }),
      (database) => ({ url: `file:${database}` }),
      (database) => `file:${database}`,
      (database) => database,
      (database) => `sqlite://localhost/${database}`,
    ]
    for (const spelling of spellings) {
      const database = file()
      const adapter = open(spelling(database), { models })
      // Their table is there.
      await (
        await methods(open({ type: "sqlite", database, synchronize: true }, { models }))
      ).getUser("1")
      const v3 = await methods(adapter)
      const { id } = await v3.createUser({ email: uniqueEmail() })
      await v3.updateUser({ id, joinedAt: new Date(7) })
      expect(await query(database, "SELECT joined_at FROM users")).toEqual([
        { joined_at: "1970-01-01 00:00:00.007" },
      ])
    }
  })

  test("decide with null over a column's default", async () => {
    const withPlan = (kind) => {
      const { model, schema } = Models[kind]
      class Own extends model {
        constructor(...values) {
          super(...values)
          this.plan = plan
        }
      }
      const column = { type: "varchar", nullable: true, default: "free" }
      const columns = { ...schema.columns, plan: column }
      return { model: Own, schema: { ...schema, name: kind, tableName: `own_${kind}`, columns } }
    }
    let plan
    const models = { User: withPlan("User"), Account: withPlan("Account") }
    const adapter = open({ type: "sqlite", database: file(), synchronize: true }, { models })
    const v3 = await methods(adapter)
    for (const [given, stored] of [
      [null, null],
      [undefined, "free"],
      ["pro", "pro"],
    ]) {
      plan = given
      const user = await v3.createUser({ email: uniqueEmail() })
      await v3.linkAccount(user.id, "github", "oauth", user.id, null, "access", null)
      const [account] = await adapter.listAccounts(user.id)
      expect([user.plan, account.plan ?? null]).toEqual([stored, stored])
    }
  })

  test("that cannot be served are refused by name", () => {
    class User extends Models.User.model {}
    const withColumn = (column) => {
      const models = custom(User)
      models.User.schema.columns.odd = column
      return models
    }
    for (const [models, named] of [
      [{ Users: custom(User).User }, "models.Users"],
      [{ User: { model: User } }, "models.User"],
      [withColumn({ type: "point" }), "models.User.schema.columns.odd.type"],
      [withColumn({ type: "varchar", transformer: {} }), "columns.odd.transformer"],
      [withColumn({ type: "varchar", default: () => "now()" }), "columns.odd.default"],
    ]) {
      const place = { type: "sqlite", database: ":memory:" }
      const error = refusedAtOnce(() => Default(place, { models }), "ERR_CONFIG")
      expect(error.message).toContain(named)
    }
  })
})

describe("options", () => {
  const sqlite = { type: "sqlite", database: ":memory:", synchronize: true }
  const postgres = { type: "postgres", host: "db", username: "app", database: "auth" }
  const mysql = { type: "mysql", host: "db", username: "app", database: "auth" }

  /** What SqlxAdapter gets for a configuration. */
  const read = (config, second) => {
    const { schema: _schema, ...options } = configuration(config, second)
    return options
  }
  const master = { host: "db", port: "5433", username: "app", password: "p", database: "auth" }
  const pem = "-----BEGIN CERTIFICATE-----\n"

  /** A configuration, TypeORM's options for it, and the options of SqlxAdapter that they become. */
  const honoured = [
    [{}, { type: "postgres", host: "db" }, { type: "postgres", host: "db" }],
    [{}, { url: "postgres://db/auth" }, { type: "postgres", url: "postgres://db/auth" }],
    [postgres, { port: 5433 }, { port: 5433 }],
    [postgres, { port: "5433" }, { port: 5433 }],
    [postgres, { port: 0 }, {}],
    [postgres, { port: "" }, {}],
    [postgres, { username: "other" }, { username: "other" }],
    [mysql, { user: "other" }, { user: "other" }],
    [postgres, { password: "p" }, { password: "p" }],
    [postgres, { database: "other" }, { database: "other" }],
    [mysql, { socketPath: "/run/s.sock" }, { socketPath: "/run/s.sock" }],
    [postgres, { ssl: true }, { ssl: true }],
    [postgres, { ssl: { ca: Buffer.from(pem) } }, { ssl: { ca: pem } }],
    [postgres, { ssl: { ca: [pem, new Uint8Array([50])] } }, { ssl: { ca: `${pem}\n2` } }],
    [
      postgres,
      { extra: { max: 3, ssl: { key: new Uint8Array([75]), cert: "C" } } },
      { extra: { max: 3, ssl: { key: "K", cert: "C" } } },
    ],
    [mysql, { extra: { connectionLimit: 2 } }, { extra: { connectionLimit: 2 } }],
    [postgres, { applicationName: "app" }, { applicationName: "app" }],
    [mysql, { connectTimeout: 100 }, { connectTimeout: 100 }],
    [postgres, { connectTimeoutMS: 100 }, { connectTimeoutMS: 100 }],
    [mysql, { acquireTimeout: 100 }, { acquireTimeout: 100 }],
    [sqlite, { timeout: 100 }, { sqlite: { busyTimeout: 100 } }],
    [{ type: "postgres" }, { replication: { master, slaves: [] } }, { ...master, port: 5433 }],
    // The master's place wins, and nothing is left of another.
    [
      { type: "postgres", applicationName: "app" },
      { ...postgres, url: "postgres://x/y", replication: { master: { url: "postgres://m/a" } } },
      { url: "postgres://m/a" },
    ],
    [{ type: "sqlite", database: "a.db" }, { synchronize: true }, { synchronize: true }],
    [{ type: "sqlite", database: "a.db" }, { synchronise: true }, { synchronize: true }],
    [{ type: "sqlite", database: "a.db" }, {}, { synchronize: false }],
    // Those of SqlxAdapter, too.
    [
      postgres,
      { pool: { max: 3 }, retry: { attempts: 2 } },
      { pool: { max: 3 }, retry: { attempts: 2 } },
    ],
  ]

  test.each(honoured)("%j with %j becomes %j", (place, options, expected) => {
    const config = { ...place, ...options }
    expect(read(config)).toEqual({ ...read(place), ...expected })
    open(config)
  })

  /** Those of which other tests show the effect, in the schema or in what is logged. */
  const shownElsewhere = "schema entityPrefix namingStrategy logging logger maxQueryExecutionTime"

  test("that are the tables' become the schema", () => {
    const schema = (config) => configuration(config).schema
    expect(schema(postgres)).toEqual({ preset: "typeorm-v3" })
    const named = { ...postgres, schema: "app", entityPrefix: "p_" }
    expect(schema(named)).toMatchObject({
      preset: "typeorm-v3",
      dbSchema: "app",
      user: { table: "p_users" },
      account: { table: "p_accounts" },
      session: { table: "p_sessions" },
      verificationToken: { table: "p_verification_requests" },
    })
    const strategy = (letter) => ({
      tableName: (name) => `${letter}${name}`,
      columnName: (property) => property,
    })
    const table = (...given) => configuration(...given).schema.user.table
    const [first, second] = [{ namingStrategy: strategy("a") }, { namingStrategy: strategy("b") }]
    expect(table({ ...postgres, ...first })).toBe("aUser")
    expect(table(postgres, second)).toBe("bUser")
    // As in TypeORM, whose adapter lets the configuration win over its own.
    expect(table({ ...postgres, ...first }, second)).toBe("aUser")
  })

  /** TypeORM's, with values that mean nothing here. */
  const nothing = [
    [sqlite, { name: "nextauth" }],
    [sqlite, { autoLoadEntities: true, entitySkipConstructor: true }],
    [sqlite, { entities: [], subscribers: [], migrations: ["m/*.js"], migrationsRun: false }],
    [sqlite, { migrationsTableName: "m", migrationsTransactionMode: "all", cli: {} }],
    [sqlite, { metadataTableName: "m", dropSchema: false, cache: false, key: undefined }],
    [sqlite, { enableWAL: true, busyErrorRetry: 500, statementCacheSize: 10 }],
    [sqlite, { readonly: false, fileMustExist: false, verbose: undefined }],
    [postgres, { uuidExtension: "pgcrypto", installExtensions: true, useUTC: true }],
    [postgres, { logNotifications: false, driver: undefined, timezone: "Z" }],
    [mysql, { supportBigNumbers: true, bigNumberStrings: false, trace: true }],
    [mysql, { multipleStatements: true, legacySpatialSupport: false, timezone: "+00:00" }],
    [mysql, { insecureAuth: false, dateStrings: false, debug: false, flags: [] }],
    [mysql, { charset: "utf8mb4" }],
    [mysql, { charset: "UTF8_GENERAL_CI" }],
    [mysql, { replication: undefined, logging: false }],
  ]

  test.each(nothing)("%j with %j is as without", (place, options) => {
    expect(configuration({ ...place, ...options })).toEqual(configuration(place))
    open({ ...place, ...options })
  })

  test("are all that TypeORM's declarations have, and each is tested", () => {
    const { isOption } = require("../../v3/configuration.js")
    const declarations = [
      "connection/BaseConnectionOptions",
      "driver/mysql/MysqlConnectionOptions",
      "driver/mysql/MysqlConnectionCredentialsOptions",
      "driver/postgres/PostgresConnectionOptions",
      "driver/postgres/PostgresConnectionCredentialsOptions",
      "driver/sqlite/SqliteConnectionOptions",
      "driver/better-sqlite3/BetterSqlite3ConnectionOptions",
    ]
    const typeorm = path.dirname(require.resolve("typeorm"))
    const names = declarations.flatMap((file) => {
      const text = readFileSync(path.join(typeorm, `${file}.d.ts`), "utf8")
      return [...text.matchAll(/^ {4}(?:readonly )?(\w+)\??:/gm)].map(([, name]) => name)
    })
    expect(new Set(names).size).toBeGreaterThan(60)
    expect(names.filter((name) => !isOption(name))).toEqual([])
    const tested = new Set([
      ...honoured.flatMap(([, options]) => Object.keys(options)),
      ...nothing.flatMap(([, options]) => Object.keys(options)),
      ...refused.map(([, name]) => name),
      ...shownElsewhere.split(" "),
    ])
    expect(names.filter((name) => !tested.has(name))).toEqual([])
  })

  const refused = [
    [sqlite, "entities", [class Thing {}]],
    [sqlite, "subscribers", ["s/*.js"]],
    [sqlite, "migrationsRun", true],
    [sqlite, "dropSchema", true],
    [sqlite, "cache", true],
    [sqlite, "key", "hunter2"],
    [sqlite, "logger", "file"],
    [sqlite, "namingStrategy", "snake"],
    [sqlite, "readonly", true],
    [sqlite, "fileMustExist", true],
    [sqlite, "prepareDatabase", () => {}],
    [sqlite, "verbose", () => {}],
    [sqlite, "driver", {}],
    [postgres, "replication", { master: {}, slaves: [{ host: "b" }] }],
    [postgres, "replication", { slaves: [] }],
    [postgres, "replication", { master: "hunter2" }],
    [postgres, "poolErrorHandler", () => {}],
    [postgres, "nativeDriver", {}],
    [postgres, "logNotifications", true],
    [postgres, "poolSize", 7],
    [mysql, "timezone", "local"],
    [mysql, "insecureAuth", true],
    [mysql, "dateStrings", true],
    [mysql, "charset", "latin1"],
    [mysql, "charset", "UCS2_GENERAL_CI"],
    [mysql, "debug", true],
    [mysql, "flags", ["-FOUND_ROWS"]],
    [mysql, "useUnifiedTopology", true],
  ]

  test.each(refused)("%j refuses %s", (place, name, value) => {
    const error = refusedAtOnce(() => Default({ ...place, [name]: value }), "ERR_CONFIG")
    expect(error).toBeInstanceOf(SqlxAdapterError)
    expect(error.message).toContain(`"${name}"`)
    expect(error.message).not.toContain("hunter2")
  })

  test("refuses a database that it does not speak, however it is given", () => {
    for (const place of [
      { type: "mssql", host: "db" },
      { type: "mongodb", url: "mongodb://db/auth" },
      "mongodb+srv://app:hunter2@db/auth",
      "mssql://app:hunter2@db/auth",
      { url: "mssql://app:hunter2@db/auth" },
      7,
    ]) {
      const error = refusedAtOnce(() => Default(place), "ERR_CONFIG")
      expect(error.message).not.toContain("hunter2")
    }
  })

  test("refuses a master's option, too, and what is missing in replication", () => {
    const with_ = (replication) => () => Default({ ...postgres, replication })
    const refusedBy = (replication) => refusedAtOnce(with_(replication), "ERR_CONFIG").message
    expect(refusedBy({ master: { cache: true } })).toContain('"replication.master.cache"')
    expect(refusedBy({ slaves: [] })).toContain("no master")
    expect(refusedBy({ master, slaves: [{ host: "b" }] })).toContain("leave out the slaves")
    for (const none of [undefined, null, false]) {
      expect(read({ ...postgres, replication: none })).toEqual(read(postgres))
    }
  })

  describe("without a place", () => {
    const variables = ["AUTH_DATABASE_URL", "DATABASE_URL", "NODE_ENV"]
    const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]))
    beforeEach(() => {
      for (const name of variables) delete process.env[name]
      process.env.NODE_ENV = "production"
    })
    afterEach(() => {
      for (const name of variables) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    })
    // Frameworks evaluate the configuration while they build, without the environment.
    const spellings = [Default, TypeORM, Prisma]
    const places = [undefined, null, "", {}, { url: undefined }]

    test("say so at the first call, not before", async () => {
      for (const of of spellings) {
        for (const none of places) {
          const adapter = of(none)
          opened.push(adapter)
          const v3 = await methods(adapter)
          await expect(v3.getUser("1")).rejects.toMatchObject({ code: "ERR_CONFIG" })
        }
      }
    })

    test("take the environment's of that moment", async () => {
      const adapter = open(undefined)
      process.env.DATABASE_URL = `sqlite:${file()}`
      await (await methods(open({ url: process.env.DATABASE_URL, synchronize: true }))).getUser("1")
      expect(await (await methods(adapter)).getUser("1")).toBeNull()
    })
  })

  test("takes the options of SqlxAdapter beside the models, and says where others belong", () => {
    open(sqlite, { pool: { max: 2 }, normalizeEmail: true })
    const error = refusedAtOnce(() => Default(sqlite, { schema: "prisma" }), "ERR_CONFIG")
    expect(error.message).toContain('"schema"')
    refusedAtOnce(() => Default(sqlite, { polo: {} }), "ERR_CONFIG")
  })

  test("logs queries by their operation, to TypeORM's logger", async () => {
    const said = []
    const logger = {
      logQuery: (text) => said.push(text),
      logQueryError: (error, text) => said.push([error, text]),
      logQuerySlow: (milliseconds, text) => said.push([typeof milliseconds, text]),
    }
    const options = { logging: true, logger, maxQueryExecutionTime: 1e-9 }
    const v3 = await methods(open({ ...sqlite, ...options }))
    await v3.createUser({ email: "hunter2@example.com" })
    expect(said).toContain("createUser")
    expect(said).toContainEqual(["number", "createUser"])
    await v3.createUser({ email: "hunter2@example.com" }).catch(() => {})
    expect(said.at(-1)[1] ?? said.at(-2)[1]).toBe("createUser")
    expect(JSON.stringify(said)).not.toContain("hunter2")
  })
})

describe("connection strings", () => {
  const read = (text) => {
    const { schema, ...options } = configuration(text)
    return { ...options, ...(schema.dbSchema && { dbSchema: schema.dbSchema }) }
  }

  test.each([
    ["mysql://u:p@h:3306/db?synchronize=true", { url: "mysql://u:p@h:3306/db", synchronize: true }],
    ["postgresql://u:p%40s@h/db", { url: "postgresql://u:p%40s@h/db", type: "postgresql" }],
    ["postgres://h/db?password=a%3Db=c&port=5433", { password: "a=b=c", port: 5433 }],
    [
      "postgres://h/db?ssl=true&sslmode=require",
      { ssl: true, url: "postgres://h/db?sslmode=require" },
    ],
    ["postgres://h/db?ssl=no-verify", { url: "postgres://h/db?ssl=no-verify" }],
    ["postgres://h/db?schema=tenant&max=3", { dbSchema: "tenant", url: "postgres://h/db?max=3" }],
    ["sqlite://localhost/:memory:", { type: "sqlite", database: ":memory:" }],
    ["sqlite://localhost/data/a%20b.db", { type: "sqlite", database: "data/a b.db" }],
    ["sqlite://localhost//data/a.db", { type: "sqlite", database: "/data/a.db" }],
    ["sqlite::memory:?synchronise=true", { url: "sqlite::memory:", synchronize: true }],
    ["./auth.db", { url: "./auth.db", synchronize: false }],
  ])("%s", (text, expected) => {
    expect(read(text)).toMatchObject(expected)
    // An object's URL is the same, and what stands beside it wins.
    expect(read({ url: text })).toEqual(read(text))
    const beside = { synchronize: true, extra: { max: 2 } }
    expect(read({ url: text, ...beside })).toEqual({ ...read(text), ...beside })
  })

  test("give way to what stands beside them", () => {
    const url = "postgres://h/db?synchronize=true&port=5433"
    const beside = { synchronize: false, port: 5434 }
    expect(read({ url, ...beside })).toEqual({ ...read(url), ...beside })
  })

  test("of SQLite open the same file, given as text and as an object", async () => {
    const url = `sqlite://localhost/${file()}`
    const adapter = open({ url, synchronize: true })
    const email = uniqueEmail()
    const user = await (await methods(adapter)).createUser({ email })
    expect(await (await methods(open(url))).getUserByEmail(email)).toEqual(user)
  })
})
