const { contract } = require("../support/contract")
const { hence, makeAccount, makeSession, makeToken } = require("../support/samples")
const { makeUser, unique, uniqueEmail } = require("../support/samples")

const CALLERS = 64

/** Many calls at once: what those gave that were answered, and the codes of the others. */
async function atOnce(call) {
  const calls = Array.from({ length: CALLERS }, (_, n) => call(n))
  const settled = await Promise.allSettled(calls)
  return {
    answers: settled.filter(({ status }) => status === "fulfilled").map(({ value }) => value),
    codes: settled.filter(({ status }) => status === "rejected").map(({ reason }) => reason.code),
  }
}

contract("64 callers at once", (db) => {
  /** Every other caller goes through another adapter, which may have another connection. */
  function either(n) {
    return n % 2 === 0 ? db.adapter : other
  }

  let other

  beforeEach(() => {
    other = db.open({ pool: { max: 3 } })
  })

  test("using one token: exactly one gets it", async () => {
    for (const withIdentifier of [true, false]) {
      const token = await makeToken(db.adapter)
      const key = withIdentifier ? token : { token: token.token }
      const { answers, codes } = await atOnce((n) => either(n).useVerificationToken(key))

      expect(codes).toEqual([])
      expect(answers.filter((answer) => answer !== null)).toStrictEqual([token])
      expect(await db.countOf("verificationToken", { token: token.token })).toBe(0)
    }
  })

  test("using 64 tokens crosswise: each is given once, to one that asked for it", async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, () => makeToken(db.adapter)))
    const { answers, codes } = await atOnce(async (n) => {
      const asked = tokens[n % tokens.length]
      const got = await either(n).useVerificationToken(asked)
      if (got !== null) expect(got).toStrictEqual(asked)
      return got
    })
    expect(codes).toEqual([])
    expect(answers.filter((answer) => answer !== null)).toHaveLength(tokens.length)
  })

  test("creating a user with one e-mail address: one row, one result, 63 refusals", async () => {
    const email = uniqueEmail()
    const { answers, codes } = await atOnce((n) =>
      either(n).createUser({
        name: `Caller ${n}`,
        email: n % 3 === 0 && db.schema.own ? email.toUpperCase() : email,
      }),
    )
    expect(answers).toHaveLength(1)
    expect(codes).toEqual(Array(CALLERS - 1).fill("ERR_UNIQUE"))
    expect(await db.countOf("user", { email })).toBe(1)
    expect(await db.adapter.getUserByEmail(email)).toStrictEqual(answers[0])
  })

  test("creating a user with one id: one row, one result, 63 refusals", async () => {
    const id = db.newId()
    const { answers, codes } = await atOnce((n) => makeUser(either(n), { id, name: `Caller ${n}` }))
    if (id === undefined) {
      // The database counts: nobody chooses.
      expect(new Set(answers.map((user) => user.id)).size).toBe(CALLERS)
      return
    }
    expect(answers).toHaveLength(1)
    expect(codes).toEqual(Array(CALLERS - 1).fill("ERR_UNIQUE"))
    expect(await db.adapter.getUser(id)).toStrictEqual(answers[0])
  })

  test("linking one account by one user: one row, and everybody is answered", async () => {
    const user = await makeUser(db.adapter)
    const key = { provider: "github", providerAccountId: unique("account") }
    const { answers, codes } = await atOnce((n) =>
      makeAccount(either(n), user.id, { ...key, access_token: `token ${n}` }),
    )
    expect(codes).toEqual([])
    expect(answers).toHaveLength(CALLERS)
    const tokens = answers.map((account) => account.access_token)
    expect(tokens).toEqual(answers.map((_, n) => `token ${n}`))
    expect(await db.countOf("account", { userId: user.id })).toBe(1)
  })

  test("linking one account by as many users: one has it, 63 are refused", async () => {
    const users = await Promise.all(Array.from({ length: CALLERS }, () => makeUser(db.adapter)))
    const key = { provider: "github", providerAccountId: unique("account") }
    const { answers, codes } = await atOnce((n) => makeAccount(either(n), users[n].id, key))

    expect(answers).toHaveLength(1)
    expect(codes).toEqual(Array(CALLERS - 1).fill("ERR_UNIQUE"))
    expect((await db.adapter.getUserByAccount(key)).id).toBe(answers[0].userId)
    expect(await db.countOf("account", { providerAccountId: key.providerAccountId })).toBe(1)
  })

  test("creating one session: one row, one result, 63 refusals", async () => {
    const user = await makeUser(db.adapter)
    const session = { sessionToken: unique("session"), expires: hence() }
    const { answers, codes } = await atOnce((n) => makeSession(either(n), user.id, session))
    expect(answers).toHaveLength(1)
    expect(codes).toEqual(Array(CALLERS - 1).fill("ERR_UNIQUE"))
    expect(await db.countOf("session", { userId: user.id })).toBe(1)
  })

  test("deleting one session: one gets it", async () => {
    const user = await makeUser(db.adapter)
    const session = await makeSession(db.adapter, user.id)
    const { answers, codes } = await atOnce((n) => either(n).deleteSession(session.sessionToken))
    expect(codes).toEqual([])
    expect(answers.filter((answer) => answer !== null)).toStrictEqual([session])
  })

  test("writing while their user is deleted: no row of the user is left", async () => {
    const user = await makeUser(db.adapter)
    const { codes } = await atOnce((n) => {
      if (n === CALLERS / 2) return db.adapter.deleteUser(user.id)
      if (n % 2 === 0) return makeSession(either(n), user.id)
      return makeAccount(either(n), user.id)
    })
    expect(new Set([...codes, "ERR_FOREIGN_KEY"])).toEqual(new Set(["ERR_FOREIGN_KEY"]))
    expect(await db.countOf("user", { id: user.id })).toBe(0)
    expect(await db.countOf("session", { userId: user.id })).toBe(0)
    expect(await db.countOf("account", { userId: user.id })).toBe(0)
  })

  test("a write that was answered is seen by the look-up after it", async () => {
    const { codes } = await atOnce(async (n) => {
      const user = await makeUser(either(n))
      expect(await either(n + 1).getUser(user.id)).toStrictEqual(user)
      const session = await makeSession(either(n), user.id)
      const found = await either(n + 1).getSessionAndUser(session.sessionToken)
      expect(found).toStrictEqual({ session, user })
      await either(n).deleteSession(session.sessionToken)
      expect(await either(n + 1).getSessionAndUser(session.sessionToken)).toBeNull()
    })
    expect(codes).toEqual([])
  })
})
