const { inspect } = require("node:util")
const { SqlxAdapterError } = require("../..")
const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { hence, makeAccount, makeSession, makeToken } = require("../support/samples")
const { makeUser, passkey, unique, uniqueEmail } = require("../support/samples")

/** Everything of an error that a log could show. */
function everythingOf(error) {
  return [
    String(error),
    error.stack,
    inspect(error, { depth: Infinity, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(error.cause ?? null),
    JSON.stringify(Object.getOwnPropertyDescriptors(error)),
  ].join("\n")
}

contract("errors", (db) => {
  /** One error of each kind that a call can give, with the secrets that were in its arguments. */
  async function errors() {
    const user = await makeUser(db.adapter)
    const secrets = {
      id: unique("secret-id"),
      email: uniqueEmail("secret-email"),
      name: unique("secret-name"),
      token: unique("secret-token"),
      account: unique("secret-account"),
    }
    const { id, email, name, token, account } = secrets
    const owner = await makeUser(db.adapter, { id, email })
    const linked = await makeAccount(db.adapter, owner.id, { providerAccountId: account })
    const session = await makeSession(db.adapter, owner.id, { sessionToken: token })
    const pending = await makeToken(db.adapter, { identifier: email, token })
    const key = passkey(owner.id, { credentialID: token })
    await db.adapter.createAuthenticator(key)
    const nobody = `${id}-nobody`

    const calls = [
      ["createUser", "ERR_UNIQUE", { name, email }],
      ["createUser", "ERR_UNIQUE", { id, name }],
      ["updateUser", "ERR_UNIQUE", { id: user.id, name, email }],
      ["updateUser", "ERR_NOT_FOUND", { id: nobody, name }],
      ["linkAccount", "ERR_UNIQUE", { ...linked, userId: user.id, access_token: token }],
      ["linkAccount", "ERR_FOREIGN_KEY", { ...linked, userId: nobody, providerAccountId: name }],
      ["createSession", "ERR_UNIQUE", session],
      ["createSession", "ERR_FOREIGN_KEY", { ...session, sessionToken: name, userId: nobody }],
      ["createAuthenticator", "ERR_UNIQUE", key],
      ["createAuthenticator", "ERR_FOREIGN_KEY", { ...key, credentialID: name, userId: nobody }],
      ["createUser", "ERR_INVALID_ARGUMENT", { name: `${name}\0`, email }],
      ["createSession", "ERR_INVALID_ARGUMENT", { ...session, expires: token }],
      ["createVerificationToken", "ERR_INVALID_ARGUMENT", { ...pending, expires: new Date(NaN) }],
      ["createAuthenticator", "ERR_INVALID_ARGUMENT", { ...key, counter: -1 }],
    ]
    const found = []
    for (const [operation, code, argument] of calls) {
      const error = await refused(db.adapter[operation](argument), code)
      expect(error.operation).toBe(operation)
      found.push(error)
    }
    return { found, secrets: Object.values(secrets) }
  }

  test("show no value of the arguments, in any way that they can be printed", async () => {
    const { found, secrets } = await errors()
    for (const error of found) {
      const everything = everythingOf(error)
      for (const secret of secrets) expect(everything).not.toContain(secret)
      expect(everything).not.toContain(db.url)
    }
  })

  test("are instances of SqlxAdapterError and of Error", async () => {
    const { found } = await errors()
    for (const error of found) {
      expect(error).toBeInstanceOf(SqlxAdapterError)
      expect(error).toBeInstanceOf(Error)
      expect(Object.getPrototypeOf(error)).toBe(SqlxAdapterError.prototype)
      expect(error.name).toBe("SqlxAdapterError")
      expect(String(error)).toMatch(/^SqlxAdapterError: ./)
    }
  })

  test("say in their message which function failed", async () => {
    const { found } = await errors()
    for (const error of found) expect(error.message).toContain(error.operation)
  })

  test("have their code in the first line of the stack, where logs show nothing else", async () => {
    const { found } = await errors()
    for (const error of found) {
      const [first] = error.stack.split("\n")
      expect(first).toBe(`SqlxAdapterError [${error.code}]: ${error.message}`)
    }
  })

  test("have a plain cause, safe for JSON, where the database said something", async () => {
    const asksForUsers = db.name === "sqlite" && Object.keys(db.scope).length > 0
    const { found } = await errors()
    for (const error of found) {
      // What the statement itself finds violates no key: an account that another user has and, where
      // a scope was added to tables whose foreign keys cannot be told of it, a user who is not there.
      const seen =
        error.code === "ERR_UNIQUE"
          ? error.operation === "linkAccount"
          : error.code === "ERR_FOREIGN_KEY" && asksForUsers
      if (["ERR_UNIQUE", "ERR_FOREIGN_KEY"].includes(error.code) && !seen) {
        expect(error.cause).toMatchObject({ database: db.kind })
        expect(typeof error.cause.code).toBe("string")
        expect(JSON.parse(JSON.stringify(error.cause))).toEqual(error.cause)
        const known = ["code", "constraint", "database", "table"]
        expect(known).toEqual(expect.arrayContaining(Object.keys(error.cause)))
      } else if (!seen) {
        expect(error.cause).toBeUndefined()
      }
    }
  })

  test("name the table whose row was in the way", async () => {
    const { found } = await errors()
    const tables = found
      .filter((error) => error.code === "ERR_UNIQUE" && error.cause)
      .map((error) => [error.operation, error.cause.table])
    expect(tables.filter(([operation]) => operation !== "linkAccount")).toEqual([
      ["createUser", "users"],
      ["createUser", "users"],
      ["updateUser", "users"],
      ["createSession", "sessions"],
      ["createAuthenticator", "authenticators"],
    ])
  })

  test("add no enumerable keys, which core's logger would print", async () => {
    const { found } = await errors()
    for (const error of found) {
      expect(Object.keys(error)).toEqual([])
      for (const key of ["name", "code", "operation"]) {
        expect(Object.propertyIsEnumerable.call(error, key)).toBe(false)
      }
    }
  })

  test("are rejections of promises, with nothing left unhandled", async () => {
    const unhandled = []
    const listen = (reason) => unhandled.push(reason)
    process.on("unhandledRejection", listen)
    await db.adapter.createUser({ emailVerified: "wrong" }).catch(() => {})
    await db.adapter.updateUser({ id: unique("nobody") }).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off("unhandledRejection", listen)
    expect(unhandled).toEqual([])
  })

  test("come one for each call, not one for all", async () => {
    const email = uniqueEmail()
    await makeUser(db.adapter, { email })
    const calls = [1, 2].map(() => refused(db.adapter.createUser({ email }), "ERR_UNIQUE"))
    const [first, second] = await Promise.all(calls)
    expect(first).not.toBe(second)
  })

  test("of one call do not spoil the others that are stored along with it", async () => {
    const email = uniqueEmail()
    await makeUser(db.adapter, { email })
    const calls = Array.from({ length: 50 }, (_, n) => {
      if (n % 5 === 1) return db.adapter.createUser({ email })
      if (n % 5 === 2) return makeSession(db.adapter, unique("nobody"))
      if (n % 5 === 3) return db.adapter.updateUser({ id: unique("nobody"), name: "Eve" })
      return makeUser(db.adapter, { emailVerified: hence() })
    })
    const settled = await Promise.allSettled(calls)
    const expected = ["ok", "ERR_UNIQUE", "ERR_FOREIGN_KEY", "ERR_NOT_FOUND", "ok"]
    const seen = settled.map(({ status, reason }) => (status === "fulfilled" ? "ok" : reason.code))
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => expected[n % 5]))
    const ids = settled.flatMap(({ value }) => (value ? [value.id] : []))
    const marks = ids.map(() => "?").join(", ")
    expect(await db.count("users", `id IN (${marks})`, ids)).toBe(20)
  })
})
