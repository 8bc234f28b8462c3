const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeUser, unique, uniqueEmail } = require("../support/samples")

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

contract("createUser", (db) => {
  const stored = (id) => db.row("SELECT * FROM users WHERE id = ?", [id])

  test("stores every column and returns the whole row", async () => {
    const id = unique("user")
    const email = uniqueEmail()
    const emailVerified = hence()
    const image = "https://example.com/ada.png"
    const user = await db.adapter.createUser({ id, name: "Ada", email, emailVerified, image })

    expect(user).toStrictEqual({ id, name: "Ada", email, emailVerified, image })
    const row = await stored(id)
    expect(row).toMatchObject({ id, name: "Ada", email, image })
    expect(db.date(row.email_verified)).toBe(emailVerified.getTime())
  })

  test("keeps a given id", async () => {
    const id = unique("my id, any text")
    expect((await makeUser(db.adapter, { id })).id).toBe(id)
    expect(await stored(id)).not.toBeNull()
  })

  test("makes a UUIDv7 when there is no id, and when it is undefined", async () => {
    const before = Date.now()
    const users = [
      await db.adapter.createUser({ email: uniqueEmail() }),
      await db.adapter.createUser({ id: undefined, email: uniqueEmail() }),
    ]
    const after = Date.now()

    for (const { id } of users) {
      expect(id).toMatch(UUIDV7)
      const time = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)
      expect(time).toBeGreaterThanOrEqual(before)
      expect(time).toBeLessThanOrEqual(after)
      expect(await stored(id)).not.toBeNull()
    }
    expect(users[0].id).not.toBe(users[1].id)
  })

  test("takes an id that is a number as its text", async () => {
    const id = Date.now()
    const user = await makeUser(db.adapter, { id })

    expect(user.id).toBe(String(id))
    expect((await stored(String(id))).id).toBe(String(id))
    expect(await db.adapter.getUser(id)).toStrictEqual(user)
    expect(await db.adapter.getUser(String(id))).toStrictEqual(user)
  })

  test("gives null, never undefined, for what was not given", async () => {
    const user = await db.adapter.createUser({})
    expect(user).toStrictEqual({
      id: expect.stringMatching(UUIDV7),
      name: null,
      email: null,
      emailVerified: null,
      image: null,
    })
    expect(await stored(user.id)).toMatchObject({
      name: null,
      email: null,
      email_verified: null,
      image: null,
    })
  })

  test("treats undefined and null as nothing", async () => {
    const user = await db.adapter.createUser({
      name: undefined,
      email: uniqueEmail(),
      emailVerified: null,
      image: undefined,
    })
    expect(user).toMatchObject({ name: null, emailVerified: null, image: null })
  })

  test("keeps an empty text apart from null", async () => {
    const user = await makeUser(db.adapter, { name: "", image: "" })
    expect(user).toMatchObject({ name: "", image: "" })
    expect(await stored(user.id)).toMatchObject({ name: "", image: "" })
  })

  test("lets several users have no e-mail address", async () => {
    const ids = [unique("user"), unique("user"), unique("user")]
    await Promise.all(ids.map((id) => db.adapter.createUser({ id, email: null })))
    expect(await db.count("users", "id IN (?, ?, ?) AND email IS NULL", ids)).toBe(3)
  })

  test("leaves out keys that the table has no column for", async () => {
    const user = await makeUser(db.adapter, { login: "ada", nested: { deep: [1] }, ok: true })
    expect(Object.keys(user).sort()).toEqual(["email", "emailVerified", "id", "image", "name"])
  })

  test("trims the e-mail address and lower-cases its ASCII letters only", async () => {
    const tail = unique("x")
    const user = await makeUser(db.adapter, { email: `  Ünï.${tail}@EXAMPLE.com ` })

    expect(user.email).toBe(`Ünï.${tail}@example.com`)
    expect((await stored(user.id)).email).toBe(`Ünï.${tail}@example.com`)
  })

  test("stores the e-mail address as given under normalizeEmail: false", async () => {
    const adapter = db.open({ normalizeEmail: false })
    const email = ` ${unique("Ada")}@EXAMPLE.com `
    const user = await adapter.createUser({ email })

    expect(user.email).toBe(email)
    expect((await stored(user.id)).email).toBe(email)
    expect(await adapter.getUserByEmail(email)).toStrictEqual(user)
    expect(await adapter.getUserByEmail(email.trim().toLowerCase())).toBeNull()
  })

  test("refuses a taken e-mail address and leaves the row there alone", async () => {
    const email = uniqueEmail()
    const first = await makeUser(db.adapter, { email, emailVerified: null })
    const before = await stored(first.id)

    const other = { id: unique("user"), name: "Eve", email: ` ${email.toUpperCase()}` }
    const error = await refused(db.adapter.createUser(other), "ERR_UNIQUE")

    expect(error.operation).toBe("createUser")
    expect(await stored(first.id)).toEqual(before)
    expect(await stored(other.id)).toBeNull()
  })

  test("refuses a taken e-mail address whether or not it is verified", async () => {
    const email = uniqueEmail()
    await makeUser(db.adapter, { email, emailVerified: hence() })
    await refused(db.adapter.createUser({ email, emailVerified: hence() }), "ERR_UNIQUE")
    await refused(db.adapter.createUser({ email }), "ERR_UNIQUE")
    expect(await db.count("users", "email = ?", [email])).toBe(1)
  })

  test("refuses a taken id and leaves the row there alone", async () => {
    const first = await makeUser(db.adapter)
    const before = await stored(first.id)
    const again = { id: first.id, name: "Eve", email: uniqueEmail() }

    await refused(db.adapter.createUser(again), "ERR_UNIQUE")
    expect(await stored(first.id)).toEqual(before)
    expect(await db.adapter.getUserByEmail(again.email)).toBeNull()
  })

  test("refuses the very same user a second time", async () => {
    const user = { id: unique("user"), name: "Ada", email: uniqueEmail() }
    await db.adapter.createUser(user)
    await refused(db.adapter.createUser(user), "ERR_UNIQUE")
  })
})
