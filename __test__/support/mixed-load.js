const { createHash } = require("node:crypto")
const { kept, unique } = require("./samples")

/**
 * A mixed load whose every answer is known: each of `concurrency` visitors owns a user and what
 * belongs to them, makes one call after the other on those rows only, and compares each answer
 * with its own model. What is wrong is collected, not thrown, so that a run shows all of it.
 *
 * @param adapter an adapter, or a function that gives one for a visitor's number
 * @param options `db`, what `contract` gives, where the tables are not our own, `calls` in all, or `until()`, which says when to end, `concurrency`, a `seed`
 *   that makes the run repeatable, and `tolerates(error)`: whether a rejection is allowed (a server
 *   that is killed under the load); after a tolerated one the visitor no longer knows its rows and
 *   starts anew
 * @returns `{ calls, byName, tolerated, wrong }`; `wrong` is a list of texts, empty when all is well
 */
async function mixedLoad(adapter, options = {}) {
  const { calls = 10_000, concurrency = 256, seed = 1, tolerates = () => false } = options
  const { until = () => run.calls >= calls, db = OWN } = options
  const run = { calls: 0, byName: {}, tolerated: 0, wrong: [] }
  const visit = async (number) => {
    const own = typeof adapter === "function" ? adapter(number) : adapter
    const visitor = newVisitor(own, random(`${seed}/${number}`), run, db)
    while (!until() && run.wrong.length < 20) {
      try {
        await visitor.step()
      } catch (error) {
        if (tolerates(error)) run.tolerated += 1
        else run.wrong.push(`visitor ${number}: ${error.operation}: ${error.stack}`)
        visitor.forget()
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, number) => visit(number)))
  return run
}

/** What our own tables are like. */
const OWN = { newId: () => unique("user"), schema: {}, whole: (_, values) => values }

/** One visitor: a model of the rows that it owns, and the steps that it takes at random. */
function newVisitor(adapter, next, run, db) {
  let user
  let sessions
  let accounts
  let pending

  function forget() {
    user = null
    sessions = []
    accounts = []
    pending = []
  }

  async function call(name, ...args) {
    run.calls += 1
    run.byName[name] = (run.byName[name] ?? 0) + 1
    return adapter[name](...args)
  }

  function same(name, answer, expected) {
    if (canonical(answer) === canonical(expected)) return
    run.wrong.push(`${name} gave ${canonical(answer)} instead of ${canonical(expected)}`)
  }

  const one = (list) => list[Math.floor(next() * list.length)]
  const without = (list, item) => list.filter((other) => other !== item)
  const date = (from) => kept(Date.now() + from + Math.floor(next() * 1_000_000))
  const key = ({ provider, providerAccountId }) => ({ provider, providerAccountId })

  const steps = {
    async register() {
      const given = {
        id: db.newId(),
        name: one(["Ada", "Zoë", "漢字", "😀", null]),
        email: one([
          `${unique("mail")}@example.com`,
          db.schema.emailRequired ? unique("mail") : null,
        ]),
        emailVerified: one([date(-9_000_000), null]),
        image: one(["/a.png", null]),
      }
      const made = await call("createUser", given)
      user = db.whole("user", { ...given, id: given.id ?? made.id })
      same("createUser", made, user)
    },
    async rename() {
      const change = one([{ name: unique("name") }, { name: null }, { emailVerified: date(0) }])
      const changed = { ...user, ...change }
      same("updateUser", await call("updateUser", { id: user.id, ...change }), changed)
      user = changed
    },
    async lookUp() {
      same("getUser", await call("getUser", user.id), user)
    },
    async lookUpByEmail() {
      const found = user.email && user
      same("getUserByEmail", await call("getUserByEmail", user.email?.toUpperCase() ?? null), found)
    },
    async lookUpNobody() {
      same("getUser", await call("getUser", unique("nobody")), null)
      same("getSessionAndUser", await call("getSessionAndUser", unique("none")), null)
    },
    async signIn() {
      const given = { sessionToken: unique("session"), userId: user.id, expires: date(3_600_000) }
      const made = await call("createSession", given)
      const session = db.whole("session", given, made)
      same("createSession", made, session)
      sessions.push(session)
    },
    async browse() {
      const session = one(sessions)
      const answer = await call("getSessionAndUser", session.sessionToken)
      same("getSessionAndUser", answer, { session, user })
    },
    async prolong() {
      const session = one(sessions)
      const longer = { ...session, expires: date(7_200_000) }
      const { sessionToken, expires } = longer
      same("updateSession", await call("updateSession", { sessionToken, expires }), longer)
      sessions[sessions.indexOf(session)] = longer
    },
    async signOut() {
      const session = one(sessions)
      same("deleteSession", await call("deleteSession", session.sessionToken), session)
      sessions = without(sessions, session)
      same("deleteSession", await call("deleteSession", session.sessionToken), null)
    },
    async listSessions() {
      const listed = await call("listSessions", user.id)
      const dates = (list) => list.map((session) => session.expires.getTime()).sort()
      same("listSessions", dates(listed), dates(sessions))
    },
    async signOutElsewhere() {
      const kept = one(sessions)
      const ended = await call("deleteSessionsByUser", user.id, { except: kept.sessionToken })
      same("deleteSessionsByUser", ended, sessions.length - 1)
      sessions = [kept]
    },
    async link() {
      const account = db.whole("account", {
        userId: user.id,
        type: "oauth",
        provider: one(["github", "google", "gitlab"]),
        providerAccountId: unique("account"),
        access_token: unique("access"),
        expires_at: Math.floor(next() * 2_000_000_000),
      })
      same("linkAccount", await call("linkAccount", account), account)
      accounts.push(account)
    },
    async lookUpByAccount() {
      const account = one(accounts)
      same("getUserByAccount", await call("getUserByAccount", key(account)), user)
    },
    async unlink() {
      const account = one(accounts)
      same("unlinkAccount", await call("unlinkAccount", key(account)), account)
      accounts = without(accounts, account)
      same("getUserByAccount", await call("getUserByAccount", key(account)), null)
    },
    async listAccounts() {
      const order = (list) => list.map((account) => canonical(account)).sort()
      same("listAccounts", order(await call("listAccounts", user.id)), order(accounts))
    },
    async askForLink() {
      const token = { identifier: unique("Mail"), token: unique("token"), expires: date(900_000) }
      same("createVerificationToken", await call("createVerificationToken", token), token)
      pending.push(token)
    },
    async followLink() {
      const token = one(pending)
      const wrong = { identifier: unique("Mail"), token: token.token }
      same("useVerificationToken", await call("useVerificationToken", wrong), null)
      same("useVerificationToken", await call("useVerificationToken", token), token)
      same("useVerificationToken", await call("useVerificationToken", token), null)
      pending = without(pending, token)
    },
    async leave() {
      const old = sessions
      same("deleteUser", await call("deleteUser", user.id), user)
      forget()
      if (old.length > 0) {
        const answer = await call("getSessionAndUser", one(old).sessionToken)
        same("getSessionAndUser", answer, null)
      }
    },
  }

  function choices() {
    if (user === null) return [["register", 1]]
    return [
      ["lookUp", 8],
      ["lookUpByEmail", 6],
      ["lookUpNobody", 2],
      ["rename", 4],
      ["signIn", 6],
      ["link", 4],
      ["askForLink", 4],
      ["listSessions", 2],
      ["listAccounts", 2],
      ["leave", 1],
      ...(sessions.length > 0
        ? [
            ["browse", 30],
            ["prolong", 4],
            ["signOut", 3],
          ]
        : []),
      ...(sessions.length > 0 ? [["signOutElsewhere", 1]] : []),
      ...(accounts.length > 0
        ? [
            ["lookUpByAccount", 8],
            ["unlink", 2],
          ]
        : []),
      ...(pending.length > 0 ? [["followLink", 4]] : []),
    ]
  }

  async function step() {
    const possible = choices()
    let left = next() * possible.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of possible) {
      left -= weight
      if (left < 0) return steps[name]()
    }
  }

  forget()
  return { step, forget }
}

/** A value as text, with its keys in order, so that equal values are equal texts. */
function canonical(value) {
  return JSON.stringify(value, (_, inner) => {
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Numbers from 0 to 1 that are the same for the same seed. */
function random(seed) {
  let state = createHash("sha256").update(seed).digest().readUInt32LE(0)
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

module.exports = { mixedLoad, random }
