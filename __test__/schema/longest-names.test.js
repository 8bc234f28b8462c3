const { contract } = require("../support/contract")
const { makeAccount, makeSession, makeToken, makeUser } = require("../support/samples")

contract("the longest names", (db) => {
  // 63 bytes on PostgreSQL, 64 characters elsewhere: of two bytes each, but for the last.
  const name = (end) =>
    db.kind === "postgres" ? `${"ü".repeat(31)}${end}` : `${"ü".repeat(63)}${end}`
  const columns = { id: name("1"), email: name("2"), name: name("3") }
  const points = { userId: name("1"), createdAt: name("2") }
  const schema = {
    user: {
      table: name("u"),
      columns: { ...columns, role: { name: name("4"), type: "text", index: true } },
    },
    account: {
      table: name("a"),
      columns: { ...points, provider: name("3"), providerAccountId: name("4") },
    },
    session: {
      table: name("s"),
      columns: { ...points, sessionToken: name("3"), expires: name("4") },
    },
    verificationToken: { table: name("v"), columns: { identifier: name("1"), token: name("2") } },
    authenticator: { table: name("p"), columns: { credentialID: name("1"), userId: name("2") } },
  }

  test("tables of such names are created, migrated and signed in to", async () => {
    const adapter = db.open({ schema, synchronize: false })
    expect((await adapter.migrate()).length).toBeGreaterThanOrEqual(5)
    expect(await adapter.check()).toEqual([])
    expect(await adapter.migrate()).toEqual([])
    const user = await makeUser(adapter, { role: "admin" })
    const account = await makeAccount(adapter, user.id)
    const session = await makeSession(adapter, user.id)
    expect(await adapter.getUserByAccount(account)).toEqual(user)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toEqual({ session, user })
    const token = await makeToken(adapter, { identifier: user.email })
    expect(await adapter.useVerificationToken(token)).toEqual(token)
    const mark = db.kind === "postgres" ? '"' : "`"
    const quote = (text) => `${mark}${text}${mark}`
    expect(
      await db.row(
        `SELECT ${quote(name("2"))} AS email FROM ${quote(name("u"))} WHERE ${quote(name("1"))} = ?`,
        [user.id],
      ),
    ).toEqual({ email: user.email })
    await adapter.deleteUser(user.id)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toBeNull()
  })
})
