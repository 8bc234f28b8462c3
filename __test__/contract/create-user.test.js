const { randomUUID } = require("node:crypto")
const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeUser, unique, uniqueEmail } = require("../support/samples")

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

contract("createUser", (db) => {
  const stored = (id) => db.one("user", { id })

  test("stores every column and returns the whole row", async () => {
    const email = uniqueEmail()
    const emailVerified = hence()
    const given = { id: db.newId(), name: "Ada", email, emailVerified, image: "/ada.png" }
    const user = await db.adapter.createUser(given)

    const { id } = user
    expect(user).toStrictEqual(db.whole("user", { ...given, id: given.id ?? id }))
    const row = { ...given, id, emailVerified: emailVerified.getTime() }
    expect(await stored(id)).toEqual(db.kept("user", row))
  })

  test("keeps a given id where the column can hold it", async () => {
    const uuid = randomUUID()
    const given = { text: unique("my id, any text"), uuid, serial: uuid }[db.schema.ids]
    const { id } = await makeUser(db.adapter, { id: given })
    expect(id === given).toBe(db.schema.ids !== "serial")
    expect(await stored(id)).not.toBeNull()
  })

  test("makes a UUIDv7, or has the database count, when there is no id, or undefined", async () => {
    const before = Date.now()
    const users = [
      await db.adapter.createUser({ email: uniqueEmail() }),
      await db.adapter.createUser({ id: undefined, email: uniqueEmail() }),
    ]
    const after = Date.now()

    expect(users[0].id).not.toBe(users[1].id)
    for (const { id } of users) {
      expect(await stored(id)).not.toBeNull()
      expect(id).toMatch(db.schema.ids === "serial" ? /^\d+$/ : UUIDV7)
      if (db.schema.ids === "serial") continue
      const time = Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)
      expect(time).toBeGreaterThanOrEqual(before)
      expect(time).toBeLessThanOrEqual(after)
    }
  })

  test("takes an id that is a number as its text", async () => {
    const given = Date.now()
    const user = await makeUser(db.adapter, { id: given })

    expect(user.id === String(given)).toBe(db.schema.ids === "text")
    expect((await stored(user.id)).id).toBe(user.id)
    expect(await db.adapter.getUser(user.id)).toStrictEqual(user)
    const found = await db.adapter.getUser(db.schema.ids === "serial" ? Number(user.id) : given)
    expect(found).toStrictEqual(db.schema.ids === "uuid" ? null : user)
  })

  test("gives null, never undefined, for what was not given", async () => {
    if (db.schema.emailRequired) {
      const error = await refused(db.adapter.createUser({}), "ERR_INVALID_ARGUMENT")
      expect(error.message).toContain("user.email")
      return
    }
    const user = await db.adapter.createUser({})
    const { id } = user
    expect(user).toStrictEqual(db.whole("user", { id: expect.any(String) }))
    const nulls = { name: null, email: null, emailVerified: null, image: null }
    expect(await stored(id)).toEqual(db.kept("user", { id, ...nulls }))
  })

  test("treats undefined and null as nothing", async () => {
    const user = await db.adapter.createUser({
      name: undefined,
      email: uniqueEmail(),
      emailVerified: null,
      image: undefined,
    })
    expect(user).toMatchObject(db.kept("user", { name: null, emailVerified: null, image: null }))
  })

  test("keeps an empty text apart from null", async () => {
    const user = await makeUser(db.adapter, { name: "", image: "" })
    const empty = db.kept("user", { name: "", image: "" })
    expect(user).toMatchObject(empty)
    expect(await stored(user.id)).toMatchObject(empty)
  })

  test("lets several users have no e-mail address", async () => {
    const calls = [1, 2, 3].map(() => db.adapter.createUser({ id: db.newId(), email: null }))
    if (db.schema.emailRequired) {
      for (const call of calls) await refused(call, "ERR_INVALID_ARGUMENT")
      return
    }
    const users = await Promise.all(calls)
    expect(new Set(users.map(({ id }) => id)).size).toBe(3)
    for (const { id } of users) expect((await stored(id)).email).toBeNull()
  })

  test("leaves out keys that the table has no column for", async () => {
    const user = await makeUser(db.adapter, { login: "ada", nested: { deep: [1] }, ok: true })
    expect(Object.keys(user).sort()).toEqual(Object.keys(db.whole("user", {})).sort())
  })

  test("trims the e-mail address and lower-cases its ASCII letters only, in tables of ours", async () => {
    const tail = unique("x")
    const given = `  Ünï.${tail}@EXAMPLE.com `
    const user = await makeUser(db.adapter, { email: given })

    const kept = db.schema.own ? `Ünï.${tail}@example.com` : given
    expect(user.email).toBe(kept)
    expect((await stored(user.id)).email).toBe(kept)
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

    const written = db.schema.own ? ` ${email.toUpperCase()}` : email
    const other = { id: db.newId(), name: "Eve", email: written }
    const error = await refused(db.adapter.createUser(other), "ERR_UNIQUE")

    expect(error.operation).toBe("createUser")
    expect(await stored(first.id)).toEqual(before)
    expect(await db.countOf("user", { name: "Eve", email: db.address(written) })).toBe(0)
  })

  test("refuses a taken e-mail address whether or not it is verified", async () => {
    const email = uniqueEmail()
    await makeUser(db.adapter, { email, emailVerified: hence() })
    await refused(db.adapter.createUser({ email, emailVerified: hence() }), "ERR_UNIQUE")
    await refused(db.adapter.createUser({ email }), "ERR_UNIQUE")
    expect(await db.countOf("user", { email })).toBe(1)
  })

  test("refuses a taken id and leaves the row there alone", async () => {
    const first = await makeUser(db.adapter)
    const before = await stored(first.id)
    const again = { id: first.id, name: "Eve", email: uniqueEmail() }

    if (db.schema.ids === "serial") {
      expect((await db.adapter.createUser(again)).id).not.toBe(first.id)
      expect(await stored(first.id)).toEqual(before)
      return
    }
    await refused(db.adapter.createUser(again), "ERR_UNIQUE")
    expect(await stored(first.id)).toEqual(before)
    expect(await db.adapter.getUserByEmail(again.email)).toBeNull()
  })

  test("refuses the very same user a second time", async () => {
    const user = { id: db.newId(), name: "Ada", email: uniqueEmail() }
    await db.adapter.createUser(user)
    await refused(db.adapter.createUser(user), "ERR_UNIQUE")
  })
})
