// What is measured: the calls that core makes of an adapter, in core's order, each answer checked.

import { randomBytes, randomUUID } from "node:crypto"
import {
  accountOf,
  createdExpires,
  emailOf,
  expiresOf,
  NEW,
  PROVIDER,
  tokenOf,
  userIdOf,
} from "./data.mjs"

/** The kinds of work, with the numbers of callers each is done by. */
export const WORK = {
  session: { title: "session read", unit: "reads", concurrency: [1, 16, 64, 256] },
  createSession: { title: "createSession", unit: "sessions", concurrency: [1, 16, 64] },
  oauthNew: { title: "OAuth sign-in, new user", unit: "sign-ins", concurrency: [1, 32] },
  oauthKnown: { title: "OAuth sign-in, returning user", unit: "sign-ins", concurrency: [1, 32] },
  magicLink: { title: "magic link", unit: "sign-ins", concurrency: [1, 32] },
  core: { title: "@auth/core /session", unit: "responses", concurrency: [1, 64] },
}

/** @param {string[]} kinds */
export const cellsOf = (kinds) =>
  kinds.flatMap((kind) => WORK[kind].concurrency.map((concurrency) => ({ kind, concurrency })))

export const cellName = ({ kind, concurrency }) => `${kind}@${concurrency}`

/**
 * The work of one peer.
 *
 * @param {object} adapter what Auth.js would be given
 * @param {object} data
 * @param {number} data.count users and sessions in the tables
 * @param {number} data.base see `expiresOf`
 * @param {boolean} data.numericIds the peer numbers its users
 */
export function workOf(adapter, { count, base, numericIds }) {
  const tokens = Array.from({ length: count }, (_, n) => tokenOf(n))
  const userId = (n) => (numericIds ? n + 1 : userIdOf(n))
  const expires = new Date(createdExpires(base))
  const made = { sessions: 0, users: 0 }
  const anybody = () => Math.floor(Math.random() * count)

  const newSession = (id) => ({ sessionToken: randomUUID(), userId: id, expires })
  const createSession = async (session) => {
    const answer = await adapter.createSession(session)
    made.sessions++
    const isRight =
      answer.sessionToken === session.sessionToken &&
      String(answer.userId) === String(session.userId) &&
      answer.expires.getTime() === expires.getTime()
    if (!isRight) throw new Error("createSession gave another session")
  }
  const createUser = async (email) => {
    const data = { id: randomUUID(), name: "Somebody New", email, image: null, emailVerified: null }
    const user = await adapter.createUser(data)
    made.users++
    if (user.email !== email || !user.id) throw new Error("createUser gave another user")
    return user
  }
  const newEmail = () => `${NEW}${randomUUID()}@example.com`
  const expectUser = (user, n) => {
    if (user?.email !== emailOf(n)) throw new Error("this is not the user that was asked for")
    return user
  }

  return {
    made,

    session: {
      choose: anybody,
      call: (n) => adapter.getSessionAndUser(tokens[n]),
      check(answer, n) {
        const { session, user } = answer
        const isRight =
          session.sessionToken === tokens[n] &&
          session.expires.getTime() === expiresOf(n, base) &&
          user.email === emailOf(n)
        if (!isRight) throw new Error("this is not the session that was asked for")
      },
    },

    createSession: {
      choose: () => newSession(userId(anybody())),
      call: createSession,
      check() {},
    },

    oauthNew: {
      choose: newEmail,
      async call(email) {
        const key = { provider: PROVIDER, providerAccountId: email }
        for (let twice = 0; twice < 2; twice++) {
          if (await adapter.getUserByAccount(key)) throw new Error("a new account has a user")
        }
        if (await adapter.getUserByEmail(email)) throw new Error("a new e-mail has a user")
        const user = await createUser(email)
        await adapter.linkAccount(accountOf(email, user.id))
        await createSession(newSession(user.id))
      },
      check() {},
    },

    oauthKnown: {
      choose: anybody,
      async call(n) {
        const key = { provider: PROVIDER, providerAccountId: String(n) }
        expectUser(await adapter.getUserByAccount(key), n)
        const user = expectUser(await adapter.getUserByAccount(key), n)
        await createSession(newSession(user.id))
      },
      check() {},
    },

    magicLink: {
      // One half has been here before, the other is new.
      choose: () => (Math.random() < 0.5 ? anybody() : newEmail()),
      async call(who) {
        const identifier = typeof who === "number" ? emailOf(who) : who
        const token = randomBytes(32).toString("hex")
        await adapter.createVerificationToken({ identifier, token, expires })
        const used = await adapter.useVerificationToken({ identifier, token })
        if (used?.identifier !== identifier || used.expires.getTime() !== expires.getTime()) {
          throw new Error("this is not the verification token that was made")
        }
        const known = await adapter.getUserByEmail(identifier)
        if ((known !== null) !== (typeof who === "number")) throw new Error("another user's e-mail")
        const user = known
          ? await adapter.updateUser({ id: known.id, emailVerified: new Date() })
          : await createUser(identifier)
        await createSession(newSession(user.id))
      },
      check() {},
    },

    /** Loaded only where it is measured. */
    async core() {
      const { Auth } = await import("@auth/core")
      const config = {
        adapter,
        secret: "only for the benchmark, and as long as core wants it",
        trustHost: true,
        basePath: "/api/auth",
        session: { strategy: "database" },
        providers: [],
      }
      return {
        choose: anybody,
        async call(n) {
          const headers = { cookie: `authjs.session-token=${tokens[n]}` }
          const request = new Request("http://localhost/api/auth/session", { headers })
          return (await Auth(request, config)).json()
        },
        check(answer, n) {
          const isRight =
            answer?.user?.email === emailOf(n) &&
            answer.expires === new Date(expiresOf(n, base)).toISOString()
          if (!isRight) throw new Error("this is not the session of the cookie")
        },
      }
    },
  }
}
