const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeUser, unique, uniqueEmail } = require("../support/samples")

contract("updateUser", (db) => {
  const stored = (id) => db.row("SELECT * FROM users WHERE id = ?", [id])

  function makeFullUser(values) {
    return makeUser(db.adapter, { emailVerified: hence(), image: "/ada.png", ...values })
  }

  test("changes what is given and returns the whole row", async () => {
    const user = await makeFullUser()
    const other = await makeFullUser()
    const emailVerified = hence(5_000)
    const updated = await db.adapter.updateUser({ id: user.id, emailVerified })

    expect(updated).toStrictEqual({ ...user, emailVerified })
    expect(db.date((await stored(user.id)).email_verified)).toBe(emailVerified.getTime())
    expect(await db.adapter.getUser(other.id)).toStrictEqual(other)
  })

  test("changes every column at once", async () => {
    const { id } = await makeFullUser()
    const changed = {
      id,
      name: "Grace",
      email: uniqueEmail("grace"),
      emailVerified: hence(1_000),
      image: "/grace.png",
    }
    expect(await db.adapter.updateUser(changed)).toStrictEqual(changed)
    expect(await stored(id)).toMatchObject({ name: "Grace", email: changed.email })
  })

  test("leaves a column alone when its key is missing", async () => {
    const user = await makeFullUser()
    expect(await db.adapter.updateUser({ id: user.id })).toStrictEqual(user)
    expect(await db.adapter.getUser(user.id)).toStrictEqual(user)
  })

  test("leaves a column alone when its value is undefined", async () => {
    const user = await makeFullUser()
    const nothing = { name: undefined, email: undefined, emailVerified: undefined }
    const updated = await db.adapter.updateUser({ id: user.id, ...nothing, image: "/new.png" })
    expect(updated).toStrictEqual({ ...user, image: "/new.png" })
  })

  test("sets a column to null when its value is null", async () => {
    const user = await makeFullUser()
    const nulls = { name: null, email: null, emailVerified: null, image: null }

    expect(await db.adapter.updateUser({ id: user.id, ...nulls })).toStrictEqual({
      id: user.id,
      ...nulls,
    })
    expect(await stored(user.id)).toMatchObject({
      name: null,
      email: null,
      email_verified: null,
      image: null,
    })
  })

  test("normalises a new e-mail address", async () => {
    const user = await makeFullUser()
    const email = uniqueEmail("Grace")
    const written = ` ${email.toUpperCase()} `
    const updated = await db.adapter.updateUser({ id: user.id, email: written })
    expect(updated.email).toBe(email.toLowerCase())
    expect((await stored(user.id)).email).toBe(email.toLowerCase())
  })

  test("takes the user's own e-mail address again", async () => {
    const user = await makeFullUser()
    const same = { id: user.id, email: user.email.toUpperCase(), name: "Grace" }
    expect(await db.adapter.updateUser(same)).toStrictEqual({ ...user, name: "Grace" })
  })

  test("refuses an e-mail address that another user has, and changes neither", async () => {
    const [ada, eve] = [await makeFullUser(), await makeFullUser({ name: "Eve" })]
    const error = await refused(
      db.adapter.updateUser({ id: eve.id, name: "Mallory", email: ada.email.toUpperCase() }),
      "ERR_UNIQUE",
    )
    expect(error.operation).toBe("updateUser")
    expect(await db.adapter.getUser(ada.id)).toStrictEqual(ada)
    expect(await db.adapter.getUser(eve.id)).toStrictEqual(eve)
  })

  test("rejects an unknown user and stores nothing", async () => {
    const id = unique("nobody")
    const error = await refused(db.adapter.updateUser({ id, name: "Eve" }), "ERR_NOT_FOUND")
    expect(error.operation).toBe("updateUser")
    await refused(db.adapter.updateUser({ id }), "ERR_NOT_FOUND")
    expect(await stored(id)).toBeNull()
  })

  test("rejects a missing, undefined or null id, and changes nobody", async () => {
    const user = await makeFullUser()
    for (const nameless of [{}, { id: undefined }, { id: null }]) {
      await refused(
        db.adapter.updateUser({ ...nameless, name: "Everyone" }),
        "ERR_INVALID_ARGUMENT",
      )
    }
    expect(await db.adapter.getUser(user.id)).toStrictEqual(user)
    expect(await db.count("users", "name = ?", ["Everyone"])).toBe(0)
  })

  test("takes an id that is a number as its text", async () => {
    const id = Date.now() + 7
    const user = await makeFullUser({ id })
    expect(await db.adapter.updateUser({ id, name: "Seven" })).toStrictEqual({
      ...user,
      name: "Seven",
    })
  })

  test("leaves out keys that the table has no column for", async () => {
    const user = await makeFullUser()
    const updated = await db.adapter.updateUser({ id: user.id, login: "ada", id2: 1 })
    expect(updated).toStrictEqual(user)
  })

  test("updates of one user that arrive together are all done", async () => {
    const user = await makeFullUser()
    const values = { name: "Grace", image: "/grace.png", emailVerified: hence(9_000) }
    await Promise.all(
      Object.entries(values).map(([key, value]) =>
        db.adapter.updateUser({ id: user.id, [key]: value }),
      ),
    )
    expect(await db.adapter.getUser(user.id)).toStrictEqual({ ...user, ...values })
  })
})
