const { contract } = require("../support/contract")
const { makeSession, makeUser, hence, unique, uniqueEmail } = require("../support/samples")

contract("calls that are made together", (db) => {
  /** So many users, each with a session. */
  async function people(count) {
    const users = await Promise.all(Array.from({ length: count }, () => makeUser(db.adapter)))
    const sessions = await Promise.all(users.map(({ id }) => makeSession(db.adapter, id)))
    return users.map((user, n) => ({ user, session: sessions[n] }))
  }

  test("get their own rows, whoever asks besides, and for whatever", async () => {
    const there = await people(300)
    const asked = there.flatMap(({ user, session }, n) => [
      [session.sessionToken, { session, user }],
      // The same again, others' in another case, and what nobody has.
      ...(n % 3 === 0 ? [[session.sessionToken, { session, user }]] : []),
      ...(n % 5 === 0 ? [[session.sessionToken.toUpperCase(), null]] : []),
      ...(n % 7 === 0 ? [[unique("nobody"), null]] : []),
    ])
    asked.sort(() => Math.random() - 0.5)
    const answers = asked.map(([token]) => db.adapter.getSessionAndUser(token))
    expect(await Promise.all(answers)).toStrictEqual(asked.map(([, answer]) => answer))
  })

  test("of different kinds keep to themselves", async () => {
    const there = await people(40)
    const account = (user) => ({ provider: "github", providerAccountId: user.id })
    await Promise.all(
      there.map(({ user }) =>
        db.adapter.linkAccount({ ...account(user), userId: user.id, type: "oauth" }),
      ),
    )
    const all = there.flatMap(({ user, session }) => [
      [db.adapter.getUser(user.id), user],
      [db.adapter.getUserByEmail(user.email), user],
      [db.adapter.getUserByAccount(account(user)), user],
      [db.adapter.getUserByAccount({ ...account(user), provider: "gitlab" }), null],
      [db.adapter.getSessionAndUser(session.sessionToken), { session, user }],
    ])
    const answers = await Promise.all(all.map(([answer]) => answer))
    expect(answers).toStrictEqual(all.map(([, expected]) => expected))
  })

  test("that write fail each for itself", async () => {
    const there = await people(20)
    const taken = there[0].session.sessionToken
    const calls = there.map(({ user }, n) => {
      const session = { sessionToken: unique("session"), userId: user.id, expires: hence() }
      if (n % 4 === 1) return { ...session, sessionToken: taken }
      if (n % 4 === 3) return { ...session, userId: unique("nobody") }
      return session
    })
    const settled = await Promise.allSettled(calls.map((call) => db.adapter.createSession(call)))
    const codes = settled.map(({ status, reason }) => (status === "rejected" ? reason.code : null))
    const expected = ["", "ERR_UNIQUE", "", "ERR_FOREIGN_KEY"]
    expect(codes).toEqual(there.map((_, n) => expected[n % 4] || null))

    for (const [n, call] of calls.entries()) {
      const found = await db.adapter.getSessionAndUser(call.sessionToken)
      const { session, user } = there[n % 4 === 1 ? 0 : n]
      const stored = n % 4 === 1 ? session : call
      expect(found).toStrictEqual(
        n % 4 === 3 ? null : { session: db.whole("session", stored), user },
      )
    }
    expect(await db.countOf("session", { userId: there[2].user.id })).toBe(2)
    expect(await db.countOf("session", { userId: there[1].user.id })).toBe(1)
  })

  test("that create the same user end with one, and one is told so", async () => {
    const emails = Array.from({ length: 10 }, () => uniqueEmail())
    const calls = Array.from({ length: 60 }, (_, n) =>
      makeUser(db.adapter, { email: emails[n % emails.length] }),
    )
    const settled = await Promise.allSettled(calls)
    const made = settled.filter(({ status }) => status === "fulfilled")
    const codes = settled.filter(({ reason }) => reason).map(({ reason }) => reason.code)
    expect(new Set(codes)).toEqual(new Set(["ERR_UNIQUE"]))
    expect(made.map(({ value }) => value.email).sort()).toEqual([...emails].sort())
    for (const { value } of made) {
      expect(await db.countOf("user", { id: value.id, email: value.email })).toBe(1)
    }
  })

  test("that link accounts tell a stranger's from one's own", async () => {
    const [{ user: ada }, { user: bob }] = await people(2)
    const account = (user, n) => ({
      userId: user.id,
      type: "oauth",
      provider: "github",
      providerAccountId: `${ada.id}-${n}`,
      access_token: `${user.id}-${n}`,
    })
    const own = Array.from({ length: 20 }, (_, n) => account(ada, n))
    await Promise.all(own.map((one) => db.adapter.linkAccount(one)))
    const again = own.map((one, n) =>
      db.adapter.linkAccount(n % 2 === 0 ? { ...one, access_token: "fresh" } : account(bob, n)),
    )
    const settled = await Promise.allSettled(again)
    for (const [n, { status, reason }] of settled.entries()) {
      expect(n % 2 === 0 ? status : reason.code).toBe(n % 2 === 0 ? "fulfilled" : "ERR_UNIQUE")
      const row = await db.one("account", { providerAccountId: `${ada.id}-${n}` })
      expect(row).toMatchObject({
        userId: ada.id,
        access_token: n % 2 === 0 ? "fresh" : `${ada.id}-${n}`,
      })
    }
  })
})
