const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { makeUser, passkey, unique } = require("../support/samples")

contract("passkeys", (db) => {
  if (!db.schema.passkeys) {
    test("are refused by name where there is no table for them", async () => {
      const user = await makeUser(db.adapter)
      for (const call of [
        db.adapter.createAuthenticator(passkey(user.id)),
        db.adapter.getAuthenticator(unique("credential")),
        db.adapter.listAuthenticatorsByUserId(user.id),
        db.adapter.updateAuthenticatorCounter(unique("credential"), 1),
      ]) {
        const error = await refused(call, "ERR_UNSUPPORTED")
        expect(error.message).toContain("schema.authenticator")
      }
      expect(await db.adapter.deleteUser(user.id)).toStrictEqual(user)
    })
    return
  }

  const stored = (credentialID) => db.one("authenticator", { credentialID })

  async function makePasskey(values) {
    const user = await makeUser(db.adapter)
    return db.adapter.createAuthenticator(passkey(user.id, values))
  }

  test("createAuthenticator stores every column and returns them", async () => {
    const user = await makeUser(db.adapter)
    const given = passkey(user.id, { counter: 7 })
    expect(await db.adapter.createAuthenticator(given)).toStrictEqual(given)

    expect(await stored(given.credentialID)).toEqual(given)
  })

  test.each([true, false])("keeps credentialBackedUp: %s", async (credentialBackedUp) => {
    const made = await makePasskey({ credentialBackedUp })
    expect(made.credentialBackedUp).toBe(credentialBackedUp)
    const found = await db.adapter.getAuthenticator(made.credentialID)
    expect(found.credentialBackedUp).toBe(credentialBackedUp)
    expect((await stored(made.credentialID)).credentialBackedUp).toBe(credentialBackedUp)
  })

  test.each([undefined, null])("takes transports: %s as nothing", async (transports) => {
    const made = await makePasskey({ transports })
    expect(made.transports ?? null).toBeNull()
    expect((await stored(made.credentialID)).transports).toBeNull()
    const found = await db.adapter.getAuthenticator(made.credentialID)
    expect(found.transports ?? null).toBeNull()
  })

  test("getAuthenticator gives the passkey, or null", async () => {
    const made = await makePasskey()
    expect(await db.adapter.getAuthenticator(made.credentialID)).toStrictEqual(made)
    expect(await db.adapter.getAuthenticator(unique("credential"))).toBeNull()
    expect(await db.adapter.getAuthenticator("")).toBeNull()
  })

  test("createAuthenticator refuses a credential that is taken, and changes nothing", async () => {
    const made = await makePasskey()
    const eve = await makeUser(db.adapter)
    const again = passkey(eve.id, { credentialID: made.credentialID, credentialPublicKey: "eve" })
    const error = await refused(db.adapter.createAuthenticator(again), "ERR_UNIQUE")
    expect(error.operation).toBe("createAuthenticator")
    expect(await db.adapter.getAuthenticator(made.credentialID)).toStrictEqual(made)
  })

  test("createAuthenticator refuses a user that is not there", async () => {
    const given = passkey(db.unknownId())
    await refused(db.adapter.createAuthenticator(given), "ERR_FOREIGN_KEY")
    expect(await stored(given.credentialID)).toBeNull()
  })

  test.each([
    "credentialID",
    "userId",
    "providerAccountId",
    "credentialPublicKey",
    "counter",
    "credentialDeviceType",
    "credentialBackedUp",
  ])("createAuthenticator refuses a passkey without %s", async (key) => {
    const user = await makeUser(db.adapter)
    for (const value of [undefined, null]) {
      const given = passkey(user.id, { [key]: value })
      await refused(db.adapter.createAuthenticator(given), "ERR_INVALID_ARGUMENT")
    }
    expect(await db.countOf("authenticator", { userId: user.id })).toBe(0)
  })

  test("listAuthenticatorsByUserId gives a user's passkeys", async () => {
    const [ada, eve] = [await makeUser(db.adapter), await makeUser(db.adapter)]
    const hers = []
    for (let n = 0; n < 3; n += 1) {
      hers.push(await db.adapter.createAuthenticator(passkey(ada.id)))
    }
    await db.adapter.createAuthenticator(passkey(eve.id))

    const byId = (a, b) => (a.credentialID < b.credentialID ? -1 : 1)
    const listed = await db.adapter.listAuthenticatorsByUserId(ada.id)
    expect(listed.sort(byId)).toStrictEqual(hers.sort(byId))
  })

  test("listAuthenticatorsByUserId gives an empty list when there are none", async () => {
    const user = await makeUser(db.adapter)
    expect(await db.adapter.listAuthenticatorsByUserId(user.id)).toStrictEqual([])
    expect(await db.adapter.listAuthenticatorsByUserId("invalid-user-id")).toStrictEqual([])
    expect(await db.adapter.listAuthenticatorsByUserId("")).toStrictEqual([])
  })

  test.each([0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])("keeps the counter %d", async (counter) => {
    if (counter > db.schema.counter) {
      await refused(makePasskey({ counter }), "ERR_INVALID_ARGUMENT")
      return
    }
    const made = await makePasskey({ counter })
    expect(made.counter).toBe(counter)
    expect((await stored(made.credentialID)).counter).toBe(counter)
  })

  test("updateAuthenticatorCounter stores the counter and returns the passkey", async () => {
    const made = await makePasskey()
    const other = await makePasskey()
    for (const counter of [1, db.schema.counter, 0]) {
      const updated = await db.adapter.updateAuthenticatorCounter(made.credentialID, counter)
      expect(updated).toStrictEqual({ ...made, counter })
      expect((await stored(made.credentialID)).counter).toBe(counter)
    }
    expect(await db.adapter.getAuthenticator(other.credentialID)).toStrictEqual(other)
  })

  test("updateAuthenticatorCounter rejects a credential that is not there", async () => {
    for (const credentialID of [unique("credential"), ""]) {
      const call = db.adapter.updateAuthenticatorCounter(credentialID, 1)
      const error = await refused(call, "ERR_NOT_FOUND")
      expect(error.operation).toBe("updateAuthenticatorCounter")
    }
  })

  test.each([-1, 0.5, 2 ** 32, Number.NaN, Infinity, -Infinity, "1", 1n, null, undefined, {}])(
    "refuses the counter %p",
    async (counter) => {
      const user = await makeUser(db.adapter)
      const given = passkey(user.id, { counter })
      await refused(db.adapter.createAuthenticator(given), "ERR_INVALID_ARGUMENT")
      expect(await stored(given.credentialID)).toBeNull()

      const made = await db.adapter.createAuthenticator({ ...given, counter: 5 })
      const call = db.adapter.updateAuthenticatorCounter(made.credentialID, counter)
      await refused(call, "ERR_INVALID_ARGUMENT")
      expect((await stored(made.credentialID)).counter).toBe(5)
    },
  )
})
