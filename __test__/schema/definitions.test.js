const { contract } = require("../support/contract")
const { refused, refusedAtOnce } = require("../support/expectations")
const samples = require("../support/samples")

const { makeUser, uniqueEmail, hence } = samples

contract("columns that are defined and filled as the application says", (db) => {
  let count = 0
  /** Tables of a prefix of their own. */
  const open = (models) => db.open({ schema: { prefix: `said${count++}_`, ...models } })
  const table = (name) => `said${count - 1}_${name}`

  test("a date is set when the row is made, and another whenever it changes", async () => {
    const columns = {
      madeAt: { type: "datetime", fill: "now" },
      changedAt: { type: "datetime", fill: "touch" },
    }
    const adapter = open({ user: { columns }, session: { columns } })
    const before = Date.now() - 1
    const user = await makeUser(adapter)
    const { sessionToken, ...session } = await adapter.createSession({
      sessionToken: samples.unique("token"),
      userId: user.id,
      expires: hence(),
    })
    for (const row of [user, session]) {
      expect(row.madeAt.getTime()).toBeGreaterThanOrEqual(before)
      expect(row.changedAt).toEqual(row.madeAt)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
    const long = new Date(0)
    const changed = await adapter.updateUser({ id: user.id, name: "Zoë", changedAt: long })
    expect(changed.madeAt).toEqual(user.madeAt)
    expect(changed.changedAt.getTime()).toBeGreaterThan(user.changedAt.getTime())
    expect(await adapter.getUser(user.id)).toEqual(changed)
    const later = await adapter.updateSession({ sessionToken, expires: hence() })
    expect(later.changedAt.getTime()).toBeGreaterThan(session.changedAt.getTime())
    // One that a call gives when it is made is kept.
    expect((await makeUser(adapter, { madeAt: long })).madeAt).toEqual(long)
  })

  test("a UUID is made, unless one is given", async () => {
    const adapter = open({ user: { columns: { key: { type: "uuid", fill: "uuid" } } } })
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    const [one, other] = [await makeUser(adapter), await makeUser(adapter)]
    expect([one.key, other.key]).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)])
    expect(one.key).not.toBe(other.key)
    expect((await makeUser(adapter, { key: one.key })).key).toBe(one.key)
  })

  test("a type and a default are the database's own words", async () => {
    // Our own tables are strict on SQLite, which has few types then.
    const sqlType = db.kind === "sqlite" ? "ANY" : "varchar(4)"
    const columns = {
      code: { type: "text", nullable: false, sqlType, sqlDefault: "'none'" },
      born: { type: "date" },
      big: { type: "bigint-string" },
    }
    const adapter = open({ user: { columns } })
    const user = await makeUser(adapter)
    expect(user).toMatchObject({ code: "none", born: null, big: null })
    const values = { code: "four", born: "0001-01-01", big: "-9223372036854775808" }
    expect(await adapter.updateUser({ id: user.id, ...values })).toMatchObject(values)
    expect(await adapter.getUser(user.id)).toMatchObject(values)
    expect(await makeUser(adapter, { big: 12 })).toMatchObject({ big: "12" })
    if (db.kind !== "sqlite") {
      await refused(adapter.updateUser({ id: user.id, code: "fives" }), "ERR_INVALID_ARGUMENT")
    }
    expect(await adapter.check()).toEqual([])
    expect(await db.count(table("users"), "code = ?", ["none"])).toBe(1)
  })

  test("an integer beyond 2^53 is its digits, in each answer", async () => {
    const adapter = open({ user: { columns: { big: { type: "bigint" } } } })
    for (const big of ["9007199254740993", "-9223372036854775808"]) {
      const user = await makeUser(adapter, { big })
      expect(user.big).toBe(big)
      expect(await adapter.getUser(user.id)).toEqual(user)
      expect(await adapter.updateUser(user)).toEqual(user)
    }
    expect((await makeUser(adapter, { big: "9007199254740991" })).big).toBe(9_007_199_254_740_991)
    await refused(makeUser(adapter, { big: "9223372036854775808" }), "ERR_INVALID_ARGUMENT")
  })

  test("dates beyond the years 1 to 9999 are read as the nearest", async () => {
    if (db.kind !== "postgres") return // The others have none.
    const columns = { born: { type: "date" }, at: { type: "datetime" } }
    const adapter = open({ user: { columns } })
    const user = await makeUser(adapter)
    const { sessionToken } = await samples.makeSession(adapter, user.id)
    for (const [value, born, at] of [
      ["infinity", "9999-12-31", "9999-12-31T23:59:59.999Z"],
      ["-infinity", "0001-01-01", "0001-01-01T00:00:00.000Z"],
      ["0044-03-15 BC", "0001-01-01", "0001-01-01T00:00:00.000Z"],
    ]) {
      await db.execute(`UPDATE ${table("users")} SET born = '${value}', at = '${value}'`)
      expect(await adapter.getUser(user.id)).toEqual({ ...user, born, at: new Date(at) })
      await db.execute(`UPDATE ${table("sessions")} SET expires = '${value}'`)
      const found = await adapter.getSessionAndUser(sessionToken)
      expect(found?.session.expires).toEqual(value === "infinity" ? new Date(at) : undefined)
    }
  })

  test("a verification token may have columns of its own, too", async () => {
    const adapter = open({ verificationToken: { columns: { note: { type: "text" } } } })
    const token = { identifier: uniqueEmail(), token: samples.unique("token"), expires: hence() }
    expect(await adapter.createVerificationToken({ ...token, note: "a" })).toEqual({
      ...token,
      note: "a",
    })
    expect(await db.count(table("verification_tokens"), "note = ?", ["a"])).toBe(1)
    // The same one again takes over what is given.
    await adapter.createVerificationToken({ ...token, note: "b" })
    expect(await adapter.useVerificationToken(token)).toEqual({ ...token, note: "b" })
    expect(await adapter.createVerificationToken(token)).toEqual({ ...token, note: null })
  })

  test("keys have the names that they are given, and one that is left out is not there", async () => {
    const start = `of_${db.kind}_${count}`
    const name = (end) => `${start}_${end}`
    const columns = {
      handle: { type: "text", unique: { constraint: name("handle") } },
      badge: { type: "text", unique: name("badge") },
      team: { type: "text", index: name("team") },
    }
    const adapter = open({ user: { columns } })
    for (const property of ["handle", "badge"]) {
      const values = { [property]: samples.unique(property) }
      await makeUser(adapter, values)
      const error = await refused(makeUser(adapter, values), "ERR_UNIQUE")
      expect(error.message).toContain(property)
      if (db.kind !== "sqlite") expect(error.cause.constraint).toContain(name(property))
    }
    expect(await adapter.check()).toEqual([])
    const without = open({ session: { columns: { expires: { index: false } } } })
    await makeUser(without)
    const findings = await without.check()
    expect(findings.map(({ code, column }) => [code, column])).toContainEqual([
      "missing_index",
      "expires",
    ])
  })

  test("what says more than a type, or fills what it cannot, is refused", () => {
    for (const [column, named] of [
      [{ type: "text", sqlType: "text, admin boolean" }, "sqlType"],
      [{ type: "text", sqlDefault: "'a'; DROP TABLE users" }, "sqlDefault"],
      [{ type: "text", sqlType: "" }, "sqlType"],
      [{ type: "text", fill: "now" }, "fill"],
      [{ type: "datetime", fill: "uuid" }, "fill"],
      [{ type: "datetime", fill: "later" }, "fill"],
      [{ type: "text", unique: { name: "x" } }, "unique"],
      [{ type: "text", unique: 7 }, "unique"],
      [{ type: "text", index: { constraint: "x" } }, "index"],
      [{ type: "text", sqlType: "text [(] , admin int [)]" }, "sqlType"],
      [{ type: "text", sqlDefault: "`'`" }, "sqlDefault"],
    ]) {
      const error = refusedAtOnce(() => open({ user: { columns: { odd: column } } }), "ERR_CONFIG")
      expect(error.message).toContain(named)
    }
    const error = refusedAtOnce(
      () => open({ session: { columns: { expires: { fill: "now" } } } }),
      "ERR_CONFIG",
    )
    expect(error.message).toContain("expires.fill")
    const given = refusedAtOnce(
      () => open({ session: { columns: { expires: { sqlDefault: "now()" } } } }),
      "ERR_CONFIG",
    )
    expect(given.message).toContain("expires.sqlDefault")
    const alike = { handle: { type: "text", unique: "x" }, nick: { type: "text", unique: "X" } }
    const two = refusedAtOnce(() => open({ user: { columns: alike } }), "ERR_CONFIG")
    expect(two.message).toContain('two keys have the name "X"')
  })
})
