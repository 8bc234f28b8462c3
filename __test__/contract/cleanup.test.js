const { contract } = require("../support/contract")
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
})
