"use strict"

// What NextAuth v2 and v3 call, with their positional arguments, over the functions of the adapter.

const { createHash, createHmac, randomBytes } = require("node:crypto")
const { SqlxAdapterError } = require("../error.js")
const { takingDays } = require("./days.js")

/** Seconds, as in `session.maxAge`. */
const DAY = 24 * 60 * 60

/**
 * The methods that `getAdapter(appOptions)` gives. NextAuth asks for them with every request, so
 * that nothing is done here but to make functions.
 *
 * `models` are the application's own, by the names of v3.
 */
function legacyMethods(given, appOptions, models = {}) {
  const options = readOptions(appOptions)
  const adapter = takingDays(given, models)
  const classes = Object.fromEntries(Object.entries(models).map(([name, own]) => [name, own.model]))
  const methods = {
    ...userMethods(adapter, classes, models.User?.schema.columns.id),
    ...accountMethods(adapter, classes),
    ...sessionMethods(adapter, options, classes),
    ...verificationMethods(adapter, options, classes),
  }
  for (const [name, method] of Object.entries(methods)) methods[name] = failingByName(name, method)
  return methods
}

/** What the methods need of NextAuth's options; a period is in milliseconds. */
function readOptions(appOptions) {
  try {
    if (Object(appOptions) !== appOptions) throw new TypeError("not an object")
    const { session, secret, baseUrl, site } = appOptions // v2 has a site
    const maxAge = (session?.maxAge ?? 30 * DAY) * 1000
    const updateAge = (session?.updateAge ?? DAY) * 1000
    return { maxAge, updateAge, secret: `${secret}`, baseUrl: baseUrl ?? site, site }
  } catch {
    const message =
      "getAdapter takes the options that NextAuth calls it with: { session, secret, … }"
    throw new SqlxAdapterError(message, "ERR_INVALID_ARGUMENT", "getAdapter")
  }
}

function userMethods(adapter, { User }, id) {
  // An id that nobody else makes is the class's to give.
  const givesId = id !== undefined && !id.generated
  return {
    async createUser(profile) {
      return instance(User, await adapter.createUser(newUser(profile, User, givesId)))
    },

    async getUser(id) {
      return isMissing(id) ? null : instance(User, await adapter.getUser(id))
    },

    async getUserByEmail(email) {
      return email ? instance(User, await adapter.getUserByEmail(email)) : null
    },

    async getUserByProviderAccountId(providerId, providerAccountId) {
      if (isMissing(providerId) || isMissing(providerAccountId)) return null
      const key = accountKey(providerId, providerAccountId)
      return instance(User, await adapter.getUserByAccount(key))
    },

    async updateUser(user) {
      const changes = { ...user }
      // v2 says that the address is verified, and not when.
      if (changes.emailVerified === true) changes.emailVerified = new Date()
      return instance(User, await adapter.updateUser(changes))
    },

    async deleteUser(userId) {
      await adapter.deleteUser(userId)
    },
  }
}

function accountMethods(adapter, { Account }) {
  return {
    async linkAccount(...values) {
      const [userId, provider, type, id, refreshToken, accessToken, accessTokenExpires] = values
      const expires = isMissing(accessTokenExpires) ? undefined : new Date(accessTokenExpires)
      await adapter.linkAccount({
        ...extra(Account, values),
        userId,
        type,
        ...accountKey(provider, id),
        ...given({ refresh_token: refreshToken, access_token: accessToken }),
        // The tables of v3 keep the date, ours its second since 1970: each takes what it has.
        ...given({
          accessTokenExpires: expires,
          expires_at: expires && Math.floor(expires.getTime() / 1000),
        }),
      })
    },

    async unlinkAccount(userId, providerId, providerAccountId) {
      const key = accountKey(providerId, providerAccountId)
      const account = await adapter.getAccount(key.providerAccountId, key.provider)
      if (account?.userId === String(userId)) await adapter.unlinkAccount(key)
    },
  }
}

function sessionMethods(adapter, { secret, maxAge, updateAge }, { Session }) {
  // v3 shows every session an access token. Where the table has none, it follows from the session
  // token: the same at each reading, and no way back to the session token.
  const withAccessToken = (found) =>
    isMissing(found.accessToken)
      ? { ...found, accessToken: derivedAccessToken(found.sessionToken, secret) }
      : found

  return {
    async createSession(user) {
      const expires = new Date(Date.now() + maxAge)
      const made = Session ? { ...new Session(user.id, expires) } : {}
      const created = await adapter.createSession({
        ...made,
        sessionToken: made.sessionToken ?? randomBytes(32).toString("hex"),
        expires: made.expires ?? expires,
        userId: user.id,
      })
      return instance(Session, withAccessToken(created))
    },

    async getSession(sessionToken) {
      // Without a cookie v3 asks for the session of `undefined`, and for a JWT with all of it.
      if (typeof sessionToken !== "string") return null
      const found = await adapter.getSessionAndUser(sessionToken)
      return found && instance(Session, withAccessToken(found.session))
    },

    async updateSession(session, force) {
      const due = new Date(session.expires).getTime() - maxAge + updateAge
      if (Date.now() > due) {
        // NextAuth reads it from the object that it passed, not from what comes back.
        session.expires = new Date(Date.now() + maxAge)
      } else if (!force) {
        return null
      }
      const updated = await adapter.updateSession({
        ...session,
        expires: new Date(session.expires),
      })
      return updated && instance(Session, withAccessToken(updated))
    },

    async deleteSession(sessionToken) {
      if (typeof sessionToken === "string") await adapter.deleteSession(sessionToken)
    },
  }
}

function verificationMethods(adapter, { secret, baseUrl, site }, { VerificationRequest }) {
  // With the application's secret, whatever the argument says: NextAuth gives one secret when a
  // request is made, the provider's, and another when it is looked up.
  const hash = (token) => createHash("sha256").update(`${token}${secret}`).digest("hex")
  const take = async (identifier, token) =>
    isMissing(identifier) || isMissing(token)
      ? null
      : adapter.useVerificationToken({ identifier: String(identifier), token: hash(token) })
  // What has been taken here is not taken again: each time may count.
  let taken

  return {
    async createVerificationRequest(identifier, url, token, _secret, provider) {
      const expires = new Date(Date.now() + (provider.maxAge ?? DAY) * 1000)
      const request = { identifier, token: hash(token), expires }
      const more = extra(VerificationRequest, Object.values(request))
      await adapter.createVerificationToken({ ...more, ...request })
      await provider.sendVerificationRequest({
        identifier,
        url,
        token,
        baseUrl,
        // What v2's provider of magic links reads instead.
        ...given({ site }),
        provider,
      })
    },

    // It takes the request, so that a link works once however many requests ask at the same
    // moment: NextAuth deletes it next, and nothing lies in between.
    async getVerificationRequest(identifier, token) {
      const request = await take(identifier, token)
      taken = `${token} ${identifier}`
      const isGood = request && request.expires.getTime() >= Date.now()
      // v3 declares an id; the digest is one.
      return isGood ? { id: request.token, ...request } : null
    },

    async deleteVerificationRequest(identifier, token) {
      if (taken !== `${token} ${identifier}`) await take(identifier, token)
    },
  }
}

/** What a new user's row gets. The profile's id is the provider's, not the user's. */
function newUser(profile, User, givesId) {
  const verified = profile.emailVerified
  const emailVerified = verified instanceof Date ? verified : verified ? new Date() : null
  if (User === undefined) {
    const { id: _id, ...rest } = profile
    return { ...rest, ...asTexts(rest), emailVerified }
  }
  // NextAuth's documentation has one constructor, its last adapter another.
  const made =
    User.length > 1
      ? new User(profile.name, profile.email, profile.image, emailVerified)
      : new User({ ...profile, emailVerified })
  return said({ ...made, id: givesId ? made.id : undefined })
}

/**
 * What the profile has for columns of text. TypeORM's drivers made a text of anything: a number's is
 * kept, and what has none that means something, such as `image: false`, is nothing.
 */
function asTexts(profile) {
  const wrong = ["name", "email", "image"].filter(
    (name) => !isMissing(profile[name]) && typeof profile[name] !== "string",
  )
  return Object.fromEntries(
    wrong.map((name) => {
      const text = asText(profile[name])
      return [name, typeof text === "string" ? text : null]
    }),
  )
}

/** What the application's class gives a new row; properties without a column are left out later. */
function extra(Model, values) {
  return Model === undefined ? {} : said({ ...new Model(...values) })
}

/** A row as an instance of the application's class, without its constructor: TypeORM does it so. */
function instance(Model, row) {
  if (Model === undefined || !row) return row
  return Object.assign(Object.create(Model.prototype), row)
}

function accountKey(provider, providerAccountId) {
  // GitHub's ids are numbers.
  return { provider, providerAccountId: asText(providerAccountId) }
}

function asText(value) {
  return typeof value === "number" || typeof value === "bigint" ? String(value) : value
}

function derivedAccessToken(sessionToken, secret) {
  return createHmac("sha256", String(secret)).update(`accessToken:${sessionToken}`).digest("hex")
}

function isMissing(value) {
  return value === undefined || value === null
}

/** The properties that have a value. */
function given(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isMissing(value)))
}

/** The properties that are there; `null` is a value, over which a column's default does not win. */
function said(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

/**
 * The method, with errors whose name says which it was: before 3.20 NextAuth chooses its error page
 * by it, as `CreateUserError`.
 */
function failingByName(method, run) {
  const name = `${method[0].toUpperCase()}${method.slice(1)}Error`
  const named = {
    async [method](...values) {
      try {
        return await run(...values)
      } catch (error) {
        throw renamed(error, name)
      }
    },
  }
  return named[method]
}

function renamed(error, name) {
  const own = error instanceof SqlxAdapterError
  // Another's error, such as the mail server's, is left as it is.
  const thrown = own ? error : new Error(error?.message ?? String(error), { cause: error })
  return Object.defineProperty(thrown, "name", { value: name, configurable: true, writable: true })
}

module.exports = { legacyMethods }
