// Models of the application's own: what their classes give a new row, and what their columns are filled
// with; and what cannot be carried is refused.

const { createHash } = require("node:crypto")
const Adapters = require("../../v3.js").default
const { refused, refusedAtOnce } = require("../support/expectations")
const { uniqueEmail } = require("../support/samples")
const { extended, sets } = require("./custom-models")
const { appOptions, kinds, mailer, onDatabase, randomToken } = require("./legacy")

jest.setTimeout(60_000)

const { Default } = Adapters
const { Models } = Adapters.TypeORM
const DAY = 24 * 60 * 60 * 1000

const kindOf = (name) => (name === "mariadb" ? "mysql" : name)

for (const database of kinds) {
  onDatabase(database, "models of one's own", (place) => {
    const adapters = []
    afterAll(() => Promise.all(adapters.map((adapter) => adapter.close())))

    /** Opens the tables of these models, under a prefix that no other test has. */
    const open = (models, options) => {
      const entityPrefix = `t${adapters.length}_`
      const place_ = { url: place.url, synchronize: true, entityPrefix }
      const adapter = Default(place_, { models, ...options })
      adapters.push(adapter)
      const table = (name) => `${entityPrefix}${name}`
      const rows = (name) => place.rows(`SELECT * FROM ${table(name)}`)
      return { adapter, rows, table, methods: adapter.getAdapter(appOptions()) }
    }

    test("have dates that are set when a row is made, and when it changes", async () => {
      const columns = {
        joinedAt: { type: "timestamp", createDate: true },
        seenAt: { type: "timestamp", updateDate: true },
      }
      const { methods } = open({ User: extended(Models.User, () => ({}), { columns }) })
      const v3 = await methods
      const before = Date.now() - 1
      const user = await v3.createUser({ email: uniqueEmail() })
      for (const date of [user.joinedAt, user.seenAt]) {
        expect(date.getTime()).toBeGreaterThanOrEqual(before)
        expect(date.getTime()).toBeLessThanOrEqual(Date.now())
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
      // NextAuth gives the whole user back.
      const changed = await v3.updateUser({ ...user, name: "Zoë" })
      expect(changed.joinedAt).toEqual(user.joinedAt)
      expect(changed.seenAt.getTime()).toBeGreaterThan(user.seenAt.getTime())
      expect(await v3.getUser(user.id)).toEqual(changed)
    })

    test("may give a date themselves", async () => {
      const columns = { joinedAt: { type: "timestamp", createDate: true } }
      const joinedAt = new Date(1_600_000_000_000)
      const { methods } = open({ User: extended(Models.User, () => ({ joinedAt }), { columns }) })
      const user = await (await methods).createUser({ email: uniqueEmail() })
      expect(user.joinedAt).toEqual(joinedAt)
    })

    test("have days, given as text or as a Date of the process's zone", async () => {
      const columns = { born: { type: "date", nullable: true } }
      const { methods } = open({ User: extended(Models.User, () => ({}), { columns }) })
      const v3 = await methods
      const user = await v3.createUser({ email: uniqueEmail() })
      expect(user.born).toBeNull()
      expect((await v3.updateUser({ ...user, born: "2024-02-29" })).born).toBe("2024-02-29")
      const date = new Date(2023, 0, 5, 23, 59)
      expect((await v3.updateUser({ ...user, born: date })).born).toBe("2023-01-05")
      for (const born of ["2023-02-29", "soon", new Date(Number.NaN), 7]) {
        await refused(v3.updateUser({ ...user, born }), "ERR_INVALID_ARGUMENT")
      }
    })

    test("have big integers, given as digits or as a number", async () => {
      const columns = { credits: { type: "bigint", default: 3 } }
      const { methods, rows } = open({ User: extended(Models.User, () => ({}), { columns }) })
      const v3 = await methods
      const user = await v3.createUser({ email: uniqueEmail() })
      // As TypeORM's drivers give them.
      const given = (number) => (place.name === "sqlite" ? number : String(number))
      expect(user.credits).toBe(given(3))
      for (const credits of ["12", 13]) {
        const { credits: kept } = await v3.updateUser({ ...user, credits })
        expect(kept).toBe(given(Number(credits)))
      }
      // What no number of JavaScript is, is not rounded, and can be written back.
      const large = await v3.updateUser({ ...user, credits: "9007199254740993" })
      expect(large.credits).toBe("9007199254740993")
      expect((await v3.updateUser(large)).credits).toBe("9007199254740993")
      for (const credits of ["1.5", "0x1", " 1", "", 1.5]) {
        await refused(v3.updateUser({ ...user, credits }), "ERR_INVALID_ARGUMENT")
      }
      expect(await rows("users")).toHaveLength(1)
    })

    test("keep to the length that they give", async () => {
      if (place.name === "sqlite") return // It has none.
      const columns = { nick: { type: "varchar", length: 10, nullable: true } }
      const { methods } = open({ User: extended(Models.User, () => ({}), { columns }) })
      const v3 = await methods
      const user = await v3.createUser({ email: uniqueEmail() })
      expect((await v3.updateUser({ ...user, nick: "n".repeat(10) })).nick).toHaveLength(10)
      const error = await v3.updateUser({ ...user, nick: "n".repeat(11) }).catch((error) => error)
      expect(error.name).toBe("UpdateUserError")
    })

    test("refuse two rows that are alike in what is unique", async () => {
      const columns = {
        handle: { type: "varchar", unique: true, nullable: true },
        badge: { type: "int", nullable: true },
      }
      const indices = [{ name: `badge_${place.name}`, columns: ["badge"], unique: true }]
      const User = extended(Models.User, () => ({}), { columns, indices })
      const v3 = await open({ User }).methods
      const one = await v3.createUser({ email: uniqueEmail() })
      const two = await v3.createUser({ email: uniqueEmail() })
      for (const values of [{ handle: "ada" }, { badge: 7 }]) {
        await v3.updateUser({ ...one, ...values })
        await refused(v3.updateUser({ ...two, ...values }), "ERR_UNIQUE")
      }
    })

    test("may hold another type where v3 has one", async () => {
      const columns = { accessTokenExpires: { type: "varchar", nullable: true } }
      const Account = extended(Models.Account, () => ({}), { columns })
      const error = refusedAtOnce(() => open({ Account }), "ERR_CONFIG")
      expect(error.message).toContain("accessTokenExpires")
      const image = { image: { type: "text", nullable: true } }
      const v3 = await open({ User: extended(Models.User, () => ({}), { columns: image }) }).methods
      const long = `data:${"x".repeat(5_000)}`
      expect((await v3.createUser({ email: uniqueEmail(), image: long })).image).toBe(long)
    })

    test("of users have the constructor of the documentation, or of the last adapter", async () => {
      class ByValues extends Models.User.model {
        // biome-ignore lint/complexity/noUselessConstructor: its length says which of the two it is
        constructor(name, email, image, emailVerified) {
          super(name, email, image, emailVerified)
        }
      }
      class ByProfile extends Models.User.model {}
      const verified = new Date(1_700_000_000_000)
      for (const User of [ByValues, ByProfile]) {
        const v3 = await open({
          User: { model: User, schema: { ...Models.User.schema, name: "User", target: User } },
        }).methods
        const email = uniqueEmail()
        const given = { id: 583_231, name: "Ada", email, image: "i.png" }
        const user = await v3.createUser({ ...given, emailVerified: verified })
        expect(user).toBeInstanceOf(User)
        // The profile's id is the provider's.
        expect(user).toEqual({ ...given, id: "1", emailVerified: verified })
        const before = Date.now()
        const other = await v3.createUser({ email: uniqueEmail(), emailVerified: true })
        expect(other.emailVerified.getTime()).toBeGreaterThanOrEqual(before)
        const { emailVerified } = await v3.createUser({ email: uniqueEmail() })
        expect(emailVerified).toBeNull()
      }
    })

    test("have their indexes under whatever prefix, where others have the names", async () => {
      for (const { adapter, methods, table } of [open({}), open({})]) {
        await (await methods).createUser({ email: uniqueEmail() })
        const findings = await adapter.check()
        const about = findings.filter((finding) => finding.table === table("accounts"))
        expect(about.filter(({ code }) => code === "missing_index")).toEqual([])
      }
    })

    test("keep the keys of columns that their schema leaves out", async () => {
      const { sessionToken: _token, ...columns } = Models.Session.schema.columns
      const Session = extended(Models.Session, () => ({}))
      Session.schema.columns = columns
      const { adapter, methods } = open({ Session })
      const v3 = await methods
      const user = await v3.createUser({ email: uniqueEmail() })
      const { sessionToken } = await v3.createSession(user)
      expect((await v3.getSession(sessionToken)).userId).toBe(user.id)
      const about = (await adapter.check()).filter(({ column }) => column === "session_token")
      expect(about).toEqual([])
    })

    test("give back the dates that are stored, where those are of whole seconds", async () => {
      const columns = { seenAt: { type: Date, nullable: true } }
      const v3 = await open({ User: extended(Models.User, () => ({}), { columns }) }).methods
      const user = await v3.createUser({ email: uniqueEmail() })
      const seenAt = new Date(1_700_000_000_789)
      const changed = await v3.updateUser({ ...user, seenAt })
      expect(Math.floor(changed.seenAt / 1000)).toBe(1_700_000_000)
      expect((await v3.getUser(user.id)).seenAt).toEqual(changed.seenAt)
    })

    test("read integers of any size", async () => {
      if (kindOf(place.name) !== "mysql") return // Others have no unsigned ones.
      const columns = { huge: { type: "bigint", unsigned: true, nullable: true } }
      const { methods, table } = open({ User: extended(Models.User, () => ({}), { columns }) })
      const v3 = await methods
      const user = await v3.createUser({ email: uniqueEmail() })
      await place.execute(`UPDATE ${table("users")} SET huge = 18446744073709551615`)
      expect((await v3.getUser(user.id)).huge).toBe("18446744073709551615")
    })

    test("read and write an enumeration that is there", async () => {
      if (place.name !== "postgres") return // It is no type of its own there.
      const columns = { role: { type: "enum", enum: ["member", "admin"], default: "member" } }
      const plain = { role: { type: "varchar", default: "member" } }
      const { adapter: before, table } = open({
        User: extended(Models.User, () => ({}), { columns: plain }),
      })
      await before.migrate()
      for (const sql of [
        "CREATE TYPE role AS ENUM ('member', 'admin')",
        `ALTER TABLE ${table("users")} ALTER role DROP DEFAULT, ALTER role TYPE role USING role::role`,
        `ALTER TABLE ${table("users")} ALTER role SET DEFAULT 'member'`,
      ]) {
        await place.execute(sql)
      }
      const User = extended(Models.User, () => ({}), { columns })
      const entityPrefix = table("")
      const adapter = Default(
        { url: place.url, entityPrefix, type: "postgres" },
        { models: { User } },
      )
      adapters.push(adapter)
      const v3 = await adapter.getAdapter(appOptions())
      const user = await v3.createUser({ email: uniqueEmail() })
      expect(user.role).toBe("member")
      expect((await v3.updateUser({ ...user, role: "admin" })).role).toBe("admin")
      expect((await v3.getUser(user.id)).role).toBe("admin")
      const error = await v3.updateUser({ ...user, role: "owner" }).catch((error) => error)
      expect(error.name).toBe("UpdateUserError")
    })

    test("are made once: rows that are read do not go through the constructor", async () => {
      let made = 0
      const count = () => {
        made += 1
        return {}
      }
      const models = {
        User: extended(Models.User, count),
        Session: extended(Models.Session, count),
      }
      const v3 = await open(models).methods
      const user = await v3.createUser({ email: uniqueEmail() })
      expect(made).toBe(1)
      const session = await v3.createSession(user)
      expect(made).toBe(2)
      expect(await v3.getUser(user.id)).toBeInstanceOf(models.User.model)
      expect(await v3.getSession(session.sessionToken)).toBeInstanceOf(models.Session.model)
      expect(made).toBe(2)
    })

    test("of sessions may give their own token and their own end", async () => {
      const [sessionToken, expires] = [randomToken(), new Date(Date.now() + 5 * DAY)]
      const own = () => ({ sessionToken, expires, accessToken: `of ${sessionToken}` })
      const v3 = await open({ Session: extended(Models.Session, own) }).methods
      const user = await v3.createUser({ email: uniqueEmail() })
      expect(await v3.createSession(user)).toMatchObject(own())
      expect(await v3.getSession(sessionToken)).toMatchObject(own())
    })

    test("of verification requests and accounts give their own columns, and v3's digest", async () => {
      const columns = { note: { type: "varchar", nullable: true } }
      const note = ({ identifier, providerId }) => ({ note: `for ${identifier ?? providerId}` })
      const models = {
        VerificationRequest: extended(Models.VerificationRequest, note, { columns }),
        Account: extended(Models.Account, note, { columns }),
      }
      const { methods, rows } = open(models)
      const v3 = await methods
      const email = uniqueEmail()
      await v3.createVerificationRequest(email, "https://l", randomToken(), "", mailer())
      expect(await rows("verification_requests")).toMatchObject([{ note: `for ${email}` }])
      const user = await v3.createUser({ email })
      await v3.linkAccount(user.id, "github", "oauth", 9, undefined, "access", null)
      const compound_id = createHash("sha256").update("github:9").digest("hex")
      expect(await rows("accounts")).toMatchObject([{ note: "for github", compound_id }])
      expect(new Models.Account.model(1, "github", "oauth", 9).compoundId).toBe(compound_id)
    })

    test("have UUIDs where they say so, in every table", async () => {
      const { options } = sets["with UUIDs"](Models)
      const { methods, rows } = open(options.models)
      const v3 = await methods
      const user = await v3.createUser({ email: uniqueEmail(), id: 583_231 })
      const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
      expect(user.id).toMatch(uuid)
      await v3.createSession(user)
      await v3.linkAccount(user.id, "github", "oauth", 9, undefined, "access", null)
      await v3.createVerificationRequest(user.email, "https://l", randomToken(), "", mailer())
      for (const table of ["sessions", "accounts", "verification_requests"]) {
        const [{ id, user_id = user.id }] = await rows(table)
        expect([id, user_id]).toEqual([expect.stringMatching(uuid), user.id])
      }
      expect(await v3.getUserByProviderAccountId("github", 9)).toEqual(user)
    })

    test("give ids where nobody else does", async () => {
      const set = sets["whose classes give ids, with tables, keys and columns of their own"]
      const { methods, rows } = open(set(Models).options.models)
      const v3 = await methods
      const user = await v3.createUser({ email: uniqueEmail(), id: 583_231 })
      expect(user.id).toMatch(/^id-/)
      expect(await rows("people")).toMatchObject([{ id: user.id }])
      await v3.createSession(user)
      expect(await rows("sessions")).toMatchObject([
        { id: expect.stringMatching(/^id-/), user_id: user.id },
      ])
    })

    test("work with a function of the application's on an adapter that was spread", async () => {
      const { adapter } = open({ User: extended(Models.User, () => ({})) })
      const own = { ...adapter, getUser: async () => ({ id: "7", name: "of the application" }) }
      const v3 = await own.getAdapter(appOptions())
      expect(await v3.getUser("1")).toMatchObject({ name: "of the application" })
      expect(await (await adapter.getAdapter(appOptions())).getUser("1")).toBeNull()
    })

    test("are named by the configuration's strategy before the option's", async () => {
      const named = (start) => ({
        tableName: (name) => `${start}_${name.toLowerCase()}`,
        columnName: (name) => name,
      })
      const config = { url: place.url, synchronize: true, namingStrategy: named("inner") }
      const adapter = Default(config, { namingStrategy: named("outer") })
      adapters.push(adapter)
      await (await adapter.getAdapter(appOptions())).createUser({ email: uniqueEmail() })
      expect(await place.rows("SELECT * FROM inner_user")).toHaveLength(1)
    })
  })
}

describe("models and columns that cannot be carried are refused by name", () => {
  const place = {
    postgres: { type: "postgres", host: "db", database: "a" },
    mysql: { type: "mysql", host: "db", database: "a" },
    sqlite: { type: "sqlite", database: ":memory:" },
  }
  const refusal = (kind, columns, more, config) => {
    const User = extended(Models.User, () => ({}), { columns, ...more })
    return refusedAtOnce(
      () => Default({ ...place[kind], ...config }, { models: { User } }),
      "ERR_CONFIG",
    ).message
  }

  test.each([
    ["postgres", "decimal"],
    ["postgres", "datetime"],
    ["postgres", "time"],
    ["postgres", "bytea"],
    ["postgres", "simple-json"],
    ["mysql", "timestamptz"],
    ["mysql", "decimal"],
    ["mysql", "year"],
    ["mysql", "blob"],
    ["mysql", "simple-array"],
    ["sqlite", "json"],
    ["sqlite", "char"],
    ["sqlite", "numeric"],
    ["sqlite", "toString"],
  ])("on %s the type %s", (kind, type) => {
    const message = refusal(kind, { odd: { type, nullable: true } })
    expect(message).toContain("models.User.schema.columns.odd.type")
    expect(message).toContain("varchar")
  })

  test.each([
    [{ odd: { type: "varchar", transformer: {} } }, "odd.transformer"],
    [{ odd: { type: "varchar", array: true } }, "odd.array"],
    [{ odd: { type: "int", version: true } }, "odd.version"],
    [{ odd: { type: "timestamp", deleteDate: true } }, "odd.deleteDate"],
    [{ odd: { type: "varchar", default: () => "now()" } }, "odd.default"],
    [{ odd: { type: "json", default: {} } }, "odd.default"],
    [{ odd: { type: "uuid", generated: "uuid" } }, "odd.generated"],
    [{ odd: { type: "int", primary: true } }, "odd.primary"],
    [{ odd: { type: "enum" } }, "odd.enum"],
    [{ id: { type: "int", primary: true } }, "id.generated"],
    [{ id: { type: "uuid", primary: true, generated: "increment" } }, "id.generated"],
    [{ id: { type: "uuid", primary: true, default: "x" } }, "id.default"],
  ])("%j", (columns, named) => {
    expect(refusal("postgres", columns)).toContain(`models.User.schema.columns.${named}`)
  })

  test.each([
    [{ indices: [{ columns: ["name", "email"] }] }, "indices"],
    [{ indices: [{ columns: ["name"], where: "name = 'a'" }] }, "indices"],
    [{ uniques: [{ columns: ["name", "email"] }] }, "uniques"],
    [{ checks: [{ expression: "1 = 1" }] }, "checks"],
    [{ relations: { accounts: {} } }, "relations"],
  ])("%j", (more, named) => {
    const config = { synchronize: true }
    expect(refusal("postgres", {}, more, config)).toContain(`models.User.schema.${named}`)
    if (named === "relations") return
    // What is there already need not be known.
    const User = extended(Models.User, () => ({}), more)
    expect(() => Default(place.postgres, { models: { User } })).not.toThrow()
  })

  test.each([
    [null, "models.User must be { model, schema }"],
    ["email", "models.User must be { model, schema }"],
    [{ nick: null }, "columns.nick must be an object"],
    [JSON.parse('{ "__proto__": { "type": "varchar" } }'), "columns.__proto__ must be"],
  ])("columns that are none: %j", (columns, named) => {
    const User = { model: Models.User.model, schema: { ...Models.User.schema, columns } }
    const error = refusedAtOnce(() => Default(place.sqlite, { models: { User } }), "ERR_CONFIG")
    expect(error.message).toContain(named)
  })

  test("no name of a column or an index is taken for something else", () => {
    const columns = { constructor: { type: "varchar", nullable: true } }
    const User = extended(Models.User, () => ({}), { columns })
    expect(() => Default(place.sqlite, { models: { User } })).not.toThrow()
    const indices = [{ columns: ["__proto__"], unique: true }]
    const config = { synchronize: true }
    expect(refusal("sqlite", {}, { indices }, config)).toContain("models.User.schema.indices")
    expect({}.unique).toBeUndefined()
  })

  test("PostgreSQL's enum, where it would have to be created", () => {
    const columns = { role: { type: "enum", enum: ["a", "b"], default: "a" } }
    const message = refusal("postgres", columns, {}, { synchronize: true })
    expect(message).toContain("columns.role.type")
    expect(message).toContain("synchronize")
    const User = extended(Models.User, () => ({}), { columns })
    expect(() => Default(place.postgres, { models: { User } })).not.toThrow()
  })

  test("none, where it is not known yet which database it is", () => {
    const { AUTH_DATABASE_URL, DATABASE_URL } = process.env
    delete process.env.AUTH_DATABASE_URL
    delete process.env.DATABASE_URL
    try {
      for (const kind of ["postgres", "mysql", "sqlite"]) {
        const { options } = sets["of every type"](Models, kind)
        expect(() => Default({}, options)).not.toThrow()
      }
    } finally {
      Object.assign(process.env, {
        ...(AUTH_DATABASE_URL !== undefined && { AUTH_DATABASE_URL }),
        ...(DATABASE_URL !== undefined && { DATABASE_URL }),
      })
    }
  })

  test("nothing for what a column says that it does not have", () => {
    const phone = { type: "varchar", nullable: true, createDate: false, array: false }
    const User = extended(Models.User, () => ({}), { columns: { phone } })
    expect(() => Default(place.sqlite, { models: { User } })).not.toThrow()
  })

  test("SQL that would be more than a type or a default", () => {
    const odd = { type: "varchar", collation: "C, admin boolean" }
    expect(refusal("sqlite", { odd })).toContain("sqlType")
  })
})

test("periods that NextAuth does not say are v3's: 30 days, and a day for a link", async () => {
  const adapter = Default({ type: "sqlite", database: ":memory:", synchronize: true })
  const v3 = await adapter.getAdapter({ secret: "s", baseUrl: "https://app.example" })
  const [token, email, before] = [randomToken(), uniqueEmail(), Date.now()]
  const user = await v3.createUser({ email })
  const within = ({ expires }, period) => {
    expect(expires.getTime()).toBeGreaterThanOrEqual(before + period)
    expect(expires.getTime()).toBeLessThanOrEqual(Date.now() + period)
  }
  within(await v3.createSession(user), 30 * DAY)
  const { maxAge: _maxAge, ...provider } = mailer()
  await v3.createVerificationRequest(email, "https://l", token, "", provider)
  const request = await v3.getVerificationRequest(email, token)
  within(request, DAY)
  expect(request.id).toBe(createHash("sha256").update(`${token}s`).digest("hex"))
  await adapter.close()
})

test("the methods are asked for with each request, and that asks no database", async () => {
  const adapter = Default({ type: "postgres", host: "127.0.0.1", port: 1, database: "none" })
  for (let request = 0; request < 3; request += 1) {
    expect(await adapter.getAdapter(appOptions())).toHaveProperty("getSession")
  }
  // There is none.
  await refused(adapter.getUser("1"), "ERR_CONNECT")
  await adapter.close()
})

test("a link that was taken is not taken again when NextAuth deletes it", async () => {
  const adapter = Default({ type: "sqlite", database: ":memory:", synchronize: true })
  let taken = 0
  const own = {
    ...adapter,
    useVerificationToken: (request) => {
      taken += 1
      return adapter.useVerificationToken(request)
    },
  }
  const v3 = await own.getAdapter(appOptions())
  const [one, other, email] = [randomToken(), randomToken(), uniqueEmail()]
  for (const token of [one, other]) {
    await v3.createVerificationRequest(email, "https://l", token, "", mailer())
  }
  expect(await v3.getVerificationRequest(email, one)).toBeTruthy()
  await v3.deleteVerificationRequest(email, one)
  expect(taken).toBe(1)
  await v3.deleteVerificationRequest(email, other)
  expect(taken).toBe(2)
  expect(await v3.getVerificationRequest(email, other)).toBeNull()
  await adapter.close()
})
