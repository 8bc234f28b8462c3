const fs = require("node:fs")
const { SqlxAdapter } = require("../..")
const { ask, runNode } = require("../support/child")
const { describeOn } = require("../support/databases")
const { freshDatabase } = require("../support/fresh-database")
const { refused } = require("../support/expectations")
const { makeAccount, makeSession, makeUser } = require("../support/samples")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

describeOn("sqlite")("the tables", () => {
  const { place, open } = freshDatabase(sqlite)

  /** Makes the tables, changes them as another program may have, and closes. */
  async function prepare(...changes) {
    const adapter = SqlxAdapter(place.url)
    const user = await makeUser(adapter)
    await adapter.close()
    for (const sql of changes) await place.execute(sql)
    return user
  }

  const schema = async () =>
    await place.rows("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")

  test("have the keys, the foreign keys with cascade and the indexes of the design", async () => {
    await prepare()
    const columns = async (table) => await place.rows(`PRAGMA table_info(${table})`)
    const key = async (table) =>
      (await columns(table))
        .filter((column) => column.pk > 0)
        .sort((a, b) => a.pk - b.pk)
        .map((column) => column.name)
    expect(await key("users")).toEqual(["id"])
    expect(await key("accounts")).toEqual(["provider", "provider_account_id"])
    expect(await key("sessions")).toEqual(["session_token"])
    expect(await key("verification_tokens")).toEqual(["identifier", "token"])
    expect(await key("authenticators")).toEqual(["credential_id"])

    for (const table of ["accounts", "sessions", "authenticators"]) {
      const [foreign] = await place.rows(`PRAGMA foreign_key_list(${table})`)
      expect(foreign).toMatchObject({ table: "users", from: "user_id", on_delete: "CASCADE" })
      expect(await indexed(table)).toContain("user_id")
    }
    expect(await indexed("users")).toContain("email")
    expect(await indexed("sessions")).toContain("expires")
    expect(await indexed("verification_tokens")).toContain("token")
    expect(await indexed("verification_tokens")).toContain("expires")
  })

  /** The columns that an index of the table begins with. */
  async function indexed(table) {
    const rows = await place.rows(
      `SELECT DISTINCT i.name FROM pragma_index_list('${table}') AS l
       JOIN pragma_index_info(l.name) AS i WHERE i.seqno = 0`,
    )
    return rows.map(({ name }) => name)
  }

  test("are not touched again once they are there", async () => {
    await prepare()
    const before = await schema()
    await makeUser(open())
    await makeUser(open({ synchronize: true }))
    await makeUser(open({ synchronize: false }))
    expect(await schema()).toEqual(before)
  })

  test("are made beside another program's tables", async () => {
    await place.execute("CREATE TABLE posts (id integer PRIMARY KEY, title text)")
    await place.execute("INSERT INTO posts VALUES (1, 'Hello')")
    await makeUser(open())
    expect(await place.rows("SELECT * FROM posts")).toEqual([{ id: 1, title: "Hello" }])
  })

  test("synchronize: false on an empty file is ERR_SCHEMA that says what to do", async () => {
    const adapter = open({ synchronize: false })
    const error = await refused(adapter.getUser("x"), "ERR_SCHEMA")
    expect(error.operation).toBe("getUser")
    expect(error.message).toContain("synchronize")
    expect(error.message).toMatch(/none of the adapter's tables/)
    await refused(makeUser(adapter), "ERR_SCHEMA")
    expect(await schema()).toEqual([])
  })

  test("synchronize: false works once another adapter has made them", async () => {
    const adapter = open({ synchronize: false })
    await refused(adapter.getUser("x"), "ERR_SCHEMA")
    const user = await prepare()
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
  })

  // A call finds out when its own statement fails: a database that is whole pays nothing for it.
  test.each([["create"], [false]])(
    "synchronize: %p refuses when a table is missing, and names it",
    async (synchronize) => {
      const user = await prepare("DROP TABLE authenticators", "DROP TABLE accounts")
      const before = await schema()
      const adapter = open({ synchronize })
      const error = await refused(adapter.listAccounts(user.id), "ERR_SCHEMA")
      expect(error.message).toContain("accounts")
      expect(error.message).toContain("authenticators")
      expect(error.message).not.toContain("sessions")
      expect(error.message).toContain("synchronize")
      await refused(makeAccount(adapter, user.id), "ERR_SCHEMA")
      await refused(adapter.getAuthenticator("x"), "ERR_SCHEMA")
      expect(await schema()).toEqual(before)
    },
  )

  test.each([["create"], [false]])(
    "synchronize: %p refuses when the table of users is missing, and names it",
    async (synchronize) => {
      await prepare("DROP TABLE users")
      const before = await schema()
      const adapter = open({ synchronize })
      const error = await refused(adapter.getUser("x"), "ERR_SCHEMA")
      expect(error.message).toContain("users")
      await refused(makeUser(adapter), "ERR_SCHEMA")
      expect(await schema()).toEqual(before)
    },
  )

  test.each([["create"], [false]])(
    "synchronize: %p refuses when a column is missing, and names it",
    async (synchronize) => {
      const user = await prepare("ALTER TABLE accounts DROP COLUMN session_state")
      const before = await schema()
      const adapter = open({ synchronize })
      const error = await refused(adapter.listAccounts(user.id), "ERR_SCHEMA")
      expect(error.message).toContain("session_state")
      await refused(makeAccount(adapter, user.id), "ERR_SCHEMA")
      expect(await schema()).toEqual(before)
    },
  )

  test("synchronize: true adds what is missing and keeps what is there", async () => {
    const [index] = await (async () => {
      await prepare()
      return place.rows(
        `SELECT l.name FROM pragma_index_list('sessions') AS l
         JOIN pragma_index_info(l.name) AS i WHERE i.name = 'expires' AND l.origin = 'c'`,
      )
    })()
    const before = await schema()
    await place.execute(`DROP INDEX "${index.name}"`)
    await place.execute("DROP TABLE authenticators")
    await place.execute("ALTER TABLE users DROP COLUMN image")
    await place.execute("ALTER TABLE users ADD COLUMN theme text DEFAULT 'dark'")
    const [{ id }] = await place.rows("SELECT id FROM users")

    const adapter = open({ synchronize: true })
    const user = await adapter.getUser(id)
    expect(user).toMatchObject({ id, name: "Ada", image: null })
    const names = (list) => list.map(({ type, name }) => `${type} ${name}`)
    expect(names(await schema())).toEqual(names(before))
    expect(await place.rows("SELECT theme FROM users")).toEqual([{ theme: "dark" }])
    expect(await adapter.updateUser({ id, image: "/new.png" })).toMatchObject({ image: "/new.png" })
  })

  test("synchronize: true makes all of them in an empty file", async () => {
    const adapter = open({ synchronize: true })
    const user = await makeUser(adapter)
    const session = await makeSession(adapter, user.id)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({ session, user })
  })

  test("extra columns of another program are left alone, and out of the answers", async () => {
    const user = await prepare("ALTER TABLE users ADD COLUMN password text DEFAULT 'geheim'")
    const adapter = open()
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    expect(await adapter.updateUser({ id: user.id, name: "Grace" })).toStrictEqual({
      ...user,
      name: "Grace",
    })
    expect(await place.rows("SELECT password FROM users")).toEqual([{ password: "geheim" }])
  })

  test("may be changed by another program while they are in use", async () => {
    const adapter = open()
    const user = await makeUser(adapter)
    const session = await makeSession(adapter, user.id)
    const { sessionToken } = session
    const changes = [
      "ALTER TABLE users ADD COLUMN theme text DEFAULT 'dark'",
      "ALTER TABLE sessions ADD COLUMN address text",
      "CREATE INDEX more ON users (name)",
      "DROP INDEX more",
      "ANALYZE",
      "VACUUM",
      "PRAGMA wal_checkpoint(TRUNCATE)",
    ]
    for (const change of changes) {
      await place.execute(change)
      expect(await adapter.getSessionAndUser(sessionToken)).toStrictEqual({ session, user })
      expect(await adapter.updateUser({ id: user.id, name: "Ada" })).toStrictEqual(user)
    }
  })

  test("are made once by ten processes that start at the same time", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      const begin = Number(process.argv.at(-2))
      setTimeout(() => {
        adapter.createUser({ name: "Process" })
          .then((user) => adapter.getUser(user.id))
          .then((user) => say(user.id))
          .catch((error) => say(String(error)))
          .finally(() => adapter.close())
      }, Math.max(0, begin - Date.now()))
    `
    const begin = String(Date.now() + 1_500)
    const runs = Array.from({ length: 10 }, () => ask(script, { args: [begin, place.url] }))
    const ids = await Promise.all(runs)

    const rows = await place.rows("SELECT id FROM users ORDER BY id")
    expect(ids.sort()).toEqual(rows.map(({ id }) => id))
    expect(rows).toHaveLength(10)
  })

  test("are made once by many calls that arrive together", async () => {
    for (let round = 0; round < 10; round += 1) {
      const own = await sqlite.fresh()
      const adapter = SqlxAdapter(own.url)
      const calls = Array.from({ length: 60 }, (_, n) =>
        n % 2 === 0 ? makeUser(adapter) : adapter.getSessionAndUser("x"),
      )
      const outcomes = await Promise.allSettled(calls)
      await adapter.close()
      await own.drop()
      expect(outcomes.filter(({ reason }) => reason).map(({ reason }) => reason.message)).toEqual(
        [],
      )
    }
  })

  test("are made once by many adapters of one process", async () => {
    const many = Array.from({ length: 20 }, (_, n) =>
      open(n % 2 === 0 ? undefined : { pool: { max: n } }),
    )
    await Promise.all(many.map((adapter) => makeUser(adapter)))
    expect(await place.rows("SELECT count(*) AS n FROM users")).toEqual([{ n: 20 }])
  })

  test("are not half made when the process is killed meanwhile", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      adapter.getUser("x")
      setTimeout(() => process.kill(process.pid, "SIGKILL"), Number(process.argv.at(-2)))
    `
    for (const delay of ["1", "3", "6", "10"]) {
      await runNode(script, { args: [delay, place.url] })
    }
    expect((await makeUser(open())).name).toBe("Ada")
    expect(fs.existsSync(place.file)).toBe(true)
  })
})
