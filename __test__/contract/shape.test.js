const { readFileSync } = require("node:fs")
const { SqlxAdapter, SqlxAdapterError, default: byDefault } = require("../..")
const entry = require("../..")
const { contract } = require("../support/contract")
const { expectPlain, refused } = require("../support/expectations")
const { hence, makeSession, makeUser, passkey, unique } = require("../support/samples")

/** The functions that `index.d.ts` declares. */
const FUNCTIONS = declared("SqlxAdapterObject")

function declared(name) {
  const types = readFileSync(require.resolve("../../index.d.ts"), "utf8")
  const [, body] = types.match(new RegExp(`^export interface ${name} \\{\n(.*?)^\\}`, "ms"))
  const methods = Array.from(body.matchAll(/^ {2}(\w+)\(/gm), ([, method]) => method)
  return [...new Set(methods)]
}

contract("the adapter", (db) => {
  test("has what NextAuth 4 and 5 call", () => {
    const called = `
      createUser getUser getUserByEmail getUserByAccount updateUser deleteUser linkAccount
      unlinkAccount createSession getSessionAndUser updateSession deleteSession
      createVerificationToken useVerificationToken getAccount getAuthenticator createAuthenticator
      listAuthenticatorsByUserId updateAuthenticatorCounter
    `
    const names = called.trim().split(/\s+/)
    expect(names).toHaveLength(19)
    expect(Object.keys(db.adapter)).toEqual(expect.arrayContaining(names))
  })

  test("is a plain object whose own enumerable properties are functions", () => {
    const { adapter } = db
    expectPlain(adapter)
    expect(Object.keys(adapter).sort()).toEqual([...FUNCTIONS].sort())
    expect(Reflect.ownKeys(adapter).sort()).toEqual([...FUNCTIONS].sort())
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(adapter))) {
      expect([name, typeof descriptor.value]).toEqual([name, "function"])
      expect(descriptor.value.name).toBe(name)
    }
  })

  test("is not a promise, so that awaiting it changes nothing", async () => {
    expect(await db.adapter).toBe(db.adapter)
  })

  test("works spread into another object, with a function replaced", async () => {
    const linked = []
    const adapter = { ...db.adapter, linkAccount: (account) => linked.push(account) }
    const user = await adapter.createUser({ name: "Spread" })
    adapter.linkAccount("account")
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    expect(linked).toEqual(["account"])
  })

  test("works destructured and called bare", async () => {
    const { createUser, getUser, createSession, getSessionAndUser, deleteUser } = db.adapter
    const user = await createUser({ name: "Bare" })
    expect(await getUser(user.id)).toStrictEqual(user)
    const session = { sessionToken: unique("session"), userId: user.id, expires: hence() }
    await createSession(session)
    expect(await getSessionAndUser(session.sessionToken)).toStrictEqual({ session, user })
    expect(await deleteUser(user.id)).toStrictEqual(user)
  })

  test("works called with any this", async () => {
    const user = await makeUser(db.adapter)
    for (const self of [null, undefined, {}, 7, new Proxy({}, {})]) {
      expect(await db.adapter.getUser.call(self, user.id)).toStrictEqual(user)
      expect(await db.adapter.getUser.apply(self, [user.id])).toStrictEqual(user)
    }
    expect(await Reflect.apply(db.adapter.getUser, "text", [user.id])).toStrictEqual(user)
  })

  test("works wrapped as core wraps it", async () => {
    const wrapped = Object.keys(db.adapter).reduce((functions, name) => {
      functions[name] = async (...args) => {
        const method = db.adapter[name]
        return await method(...args)
      }
      return functions
    }, {})
    const user = await wrapped.createUser({ name: "Wrapped" })
    expect(await wrapped.getUser(user.id)).toStrictEqual(user)
  })

  test("works frozen, and can be changed when it is not", async () => {
    const adapter = db.open()
    adapter.getUser = async () => "mine"
    expect(await adapter.getUser("x")).toBe("mine")
    expect(await Object.freeze(db.open()).getUser("x")).toBeNull()
  })

  test("is made anew by every call of SqlxAdapter", () => {
    expect(db.open()).not.toBe(db.open())
  })

  test("gives plain objects with own enumerable properties", async () => {
    const user = await makeUser(db.adapter)
    const { sessionToken } = await makeSession(db.adapter, user.id)
    const found = await db.adapter.getSessionAndUser(sessionToken)
    const key = await db.adapter.createAuthenticator(passkey(user.id))
    const [listed] = await db.adapter.listSessions(user.id)

    for (const value of [user, found, found.user, found.session, key, listed]) {
      expectPlain(value)
      expect(Object.values(value)).not.toContain(undefined)
    }
    expect(Object.keys(found)).toEqual(["session", "user"])
    expect(structuredClone(found)).toEqual(found)
    expect(JSON.parse(JSON.stringify(found)).user.id).toBe(user.id)
  })

  test("gives arrays, also empty ones", async () => {
    const user = await makeUser(db.adapter)
    await makeSession(db.adapter, user.id)
    for (const name of ["listSessions", "listAccounts", "listAuthenticatorsByUserId"]) {
      for (const id of [user.id, unique("nobody")]) {
        expect(Array.isArray(await db.adapter[name](id))).toBe(true)
      }
    }
  })

  test("gives every caller objects of its own", async () => {
    const user = await makeUser(db.adapter)
    const twice = [db.adapter.getUser(user.id), db.adapter.getUser(user.id)]
    const [first, second] = await Promise.all(twice)
    expect(first).not.toBe(second)
    first.name = "Changed"
    expect(second.name).toBe("Ada")
  })

  test("rejects every call after close, and closes as often as one likes", async () => {
    const adapter = db.open()
    expect(await adapter.getUser("x")).toBeNull()
    expect(await adapter.close()).toBeUndefined()
    expect(await Promise.all([adapter.close(), adapter.close()])).toEqual([undefined, undefined])

    for (const name of FUNCTIONS.filter((name) => name !== "close")) {
      const argument = name === "createUser" ? { name: "Late" } : "x"
      const promise = adapter[name](argument, "y")
      const error = await promise.then(
        () => undefined,
        (reason) => reason,
      )
      expect([name, error?.name]).toEqual([name, "SqlxAdapterError"])
      if (["getUser", "createUser", "deleteSession"].includes(name)) {
        expect(error).toMatchObject({ code: "ERR_CLOSED", operation: name })
      }
    }
    expect(await db.adapter.getUser("x")).toBeNull()
  })

  test("can be closed before its first call, and rejects that call", async () => {
    const adapter = db.open()
    await adapter.close()
    await refused(adapter.getUser("x"), "ERR_CLOSED")
  })

  test("answers the calls under way when it is closed", async () => {
    const adapter = db.open()
    const users = Array.from({ length: 40 }, (_, n) => ({ id: unique(`closing-${n}`) }))
    const calls = users.map((user) => adapter.createUser(user))
    const closing = adapter.close()
    await refused(adapter.getUser("late"), "ERR_CLOSED")

    const made = await Promise.all(calls)
    await closing
    expect(made.map((user) => user.id)).toEqual(users.map((user) => user.id))
    for (const { id } of users) expect((await db.adapter.getUser(id)).id).toBe(id)
  })

  test("goes on working when another adapter of the same place is closed", async () => {
    const [first, second] = [db.open(), db.open()]
    const user = await makeUser(first)
    expect(await second.getUser(user.id)).toStrictEqual(user)
    await first.close()
    expect(await second.getUser(user.id)).toStrictEqual(user)
    await second.close()
    const third = db.open()
    expect(await third.getUser(user.id)).toStrictEqual(user)
  })
})

describe("the entry point", () => {
  test("exports SqlxAdapter, also by default, and SqlxAdapterError", () => {
    expect(typeof SqlxAdapter).toBe("function")
    expect(byDefault).toBe(SqlxAdapter)
    expect(SqlxAdapter.name).toBe("SqlxAdapter")
    expect(Object.keys(entry).sort()).toEqual(["SqlxAdapter", "SqlxAdapterError", "default"])
  })

  test("has an error class that cannot be mistaken", () => {
    expect(Object.getPrototypeOf(SqlxAdapterError.prototype)).toBe(Error.prototype)
    expect(SqlxAdapterError.name).toBe("SqlxAdapterError")
  })
})
