const { refused } = require("../support/expectations")
const { onServers } = require("../support/on-servers")
const { makeSession, makeUser, unique } = require("../support/samples")

onServers("a server's place", (db) => {
  async function works(adapter) {
    const user = await makeUser(adapter)
    const session = await makeSession(adapter, user.id)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({ session, user })
    return user
  }

  test("is given in parts, as TypeORM does", async () => {
    const { host, port, user: username, password } = db.server
    const type = db.name
    const parts = { type, host, port, username, password, database: db.database }
    const user = await works(db.open({ ...parts, extra: { max: 2 }, charset: "utf8mb4" }, null))
    expect(await db.open().getUser(user.id)).toStrictEqual(user)
  })

  test("is given as a URL of which parts say more", async () => {
    const url = new URL(db.url)
    url.password = ""
    await works(db.open({ password: db.server.password }, url.href))
  })

  test("is a Unix socket, in parts and in a URL", async () => {
    const { socketDirectory, socketPath, port, user: username, password } = db.server
    const socket = socketDirectory ?? socketPath
    const parts = { type: db.name, port, username, password, database: db.database }
    await works(db.open({ ...parts, socketPath: socket }, null))

    const url = new URL(db.url)
    url.searchParams.set(db.name === "postgres" ? "host" : "socketPath", socket)
    await works(db.open({}, url.href))
  })

  test("has a password that is not encoded in the URL", async () => {
    const { host, port, user, password } = db.server
    await works(db.open({}, `${db.name}://${user}:${password}@${host}:${port}/${db.database}`))
  })

  test("is localhost, whichever address that is", async () => {
    await works(db.open({}, db.url.replace("127.0.0.1", "localhost")))
  })

  if (db.name !== "postgres") {
    test("is told apart by the server, whatever the URL calls it", async () => {
      for (const scheme of ["mysql:", "mariadb:"]) {
        const adapter = db.open({}, db.url.replace(/^[a-z]+:/, scheme))
        await works(adapter)
        expect((await adapter.stats()).database).toBe(db.name)
      }
    })

    test("has sessions in UTC and strict mode, whatever the server's defaults", async () => {
      const adapter = db.open()
      const error = await refused(
        adapter.createUser({ id: "x".repeat(300), name: "Ada" }),
        "ERR_INVALID_ARGUMENT",
      )
      expect(error.operation).toBe("createUser")
      expect(await adapter.getUser("x".repeat(255))).toBeNull()
    })
    return
  }

  test("is named to the server as the application calls itself", async () => {
    const seen = async (name) => {
      const sql = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = ?"
      return Number((await db.rows(sql, [name]))[0].n)
    }
    await db.open().ping()
    expect(await seen("next-auth-sqlx-adapter")).toBeGreaterThan(0)
    await db.open({ applicationName: "the shop" }).ping()
    expect(await seen("the shop")).toBeGreaterThan(0)
    await db.open({}, `${db.url}?application_name=the%20other%20shop`).ping()
    expect(await seen("the other shop")).toBeGreaterThan(0)
  })

  test.each(["postgres:", "postgresql:"])("may begin with %s", async (scheme) => {
    await works(db.open({}, db.url.replace(/^[a-z]+:/, scheme)))
  })

  describe("with a schema other than public", () => {
    const names = [unique("tenant"), 'a "b" é']

    async function tablesOf(schema) {
      const sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
      return (await db.rows(sql, [schema])).map((row) => row.table_name).sort()
    }

    test.each(names)("%s, as an option", async (schema) => {
      const user = await works(db.open({ schema: { dbSchema: schema } }))
      expect(await tablesOf(schema)).toContain("users")
      const quoted = `"${schema.replaceAll('"', '""')}"`
      const rows = await db.rows(`SELECT id FROM ${quoted}.users WHERE id = ?`, [user.id])
      expect(rows).toEqual([{ id: user.id }])
      // The tables of the connection's own schema are others.
      expect(await db.open().getUser(user.id)).toBeNull()
    })

    test("in the URL", async () => {
      const schema = unique("prisma")
      await works(db.open({}, `${db.url}?schema=${schema}`))
      expect(await tablesOf(schema)).toContain("sessions")
    })

    test("that has been made before", async () => {
      const schema = unique("made")
      await db.rows(`CREATE SCHEMA "${schema}"`)
      await works(db.open({ schema: { dbSchema: schema } }))
      expect(await tablesOf(schema)).toContain("accounts")
    })
  })
})
