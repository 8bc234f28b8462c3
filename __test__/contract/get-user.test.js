const { contract } = require("../support/contract")
const { hence, makeAccount, makeUser, unique, uniqueEmail } = require("../support/samples")

contract("getUser, getUserByEmail and getUserByAccount", (db) => {
  test("getUser gives the row that another program stored", async () => {
    const id = db.newId() ?? "100001"
    const row = { id, name: "Zoë", email: uniqueEmail(), emailVerified: hence() }
    await db.insert("user", row)
    expect(await db.adapter.getUser(id)).toStrictEqual(db.whole("user", row))
  })

  test("getUser gives null for an id that nobody has, however odd", async () => {
    for (const id of [unique("nobody"), "", " ", "0", "-1", "1e9", "%", "' OR 1=1 --", "a\nb"]) {
      expect(await db.adapter.getUser(id)).toBeNull()
    }
  })

  test("getUserByEmail finds a lower-case address however it is written", async () => {
    const email = uniqueEmail()
    const user = await makeUser(db.adapter, { email })
    for (const written of [email, email.toUpperCase(), `  ${email}\t`, ` ${email.toUpperCase()}`]) {
      expect(await db.adapter.getUserByEmail(written)).toStrictEqual(user)
    }
  })

  test("getUserByEmail folds ASCII letters only", async () => {
    const tail = unique("x")
    const user = await makeUser(db.adapter, { email: `Ü.${tail}@example.com` })
    expect(await db.adapter.getUserByEmail(`Ü.${tail}@EXAMPLE.COM`)).toStrictEqual(user)
    expect(await db.adapter.getUserByEmail(`ü.${tail}@example.com`)).toBeNull()
  })

  test("getUserByEmail gives null for an unknown address, and never a user without one", async () => {
    if (!db.schema.emailRequired) await db.adapter.createUser({ email: null })
    expect(await db.adapter.getUserByEmail(uniqueEmail())).toBeNull()
    expect(await db.adapter.getUserByEmail("")).toBeNull()
    expect(await db.adapter.getUserByEmail(null)).toBeNull()
    expect(await db.adapter.getUserByEmail(undefined)).toBeNull()
  })

  test("getUserByAccount gives the account's user", async () => {
    const user = await makeUser(db.adapter)
    const { provider, providerAccountId } = await makeAccount(db.adapter, user.id)
    expect(await db.adapter.getUserByAccount({ provider, providerAccountId })).toStrictEqual(user)
  })

  test("getUserByAccount needs both halves of the key to be right", async () => {
    const user = await makeUser(db.adapter)
    const { provider, providerAccountId } = await makeAccount(db.adapter, user.id)

    const other = { provider: "gitlab", providerAccountId }
    expect(await db.adapter.getUserByAccount(other)).toBeNull()
    const swapped = { provider: providerAccountId, providerAccountId: provider }
    expect(await db.adapter.getUserByAccount(swapped)).toBeNull()
    expect(await db.adapter.getUserByAccount({ provider })).toBeNull()
    expect(await db.adapter.getUserByAccount({ providerAccountId })).toBeNull()
    expect(await db.adapter.getUserByAccount({ provider: null, providerAccountId })).toBeNull()
    expect(await db.adapter.getUserByAccount({ provider, providerAccountId: null })).toBeNull()
  })

  test("two providers may know their accounts by the same id", async () => {
    const [ada, eve] = [await makeUser(db.adapter), await makeUser(db.adapter)]
    const providerAccountId = unique("account")
    await makeAccount(db.adapter, ada.id, { provider: "github", providerAccountId })
    await makeAccount(db.adapter, eve.id, { provider: "gitlab", providerAccountId })

    const found = (provider) => db.adapter.getUserByAccount({ provider, providerAccountId })
    expect((await found("github")).id).toBe(ada.id)
    expect((await found("gitlab")).id).toBe(eve.id)
  })

  test("look-ups that arrive together each get their own answer", async () => {
    const users = await Promise.all(Array.from({ length: 100 }, () => makeUser(db.adapter)))
    const asked = users.flatMap((user) => [user.id, unique("nobody"), user.id])
    const found = await Promise.all(asked.map((id) => db.adapter.getUser(id)))
    const expected = users.flatMap((user) => [user, null, user])
    expect(found).toStrictEqual(expected)
  })
})
