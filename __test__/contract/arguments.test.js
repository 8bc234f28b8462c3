const { inspect, types } = require("node:util")
const { contract } = require("../support/contract")
const { expectPlain, refused } = require("../support/expectations")
const { hence, makeSession, makeUser, passkey } = require("../support/samples")
const { unique, uniqueEmail } = require("../support/samples")

/** The functions that take a key, and what they give when it is not there. */
const BY_KEY = {
  getUser: null,
  getUserByEmail: null,
  deleteUser: null,
  getSessionAndUser: null,
  deleteSession: null,
  getAuthenticator: null,
  getAccount: null,
  listAuthenticatorsByUserId: [],
  listSessions: [],
  listAccounts: [],
  deleteSessionsByUser: 0,
  deleteVerificationTokens: 0,
}

/** The functions that take an object that names what is looked up. */
const BY_OBJECT = ["getUserByAccount", "unlinkAccount", "useVerificationToken"]

/** The functions that take an object to store. */
const WRITES = [
  "createUser",
  "updateUser",
  "linkAccount",
  "createSession",
  "updateSession",
  "createVerificationToken",
  "createAuthenticator",
]

const NO_TEXTS = [
  ["an object", {}],
  ["an array", ["a"]],
  ["a function", () => "a"],
  ["a symbol", Symbol("a")],
  ["true", true],
  ["false", false],
  ["a bigint", 1n],
  ["a date", new Date(0)],
  ["a String object", Object("a")],
]

const NO_OBJECTS = [
  ["a text", "text"],
  ["a number", 7],
  ["true", true],
  ["a symbol", Symbol("a")],
  ["a bigint", 1n],
]

contract("arguments", (db) => {
  test.each(Object.entries(BY_KEY))("%s of null and undefined gives %p", async (name, none) => {
    expect(await db.adapter[name](null)).toStrictEqual(none)
    expect(await db.adapter[name](undefined)).toStrictEqual(none)
    expect(await db.adapter[name]()).toStrictEqual(none)
  })

  test.each(BY_OBJECT)("%s of null, undefined and an empty object gives null", async (name) => {
    for (const argument of [null, undefined, {}]) {
      expect(await db.adapter[name](argument)).toBeNull()
    }
  })

  describe.each(NO_TEXTS)("%s for a text", (_, wrong) => {
    test.each(Object.keys(BY_KEY))("is refused by %s", async (name) => {
      const error = await refused(db.adapter[name](wrong, "github"), "ERR_INVALID_ARGUMENT")
      expect(error.operation).toBe(name)
    })

    test("is refused within an object", async () => {
      const key = { provider: "github", providerAccountId: "1" }
      const account = { ...key, userId: "1", type: "oauth" }
      const session = { sessionToken: "1", userId: "1", expires: hence() }
      const token = { identifier: "a", token: "b", expires: hence() }
      const calls = [
        ["getUserByAccount", { ...key, provider: wrong }],
        ["unlinkAccount", { ...key, providerAccountId: wrong }],
        ["useVerificationToken", { identifier: "a", token: wrong }],
        ["useVerificationToken", { identifier: wrong, token: "a" }],
        ["createUser", { id: wrong }],
        ["createUser", { email: wrong }],
        ["updateUser", { id: wrong, name: "Eve" }],
        ["linkAccount", { ...account, userId: wrong }],
        ["linkAccount", { ...account, provider: wrong }],
        ["createSession", { ...session, sessionToken: wrong }],
        ["updateSession", { ...session, sessionToken: wrong }],
        ["createVerificationToken", { ...token, identifier: wrong }],
        ["createAuthenticator", passkey("1", { credentialID: wrong })],
      ]
      for (const [operation, argument] of calls) {
        const error = await refused(db.adapter[operation](argument), "ERR_INVALID_ARGUMENT")
        expect(error.operation).toBe(operation)
      }
    })
  })

  describe.each([...NO_OBJECTS, ["null", null], ["undefined", undefined]])(
    "%s for an object",
    (_, wrong) => {
      test.each(WRITES)("is refused by %s", async (name) => {
        const error = await refused(db.adapter[name](wrong), "ERR_INVALID_ARGUMENT")
        expect(error.operation).toBe(name)
      })
    },
  )

  describe.each(NO_OBJECTS)("%s for an object", (_, wrong) => {
    test.each(BY_OBJECT)("is refused by %s", async (name) => {
      await refused(db.adapter[name](wrong), "ERR_INVALID_ARGUMENT")
    })
  })

  test.each([...Object.keys(BY_KEY), ...BY_OBJECT, ...WRITES])(
    "%s always returns a promise",
    async (name) => {
      const odd = [undefined, null, Symbol("s"), 1n, {}, [], () => {}, Object.create(null), NaN]
      for (const argument of odd) {
        const promise = db.adapter[name](argument, argument, argument)
        expect(types.isPromise(promise)).toBe(true)
        await promise.catch((error) => expect(error.name).toBe("SqlxAdapterError"))
      }
    },
  )

  test("a getter that throws is a rejection that does not say what it threw", async () => {
    const hostile = {
      id: "1",
      get email() {
        throw new Error("the getter's secret")
      },
    }
    const error = await refused(db.adapter.createUser(hostile), "ERR_INVALID_ARGUMENT")
    expect(inspect(error, { showHidden: true })).not.toContain("the getter's secret")
    const key = {
      get token() {
        throw undefined
      },
    }
    await refused(db.adapter.useVerificationToken(key), "ERR_INVALID_ARGUMENT")
    expect(await db.adapter.getUser("1")).toBeNull()
    expect((await makeUser(db.adapter)).name).toBe("Ada")
  })

  test("a getter counts by what it gives", async () => {
    const email = uniqueEmail()
    const user = await db.adapter.createUser({
      get email() {
        return email
      },
    })
    expect(user.email).toBe(email)
  })

  test("a getter that calls the adapter does not upset it", async () => {
    const other = await makeUser(db.adapter)
    let inner
    const user = await db.adapter.createUser({
      get name() {
        inner = db.adapter.getUser(other.id)
        return "Reentrant"
      },
    })
    expect(user.name).toBe("Reentrant")
    expect(await inner).toStrictEqual(other)
  })

  test("a proxy counts as what it stands for", async () => {
    const email = uniqueEmail()
    const user = await db.adapter.createUser(new Proxy({ name: "Proxy", email }, {}))
    expect(user).toMatchObject({ name: "Proxy", email })
  })

  test("a revoked proxy, and one whose traps throw, are rejections", async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    await refused(db.adapter.createUser(proxy), "ERR_INVALID_ARGUMENT")
    const hostile = new Proxy(
      { name: "Eve" },
      {
        ownKeys: () => {
          throw new Error("no keys")
        },
        get: () => {
          throw new Error("no values")
        },
        getOwnPropertyDescriptor: () => {
          throw new Error("no descriptors")
        },
      },
    )
    await refused(db.adapter.createUser(hostile), "ERR_INVALID_ARGUMENT")
    await refused(db.adapter.getUserByAccount(hostile), "ERR_INVALID_ARGUMENT")
  })

  test("inherited keys do not count", async () => {
    const inherited = Object.create({ name: "Inherited", email: uniqueEmail() })
    expect(await db.adapter.createUser(inherited)).toMatchObject({ name: null, email: null })

    const { id } = await makeUser(db.adapter)
    const nameless = Object.create({ name: "Inherited" })
    nameless.id = id
    expect((await db.adapter.updateUser(nameless)).name).toBe("Ada")
  })

  test("a polluted Object.prototype changes nothing", async () => {
    Object.prototype.image = "polluted"
    Object.prototype.identifier = "polluted"
    try {
      const user = await db.adapter.createUser({ name: "Ada" })
      expect(user.image).toBeNull()
      expect(Object.hasOwn(user, "image")).toBe(true)
    } finally {
      delete Object.prototype.image
      delete Object.prototype.identifier
    }
  })

  test("a key called __proto__ is a key like any other, and unknown", async () => {
    const hostile = JSON.parse('{"name": "Ada", "__proto__": {"image": "x", "polluted": true}}')
    const user = await db.adapter.createUser(hostile)
    expect(user).toMatchObject({ name: "Ada", image: null })
    expectPlain(user)
    expect({}.polluted).toBeUndefined()
    const odd = { name: "Ada", constructor: 1, toString: 2, hasOwnProperty: 3, [Symbol("s")]: 4 }
    expect((await db.adapter.createUser(odd)).name).toBe("Ada")
  })

  test("an object without a prototype, a frozen one and a class's are fine", async () => {
    class Profile {
      #secret = 1
      constructor() {
        this.name = "Class"
      }
      get image() {
        return `${this.#secret}`
      }
    }
    const bare = Object.assign(Object.create(null), { name: "Bare" })
    expect((await db.adapter.createUser(bare)).name).toBe("Bare")
    const frozen = Object.freeze({ name: "Frozen" })
    expect((await db.adapter.createUser(frozen)).name).toBe("Frozen")
    expect(await db.adapter.createUser(new Profile())).toMatchObject({
      name: "Class",
      image: null,
    })
  })

  test("arguments are read before the call returns, and never changed", async () => {
    const email = uniqueEmail()
    const emailVerified = hence()
    const time = emailVerified.getTime()
    const given = { name: "Before", email: ` ${email} `, emailVerified }
    const copy = structuredClone(given)
    const call = db.adapter.createUser(given)
    expect(given).toEqual(copy)
    given.name = "After"
    given.emailVerified.setTime(0)

    const user = await call
    expect(user).toMatchObject({ name: "Before", email })
    expect(user.emailVerified.getTime()).toBe(time)
  })

  test("further arguments are left alone", async () => {
    const user = await makeUser(db.adapter)
    expect(await db.adapter.getUser(user.id, "more", { than: "needed" })).toStrictEqual(user)
  })

  test("an object with a thousand unknown keys is fine", async () => {
    const keys = Array.from({ length: 1000 }, (_, n) => [`key${n}`, { value: n }])
    const user = await db.adapter.createUser({ ...Object.fromEntries(keys), name: "Wide" })
    expect(Object.keys(user)).toHaveLength(5)
  })

  test("one call's wrong argument does not touch the others", async () => {
    const user = await makeUser(db.adapter)
    const session = await makeSession(db.adapter, user.id)
    const calls = Array.from({ length: 60 }, (_, n) => {
      if (n % 3 === 0) return db.adapter.getSessionAndUser(session.sessionToken)
      if (n % 3 === 1) return db.adapter.getSessionAndUser(Symbol("wrong"))
      return db.adapter.createSession({
        sessionToken: unique("session"),
        userId: user.id,
        expires: n % 2 ? hence() : "soon",
      })
    })
    const settled = await Promise.allSettled(calls)
    settled.forEach(({ status, value, reason }, n) => {
      if (n % 3 === 0) expect(value).toStrictEqual({ session, user })
      else if (n % 3 === 1 || n % 2 === 0) expect(reason.code).toBe("ERR_INVALID_ARGUMENT")
      else expect(status).toBe("fulfilled")
    })
  })
})
