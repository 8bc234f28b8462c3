const { contract } = require("../support/contract")
const { eventually } = require("../support/expectations")
const { ago, hence, makeSession, makeToken, makeUser } = require("../support/samples")

contract("cleanup", (db) => {
  const count = (model) => db.countOf(model)

  test("deletes what has expired, more than a batch of it, and nothing else", async () => {
    await db.adapter.cleanup()
    const user = await makeUser(db.adapter)
    const before = { sessions: await count("session"), tokens: await count("verificationToken") }
    const live = await makeSession(db.adapter, user.id, { expires: hence(60_000) })
    const token = await makeToken(db.adapter, { expires: hence(60_000) })
    const many = Array.from({ length: 1_100 })
    await Promise.all([
      ...many.map(() => makeSession(db.adapter, user.id, { expires: ago(1_000) })),
      ...many.slice(0, 3).map(() => makeToken(db.adapter, { expires: ago(1_000) })),
    ])
    expect(await db.adapter.cleanup()).toStrictEqual({ sessions: 1_100, verificationTokens: 3 })
    expect(await db.adapter.cleanup()).toStrictEqual({ sessions: 0, verificationTokens: 0 })
    expect(await count("session")).toBe(before.sessions + 1)
    expect(await count("verificationToken")).toBe(before.tokens + 1)
    expect(await db.adapter.getSessionAndUser(live.sessionToken)).toMatchObject({ user })
    expect(await db.adapter.useVerificationToken(token)).toMatchObject(token)
  })

  test("by the clock of the process", async () => {
    const user = await makeUser(db.adapter)
    await makeSession(db.adapter, user.id, { expires: hence(60_000) })
    const now = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 120_000)
    try {
      const { sessions } = await db.adapter.cleanup()
      expect(sessions).toBeGreaterThanOrEqual(1)
    } finally {
      now.mockRestore()
    }
  })

  test("at once with others deletes each row once", async () => {
    await db.adapter.cleanup()
    const user = await makeUser(db.adapter)
    const many = Array.from({ length: 50 })
    await Promise.all(many.map(() => makeSession(db.adapter, user.id, { expires: ago(1_000) })))
    const cleaned = await Promise.all(many.slice(0, 4).map(() => db.open().cleanup()))
    expect(cleaned.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(50)
  })

  // What is the same whatever the tables are called.
  if (db.schema.name !== "own") return

  /** Rows by the thousand, which the adapter need not write. */
  async function expireMany(user, thousands) {
    const digits = Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS n`).join(" UNION ALL ")
    const some = Array.from({ length: thousands }, (_, n) => `SELECT ${n} AS n`).join(" UNION ALL ")
    const number = "a.n + 10 * b.n + 100 * c.n + 1000 * d.n"
    const token = ["mysql", "mariadb"].includes(db.kind)
      ? `CONCAT('old ', ${number})`
      : `'old ' || (${number})`
    await db.execute(
      `INSERT INTO sessions (session_token, user_id, expires) SELECT ${token}, u.id, ?
       FROM users u, (${digits}) a, (${digits}) b, (${digits}) c, (${some}) d WHERE u.id = ?`,
      [db.moment(Date.now() - 1_000), user.id],
    )
  }

  test("in batches, between which others write", async () => {
    await db.adapter.cleanup()
    const user = await makeUser(db.adapter)
    await expireMany(user, 20)
    let batches = 0
    const adapter = db.open({
      onQuery: () => {
        batches += 1
      },
    })
    const writer = db.open({ pool: { max: 2 }, autoCleanup: false })
    await makeSession(writer, user.id)
    const cleaning = adapter.cleanup()
    const written = new Set()
    while (batches < 21) {
      await makeSession(writer, user.id)
      written.add(batches)
    }
    expect(await cleaning).toStrictEqual({ sessions: 20_000, verificationTokens: 0 })
    // Each of them after another batch, while there were more to come.
    expect([...written].filter((after) => after > 0 && after < 21).length).toBeGreaterThan(2)
  })

  describe("autoCleanup", () => {
    let now
    beforeEach(async () => {
      await db.adapter.cleanup()
      now = Date.now()
      jest.spyOn(Date, "now").mockImplementation(() => now)
    })
    afterEach(() => jest.restoreAllMocks())

    const expired = async (table) => {
      const past = db.moment(now)
      const { n } = await db.row(`SELECT COUNT(*) AS n FROM ${table} WHERE expires <= ?`, [past])
      return Number(n)
    }

    /** Rows that have expired, beside one session and one token that have not. */
    async function leftovers(user, count) {
      const off = db.open({ autoCleanup: false })
      const many = Array.from({ length: count })
      await Promise.all([
        ...many.map(() => makeSession(off, user.id, { expires: ago(1_000) })),
        ...many.map(() => makeToken(off, { expires: ago(1_000) })),
      ])
      return { session: await makeSession(off, user.id), token: await makeToken(off) }
    }

    const settle = () => new Promise((resolve) => setTimeout(resolve, 150))

    test("deletes a hundred of each along with a write, every 30 seconds, and what lives stays", async () => {
      const user = await makeUser(db.adapter)
      const { session, token } = await leftovers(user, 130)
      const adapter = db.open({ pool: { max: 2 } })
      await makeSession(adapter, user.id)
      await settle()
      expect([await expired("sessions"), await expired("verification_tokens")]).toEqual([130, 130])
      now += 31_000
      await makeToken(adapter)
      await eventually(
        async () =>
          (await expired("sessions")) === 30 && (await expired("verification_tokens")) === 30,
      )
      await Promise.all(Array.from({ length: 8 }, () => makeSession(adapter, user.id)))
      await settle()
      expect([await expired("sessions"), await expired("verification_tokens")]).toEqual([30, 30])
      now += 31_000
      await makeSession(adapter, user.id)
      await eventually(
        async () =>
          (await expired("sessions")) === 0 && (await expired("verification_tokens")) === 0,
      )
      expect((await adapter.getSessionAndUser(session.sessionToken)).user).toStrictEqual(user)
      expect(await adapter.useVerificationToken(token)).toStrictEqual(token)
    })

    test("false: never", async () => {
      const user = await makeUser(db.adapter)
      await leftovers(user, 5)
      const adapter = db.open({ autoCleanup: false })
      for (let minute = 0; minute < 3; minute += 1) {
        await makeSession(adapter, user.id)
        await makeToken(adapter)
        now += 60_000
      }
      await settle()
      expect(await expired("sessions")).toBe(5)
    })

    test("what goes wrong with it is not the caller's", async () => {
      const user = await makeUser(db.adapter)
      await leftovers(user, 5)
      const adapter = db.open({ pool: { max: 2 } })
      await makeSession(adapter, user.id)
      await db.execute("ALTER TABLE verification_tokens RENAME TO tokens_away")
      try {
        now += 31_000
        const session = await makeSession(adapter, user.id)
        await eventually(async () => (await expired("sessions")) === 0)
        expect((await adapter.getSessionAndUser(session.sessionToken)).user).toStrictEqual(user)
      } finally {
        await db.execute("ALTER TABLE tokens_away RENAME TO verification_tokens")
      }
    })

    test("close waits for it", async () => {
      const user = await makeUser(db.adapter)
      await leftovers(user, 5)
      const adapter = db.open({ pool: { max: 2 } })
      await makeSession(adapter, user.id)
      now += 31_000
      await makeSession(adapter, user.id)
      await adapter.close()
      expect(await expired("sessions")).toBe(0)
    })
  })
})
