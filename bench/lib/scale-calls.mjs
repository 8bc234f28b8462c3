// The adapter's calls, as `bench/scale.mjs` makes them: of people who are there, chosen at random, and of
// some who come and go, so that a table is afterwards as it was.

import {
  accountIdOf,
  credentialOf,
  emailOf,
  PROVIDER,
  sizesOf,
  tokenOf,
  userIdOf,
} from "./scale-people.mjs"

const DAY = 86_400_000
const hence = (days) => new Date(Date.now() + days * DAY)

/**
 * @typedef {object} Step
 * @property {string} name of the function
 * @property {(i: number) => Promise<unknown>} call
 * @property {(answer: unknown, i: number) => boolean} right
 * @property {(i: number) => Promise<unknown>} [before] what is neither measured nor looked at
 */

/**
 * @param {object} adapter
 * @param {number} sessions how many there are
 * @param {(count: number) => number} choose one of so many
 * @returns {Step[]} in the order in which they must be done
 */
export function steps(adapter, sessions, choose) {
  const { users, authenticators } = sizesOf(sessions)
  const tag = `${Date.now()}-${Math.random()}`
  const chosen = []
  const any = (count) => (i) => {
    chosen[i] = choose(count)
    return chosen[i]
  }
  const [session, user, passkey] = [any(sessions), any(users), any(authenticators)]
  const made = []
  const tokenMade = (i) => `${tag} session ${i}`
  const accountMade = (i) => ({ provider: PROVIDER, providerAccountId: `${tag} ${i}` })
  const mail = (i) => ({ identifier: `${tag}.${i}@example.com`, token: `${tag} mail ${i}` })
  const newSession = (i) =>
    adapter.createSession({
      sessionToken: tokenMade(i),
      userId: userIdOf(user(i)),
      expires: hence(30),
    })
  return [
    {
      name: "getSessionAndUser",
      call: (i) => adapter.getSessionAndUser(tokenOf(session(i))),
      right: (answer, i) => answer.user.id === userIdOf(chosen[i] % users),
    },
    {
      name: "getUser",
      call: (i) => adapter.getUser(userIdOf(user(i))),
      right: (answer, i) => answer.email === emailOf(chosen[i]),
    },
    {
      name: "getUserByEmail",
      call: (i) => adapter.getUserByEmail(emailOf(user(i))),
      right: (answer, i) => answer.id === userIdOf(chosen[i]),
    },
    {
      name: "getUserByAccount",
      call: (i) =>
        adapter.getUserByAccount({ provider: PROVIDER, providerAccountId: accountIdOf(user(i)) }),
      right: (answer, i) => answer.id === userIdOf(chosen[i]),
    },
    {
      name: "getAccount",
      call: (i) => adapter.getAccount(accountIdOf(user(i)), PROVIDER),
      right: (answer, i) => answer.userId === userIdOf(chosen[i]),
    },
    {
      name: "listAccounts",
      call: (i) => adapter.listAccounts(userIdOf(user(i))),
      right: (answer) => answer.length === 1,
    },
    {
      name: "listSessions",
      call: (i) => adapter.listSessions(userIdOf(user(i))),
      right: (answer) => answer.length === 5,
    },
    {
      name: "getAuthenticator",
      call: (i) => adapter.getAuthenticator(credentialOf(passkey(i))),
      right: (answer, i) => answer.userId === userIdOf(chosen[i]),
    },
    {
      name: "listAuthenticatorsByUserId",
      call: (i) => adapter.listAuthenticatorsByUserId(userIdOf(passkey(i))),
      right: (answer) => answer.length === 1,
    },
    {
      name: "updateSession",
      call: (i) => adapter.updateSession({ sessionToken: tokenOf(session(i)), expires: hence(30) }),
      right: (answer, i) => answer.sessionToken === tokenOf(chosen[i]),
    },
    {
      name: "updateUser",
      call: (i) => adapter.updateUser({ id: userIdOf(user(i)), name: "Renamed" }),
      right: (answer, i) => answer.email === emailOf(chosen[i]),
    },
    {
      name: "updateAccount",
      call: (i) =>
        adapter.updateAccount({
          provider: PROVIDER,
          providerAccountId: accountIdOf(user(i)),
          access_token: "gho_refreshed",
        }),
      right: (answer, i) => answer.userId === userIdOf(chosen[i]),
    },
    {
      name: "updateAuthenticatorCounter",
      call: (i) => adapter.updateAuthenticatorCounter(credentialOf(passkey(i)), 2),
      right: (answer) => answer.counter === 2,
    },
    {
      name: "createUser",
      call: async (i) => {
        made[i] = await adapter.createUser({
          name: "New",
          email: `${tag} ${i}@example.com`,
          emailVerified: null,
        })
        return made[i]
      },
      right: (answer) => answer.name === "New",
    },
    {
      name: "linkAccount",
      call: (i) =>
        adapter.linkAccount({
          ...accountMade(i),
          userId: made[i].id,
          type: "oauth",
          access_token: "gho_new",
          token_type: "bearer",
          scope: "read:user,user:email",
        }),
      right: (answer, i) => answer.userId === made[i].id,
    },
    {
      name: "createSession",
      call: newSession,
      right: (answer, i) => answer.sessionToken === tokenMade(i),
    },
    {
      name: "deleteSession",
      call: (i) => adapter.deleteSession(tokenMade(i)),
      right: (answer, i) => answer.sessionToken === tokenMade(i),
    },
    {
      name: "unlinkAccount",
      call: (i) => adapter.unlinkAccount(accountMade(i)),
      right: (answer, i) => answer.userId === made[i].id,
    },
    {
      name: "createVerificationToken",
      call: (i) => adapter.createVerificationToken({ ...mail(i), expires: hence(1) }),
      right: (answer, i) => answer.identifier === mail(i).identifier,
    },
    {
      name: "useVerificationToken",
      call: (i) => adapter.useVerificationToken(mail(i)),
      right: (answer, i) => answer.identifier === mail(i).identifier,
    },
    {
      name: "deleteSessionsByUser",
      before: (i) =>
        adapter.createSession({
          sessionToken: tokenMade(i),
          userId: made[i].id,
          expires: hence(30),
        }),
      call: (i) => adapter.deleteSessionsByUser(made[i].id),
      right: (answer) => answer === 1,
    },
    {
      name: "deleteUser",
      call: (i) => adapter.deleteUser(made[i].id),
      right: (answer, i) => answer.id === made[i].id,
    },
  ]
}

/** Does a step so many times, one after the other, and gives the microseconds of each. */
export async function take(step, times) {
  for (let i = 0; step.before && i < times; i++) await step.before(i)
  const microseconds = []
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    const answer = await step.call(i)
    microseconds.push((performance.now() - start) * 1000)
    if (!answer || !step.right(answer, i)) throw new Error(`${step.name}: this is not the answer`)
  }
  return microseconds
}
