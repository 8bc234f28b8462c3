const { contract } = require("../support/contract")
const {
  makeAccount,
  makeSession,
  makeToken,
  makeUser,
  passkey,
  unique,
  uniqueEmail,
} = require("../support/samples")

contract("deleteUser", (db) => {
  const OWNED = ["account", "session", ...(db.schema.passkeys ? ["authenticator"] : [])]

  async function makeOwner() {
    const user = await makeUser(db.adapter)
    await makeAccount(db.adapter, user.id)
    await makeAccount(db.adapter, user.id, { provider: "gitlab" })
    await makeSession(db.adapter, user.id)
    await makeSession(db.adapter, user.id)
    if (db.schema.passkeys) await db.adapter.createAuthenticator(passkey(user.id))
    await makeToken(db.adapter, { identifier: user.email })
    return user
  }

  const owned = (model, user) => db.countOf(model, { userId: user.id })
  const pending = (user) => db.countOf("verificationToken", { identifier: user.email })

  test("returns the user and leaves no row of theirs anywhere", async () => {
    const user = await makeOwner()
    for (const model of OWNED) expect(await owned(model, user)).toBeGreaterThan(0)

    expect(await db.adapter.deleteUser(user.id)).toStrictEqual(user)

    expect(await db.countOf("user", { id: user.id })).toBe(0)
    for (const model of OWNED) expect(await owned(model, user)).toBe(0)
    expect(await pending(user)).toBe(0)
    expect(await db.adapter.getUser(user.id)).toBeNull()
  })

  test("leaves the rows of others alone", async () => {
    const [ada, eve] = [await makeOwner(), await makeOwner()]
    const email = db.schema.emailRequired ? uniqueEmail() : null
    const nobody = await db.adapter.createUser({ email })
    const token = await makeToken(db.adapter)

    await db.adapter.deleteUser(ada.id)
    await db.adapter.deleteUser(nobody.id)

    expect(await db.adapter.getUser(eve.id)).toStrictEqual(eve)
    expect(await owned("account", eve)).toBe(2)
    expect(await owned("session", eve)).toBe(2)
    if (db.schema.passkeys) expect(await owned("authenticator", eve)).toBe(1)
    expect(await pending(eve)).toBe(1)
    expect(await db.adapter.useVerificationToken(token)).toStrictEqual(token)
  })

  test("ends the user's sessions at once", async () => {
    const user = await makeUser(db.adapter)
    const { sessionToken } = await makeSession(db.adapter, user.id)
    await db.adapter.deleteUser(user.id)
    expect(await db.adapter.getSessionAndUser(sessionToken)).toBeNull()
  })

  test("frees the e-mail address and the accounts", async () => {
    const user = await makeUser(db.adapter)
    const { provider, providerAccountId } = await makeAccount(db.adapter, user.id)
    await db.adapter.deleteUser(user.id)

    const next = await makeUser(db.adapter, { email: user.email })
    await makeAccount(db.adapter, next.id, { provider, providerAccountId })
    expect(await db.adapter.getUserByAccount({ provider, providerAccountId })).toStrictEqual(next)
  })

  test("gives null for a user that is not there", async () => {
    expect(await db.adapter.deleteUser(unique("nobody"))).toBeNull()
    expect(await db.adapter.deleteUser("")).toBeNull()
    const user = await makeUser(db.adapter)
    await db.adapter.deleteUser(user.id)
    expect(await db.adapter.deleteUser(user.id)).toBeNull()
  })

  test("gives the user to one of many that delete them at once", async () => {
    const user = await makeOwner()
    const answers = await Promise.all(
      Array.from({ length: 32 }, () => db.adapter.deleteUser(user.id)),
    )
    expect(answers.filter((answer) => answer !== null)).toStrictEqual([user])
  })
})
