const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeUser, uniqueEmail } = require("../support/samples")

contract("updateUser", (db) => {
  const stored = (id) => db.one("user", { id })

  function makeFullUser(values) {
    return makeUser(db.adapter, { emailVerified: hence(), image: "/ada.png", ...values })
  }

  test("changes what is given and returns the whole row", async () => {
    const user = await makeFullUser()
    const other = await makeFullUser()
    const emailVerified = hence(5_000)
    const updated = await db.adapter.updateUser({ id: user.id, emailVerified })

    expect(updated).toStrictEqual({ ...user, emailVerified })
    expect((await stored(user.id)).emailVerified).toBe(emailVerified.getTime())
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
    expect(await db.adapter.updateUser(changed)).toStrictEqual(db.whole("user", changed))
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
    expect(updated).toStrictEqual(db.whole("user", { ...user, image: "/new.png" }))
  })

  test("sets a column to null when its value is null", async () => {
    const user = await makeFullUser()
    const nulls = { name: null, email: null, emailVerified: null, image: null }

    if (db.schema.emailRequired) {
      const call = db.adapter.updateUser({ id: user.id, ...nulls })
      await refused(call, "ERR_INVALID_ARGUMENT")
      expect(await db.adapter.getUser(user.id)).toStrictEqual(user)
      nulls.email = user.email
    }
    const emptied = { id: user.id, ...nulls }
    const answer = await db.adapter.updateUser(emptied)
    expect(answer).toStrictEqual(db.whole("user", emptied))
    expect(await stored(user.id)).toEqual(db.kept("user", emptied))
  })

  test("normalises a new e-mail address in tables of ours", async () => {
    const user = await makeFullUser()
    const email = uniqueEmail("Grace")
    const written = ` ${email.toUpperCase()} `
    const updated = await db.adapter.updateUser({ id: user.id, email: written })
    const kept = db.schema.own ? email.toLowerCase() : written
    expect(updated.email).toBe(kept)
    expect((await stored(user.id)).email).toBe(kept)
  })

  test("takes the user's own e-mail address again", async () => {
    const user = await makeFullUser()
    for (const email of [user.email, user.email.toUpperCase()]) {
      const same = { id: user.id, email, name: "Grace" }
      const updated = await db.adapter.updateUser(same)
      expect(updated).toStrictEqual({ ...user, name: "Grace", email: db.address(email) })
    }
  })

  test("refuses an e-mail address that another user has, and changes neither", async () => {
    const [ada, eve] = [await makeFullUser(), await makeFullUser({ name: "Eve" })]
    const email = db.schema.own ? ada.email.toUpperCase() : ada.email
    const call = db.adapter.updateUser({ id: eve.id, name: "Mallory", email })
    const error = await refused(call, "ERR_UNIQUE")
    expect(error.operation).toBe("updateUser")
    expect(await db.adapter.getUser(ada.id)).toStrictEqual(ada)
    expect(await db.adapter.getUser(eve.id)).toStrictEqual(eve)
  })

  test("rejects an unknown user and stores nothing", async () => {
    const id = db.unknownId()
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
    expect(await db.countOf("user", { name: "Everyone" })).toBe(0)
  })

  test("takes an id that is a number as its text", async () => {
    const user = await makeFullUser({ id: Date.now() + 7 })
    if (db.schema.ids === "uuid") {
      await refused(db.adapter.updateUser({ id: Date.now(), name: "Seven" }), "ERR_NOT_FOUND")
      return
    }
    const id = Number(user.id)
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
    const changed = db.whole("user", { ...user, ...values })
    expect(await db.adapter.getUser(user.id)).toStrictEqual(changed)
  })
})
