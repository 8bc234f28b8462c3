// What NextAuth v2 and v3 call and read back, and the traps in it.

const { createHash, createHmac } = require("node:crypto")
const { SqlxAdapterError } = require("../..")
const { expectPlain, refused } = require("../support/expectations")
const { uniqueEmail } = require("../support/samples")
const { appOptions, legacy, mailer, randomToken } = require("./legacy")

const sha256 = (text) => createHash("sha256").update(text).digest("hex")

legacy("getAdapter", (place) => {
  let v3

  beforeAll(async () => {
    v3 = await place.adapter.getAdapter(appOptions())
  })

  const newUser = (values) => v3.createUser({ name: "Ada", email: uniqueEmail(), ...values })

  const rejected = (promise) =>
    promise.then(
      () => undefined,
      (error) => error,
    )

  describe("gives methods", () => {
    test("that are a plain object's own functions, and nothing else is", () => {
      expectPlain(v3)
      for (const [name, method] of Object.entries(v3)) {
        expect([name, typeof method, method.name]).toEqual([name, "function", name])
      }
      expect(Object.keys(v3)).toHaveLength(15)
    })

    test("that work bare, and wrapped as NextAuth 3.20 wraps them", async () => {
      const { createUser, getUser } = v3
      const user = await createUser({ email: uniqueEmail() })
      const wrapped = Object.keys(v3).reduce((methods, name) => {
        const method = v3[name]
        return Object.assign(methods, { [name]: async (...values) => await method(...values) })
      }, {})
      expect(await getUser(user.id)).toEqual(user)
      expect(await wrapped.getUser(user.id)).toEqual(user)
    })

    test("of an adapter with a function of the application's, which they call", async () => {
      const asked = []
      const own = {
        ...place.adapter,
        getUser: (id) => {
          asked.push(id)
          return place.adapter.getUser(id)
        },
      }
      const user = await newUser()
      const methods = await own.getAdapter(appOptions())
      expect(await methods.getUser(user.id)).toEqual(user)
      expect(asked).toEqual([user.id])
    })

    test("also for what v2 passes: a site, and neither session nor secret", async () => {
      const methods = await place.adapter.getAdapter({ site: "https://old.example" })
      const provider = mailer()
      const [email, token] = [uniqueEmail(), randomToken()]
      await methods.createVerificationRequest(email, "https://link", token, undefined, provider)
      const site = "https://old.example"
      expect(provider.sent).toMatchObject([{ baseUrl: site, site }])
      expect(await methods.getVerificationRequest(email, token)).toBeTruthy()
      const session = await methods.createSession(await newUser())
      expect(await methods.updateSession(session)).toBeNull()
    })

    test("and refuses what is no options", async () => {
      for (const wrong of [undefined, null, "options"]) {
        const error = await refused(place.adapter.getAdapter(wrong), "ERR_INVALID_ARGUMENT")
        expect(error.operation).toBe("getAdapter")
      }
    })
  })

  describe("users", () => {
    test("have an id of their own, not the profile's, and no key without a column", async () => {
      const email = uniqueEmail()
      const profile = { id: 583231, name: "Octo", email, image: null, login: "octo", plan: {} }
      const user = await v3.createUser(profile)
      const columns = { name: "Octo", email, image: null, emailVerified: null }
      expect(user).toEqual({ id: expect.any(String), ...columns })
      expect(user.id).not.toBe("583231")
    })

    test("are made of what providers have for texts: TypeORM took that, too", async () => {
      const odd = { name: 5, email: uniqueEmail(), image: false }
      expect(await v3.createUser(odd)).toMatchObject({ name: "5", email: odd.email, image: null })
      for (const name of [{}, { first: "Ada" }, ["Ada"], true]) {
        expect((await newUser({ name })).name).toBeNull()
      }
      expect((await newUser({ name: "" })).name).toBe("")
    })

    test("are verified when a link was followed: v3 says when, v2 that", async () => {
      const then = new Date(1_700_000_000_789)
      expect((await newUser({ emailVerified: then })).emailVerified).toEqual(then)
      const before = Date.now()
      const { emailVerified } = await newUser({ emailVerified: true })
      expect(emailVerified.getTime()).toBeGreaterThanOrEqual(before)
      const user = await v3.updateUser({ ...(await newUser()), emailVerified: true })
      expect(user.emailVerified.getTime()).toBeGreaterThanOrEqual(before)
    })

    test("come back with the same id, of the same type, from every method", async () => {
      const user = await newUser()
      await v3.linkAccount(user.id, "github", "oauth", `${user.id}-id`, undefined, "a", null)
      const { id } = await v3.getUserByEmail(user.email)
      const { id: linked } = await v3.getUserByProviderAccountId("github", `${user.id}-id`)
      const { id: updated } = await v3.updateUser(user)
      const { userId } = await v3.createSession(user)
      for (const one of [id, linked, updated, userId]) expect(one).toBe(user.id)
    })

    test("are null where there is none, whatever is asked for", async () => {
      const ids = ["0", "nobody", "", null, undefined, "9".repeat(40), 0]
      for (const id of ids) expect([id, await v3.getUser(id)]).toEqual([id, null])
      for (const email of [null, undefined, "", uniqueEmail()]) {
        expect(await v3.getUserByEmail(email)).toBeNull()
      }
      expect(await v3.getUserByProviderAccountId("github", undefined)).toBeNull()
    })

    test("are updated as a whole and returned as a whole", async () => {
      const user = await newUser()
      const emailVerified = new Date(1_700_000_000_000)
      const updated = await v3.updateUser({ ...user, emailVerified })
      expect(updated).toEqual({ ...user, emailVerified })
      expect(await v3.getUser(user.id)).toEqual(updated)
    })

    test("that are deleted take their accounts and sessions along", async () => {
      const user = await newUser()
      await v3.linkAccount(user.id, "github", "oauth", user.email, undefined, "a", null)
      const { sessionToken } = await v3.createSession(user)
      await v3.deleteUser(user.id)
      expect(await v3.getUser(user.id)).toBeNull()
      expect(await v3.getUserByProviderAccountId("github", user.email)).toBeNull()
      expect(await v3.getSession(sessionToken)).toBeNull()
    })
  })

  describe("accounts", () => {
    test("have ids that may be numbers, and are found by number and by text", async () => {
      const user = await newUser()
      const id = Math.floor(Math.random() * 2 ** 40)
      await v3.linkAccount(user.id, "github", "oauth", id, null, "access", null)
      expect(await v3.getUserByProviderAccountId("github", id)).toEqual(user)
      expect(await v3.getUserByProviderAccountId("github", String(id))).toEqual(user)
      expect(await v3.getUserByProviderAccountId("gitlab", id)).toBeNull()
      const [row] = await place.rows("SELECT * FROM accounts WHERE provider_account_id = ?", [
        String(id),
      ])
      expect(row).toMatchObject({ [place.tables.provider]: "github", access_token: "access" })
      expect(row.refresh_token).toBeNull()
      if (!place.tables.isOurs) expect(row.compound_id).toBe(sha256(`github:${id}`))
    })

    test("keep when the access token expires, where there is one that does", async () => {
      const user = await newUser()
      const expires = new Date(1_900_000_000_000)
      await v3.linkAccount(user.id, "google", "oauth", user.email, "refresh", "access", expires)
      const [account] = await place.adapter.listAccounts(user.id)
      expect(account).toEqual({
        userId: user.id,
        type: "oauth",
        provider: "google",
        providerAccountId: user.email,
        refresh_token: "refresh",
        access_token: "access",
        ...(place.tables.isOurs ? { expires_at: 1_900_000_000 } : { accessTokenExpires: expires }),
      })
    })

    test("of another user are not linked, and not unlinked", async () => {
      const [user, other] = [await newUser(), await newUser()]
      const link = ({ id }) => v3.linkAccount(id, "github", "oauth", user.email, null, "a", null)
      await link(user)
      const error = await rejected(link(other))
      expect(error).toMatchObject({ name: "LinkAccountError", code: "ERR_UNIQUE" })
      await v3.unlinkAccount(other.id, "github", user.email)
      expect(await v3.getUserByProviderAccountId("github", user.email)).toEqual(user)
      await v3.unlinkAccount(user.id, "github", user.email)
      expect(await v3.getUserByProviderAccountId("github", user.email)).toBeNull()
    })
  })

  describe("sessions", () => {
    test("get their tokens here, and end when the application says", async () => {
      const user = await newUser()
      const methods = await place.adapter.getAdapter(appOptions({ session: { maxAge: 60 } }))
      const before = Date.now()
      const session = await methods.createSession(user)
      expect(session).toEqual({
        userId: user.id,
        sessionToken: expect.stringMatching(/^[0-9a-f]{64}$/),
        accessToken: expect.stringMatching(/^[0-9a-f]{64}$/),
        expires: expect.any(Date),
      })
      expect(session.accessToken).not.toBe(session.sessionToken)
      expect(session.expires.getTime()).toBeGreaterThanOrEqual(before + 60_000)
      expect(session.expires.getTime()).toBeLessThanOrEqual(Date.now() + 60_000)
      expect(await methods.getSession(session.sessionToken)).toEqual(session)
    })

    test("have an access token that does not change, nor gives the session away", async () => {
      const { sessionToken, accessToken } = await v3.createSession(await newUser())
      expect((await v3.getSession(sessionToken)).accessToken).toBe(accessToken)
      const others = await place.adapter.getAdapter(appOptions({ secret: "another" }))
      const { accessToken: seen } = await others.getSession(sessionToken)
      if (place.tables.isOurs) {
        const key = createHmac("sha256", "the application's secret")
        expect(accessToken).toBe(key.update(`accessToken:${sessionToken}`).digest("hex"))
        expect(seen).not.toBe(accessToken)
      } else {
        const [row] = await place.rows("SELECT * FROM sessions WHERE session_token = ?", [
          sessionToken,
        ])
        expect([row.access_token, seen]).toEqual([accessToken, accessToken])
      }
    })

    test("are null for a JWT, for nothing and for what never was", async () => {
      const jwt = ["eyJhbGciOiJIUzUxMiJ9", "e".repeat(4000), "s".repeat(86)].join(".")
      for (const token of [jwt, "", "none", undefined, null]) {
        expect(await v3.getSession(token)).toBeNull()
        expect(await v3.deleteSession(token)).toBeUndefined()
      }
    })

    test("that have expired are null, and deleted", async () => {
      const user = await newUser()
      const methods = await place.adapter.getAdapter(appOptions({ session: { maxAge: -1 } }))
      const { sessionToken } = await methods.createSession(user)
      const count = async () => (await place.rows("SELECT * FROM sessions")).length
      const before = await count()
      expect(await v3.getSession(sessionToken)).toBeNull()
      expect(await count()).toBe(before - 1)
    })

    test("are not written while they are young, unless it is asked for", async () => {
      const session = await v3.createSession(await newUser())
      const expires = session.expires
      expect(await v3.updateSession(session)).toBeNull()
      expect(session.expires).toBe(expires)
      expect(await v3.updateSession(session, true)).toEqual(session)
    })

    test("that are due get longer in the object that was passed, and in the table", async () => {
      const { sessionToken } = await v3.createSession(await newUser())
      const expires = new Date(Date.now() + 5_000)
      await place.adapter.updateSession({ sessionToken, expires })
      const old = await v3.getSession(sessionToken)
      expect(old.expires).toEqual(expires)
      await v3.updateSession(old)
      expect(old.expires.getTime()).toBeGreaterThan(Date.now() + 29 * 24 * 3_600_000)
      expect((await v3.getSession(sessionToken)).expires).toEqual(old.expires)
    })

    test("have an expiry that may come back as text, as from JSON", async () => {
      const session = await v3.createSession(await newUser())
      const copy = JSON.parse(JSON.stringify(session))
      expect(await v3.updateSession(copy, true)).toEqual(session)
    })

    test("that are gone stay gone", async () => {
      const session = await v3.createSession(await newUser())
      await v3.deleteSession(session.sessionToken)
      expect(await v3.updateSession(session, true)).toBeNull()
      expect(await v3.getSession(session.sessionToken)).toBeNull()
    })
  })

  describe("verification requests", () => {
    const stored = (identifier) =>
      place.rows(`SELECT * FROM ${place.tables.requests} WHERE identifier = ?`, [identifier])

    test("are stored as a digest with the application's secret, then sent", async () => {
      const [email, token] = [uniqueEmail(), randomToken()]
      const found = []
      const provider = mailer()
      const send = provider.sendVerificationRequest
      provider.sendVerificationRequest = async (mail) => {
        found.push(...(await stored(email)))
        return send(mail)
      }
      // NextAuth gives the provider's secret here, and the application's when it looks for it.
      await v3.createVerificationRequest(email, "https://link", token, "provider's", provider, {})
      expect(provider.sent).toEqual([
        {
          identifier: email,
          url: "https://link",
          token,
          baseUrl: "https://app.example",
          provider,
        },
      ])
      expect(found).toHaveLength(1)
      expect(found[0].token).toBe(sha256(`${token}the application's secret`))
      const request = await v3.getVerificationRequest(email, token, "any", provider)
      expect(request.expires.getTime()).toBeGreaterThan(Date.now() + 3_500_000)
      await v3.deleteVerificationRequest(email, token, "any", provider)
    })

    test("are good once, however many ask, and for nobody else", async () => {
      const [email, token] = [uniqueEmail(), randomToken()]
      await v3.createVerificationRequest(email, "https://link", token, "", mailer())
      expect(await v3.getVerificationRequest(uniqueEmail(), token)).toBeNull()
      expect(await v3.getVerificationRequest(email, randomToken())).toBeNull()
      expect(await v3.getVerificationRequest(undefined, token)).toBeNull()
      const asked = Array.from({ length: 5 }, () => v3.getVerificationRequest(email, token))
      expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1)
      await v3.deleteVerificationRequest(email, token)
      expect(await stored(email)).toEqual([])
    })

    test("are null when they have expired, and can be deleted unseen", async () => {
      const [email, old, young] = [uniqueEmail(), randomToken(), randomToken()]
      await v3.createVerificationRequest(email, "https://l", old, "", mailer({ maxAge: -1 }))
      await v3.createVerificationRequest(email, "https://l", young, "", mailer())
      expect(await v3.getVerificationRequest(email, old)).toBeNull()
      await v3.deleteVerificationRequest(email, young)
      expect(await v3.getVerificationRequest(email, young)).toBeNull()
    })

    test("whose mail is not sent are refused, with the mail server's error", async () => {
      const reason = new Error("no such mailbox")
      const provider = mailer({ sendVerificationRequest: () => Promise.reject(reason) })
      const [email, token] = [uniqueEmail(), randomToken()]
      const error = await rejected(
        v3.createVerificationRequest(email, "https://link", token, "", provider),
      )
      expect(error).toMatchObject({ name: "CreateVerificationRequestError", cause: reason })
      expect(reason.name).toBe("Error")
    })
  })

  test("errors have the names by which NextAuth chooses its error pages", async () => {
    const user = await newUser()
    const error = await rejected(v3.createUser({ email: user.email }))
    expect(error).toBeInstanceOf(SqlxAdapterError)
    expect(error).toMatchObject({ name: "CreateUserError", code: "ERR_UNIQUE" })
    expect(error.message).not.toContain(user.email)
    const missing = await rejected(v3.updateUser({ id: "999999999", name: "Nobody" }))
    expect(missing).toMatchObject({ name: "UpdateUserError", code: "ERR_NOT_FOUND" })
  })
})
