// Which parts fit, without any other package.

import { type AdapterSession, SqlxAdapter } from "next-auth-sqlx-adapter"
import { composeAdapters, type Difference, mirror } from "next-auth-sqlx-adapter/compose"

const users = SqlxAdapter()
const kept = new Map<string, AdapterSession>()

export const plain = composeAdapters({
  user: users,
  account: users,
  session: {
    createSession(session: AdapterSession) {
      kept.set(session.sessionToken, session)
      return session
    },
    getSession: (token) => kept.get(token) ?? null,
    deleteSessionsByUser: async () => {},
  },
  verificationToken: false,
})

export const session = plain.getSessionAndUser("t").then((found) => found?.user.email)
export const accounts = plain.listAccounts("1")
export const refreshed = plain
  .withAccountLock("github", "1", async (account) => ({ access_token: `${account.userId}` }))
  .then(({ access_token }) => access_token)
plain.updateAccount({ provider: "github", providerAccountId: "1", access_token: "t" })

// @ts-expect-error there are no tokens in this one
plain.useVerificationToken
// @ts-expect-error nor can they be deleted
plain.deleteVerificationTokens
export const withTokens: Promise<number> = composeAdapters({
  user: users,
  account: users,
  session: users,
  verificationToken: users,
}).deleteVerificationTokens("ada@example.com")
// @ts-expect-error nor passkeys
plain.getAuthenticator
// @ts-expect-error this part cannot list sessions
plain.listSessions
// @ts-expect-error nor make one by itself
plain.createSessionFor

// @ts-expect-error the part account is missing
composeAdapters({ user: users, session: users, verificationToken: false })
// @ts-expect-error there is nowhere without users
composeAdapters({ user: false, account: users, session: users, verificationToken: false })
composeAdapters({
  user: users,
  account: users,
  // @ts-expect-error nothing of this keeps sessions
  session: { useVerificationToken: async () => null },
  verificationToken: users,
})
composeAdapters({
  user: users,
  account: users,
  // @ts-expect-error a session is no text
  session: { getSession: () => "session" },
  verificationToken: users,
})

const both = mirror(users, SqlxAdapter(), {
  compareReads: true,
  onDifference: ({ operation, kind, fields }: Difference) => [operation, kind, ...fields].join(" "),
})
export const counted: number = both.differences().failures
export const user = both.getUser("1")
// @ts-expect-error there is no such option
mirror(users, users, { compareRead: true })

export const settled: Promise<{ settled: number }> = mirror(users, users, {
  copying: true,
}).settle()
// @ts-expect-error nothing was remembered
both.settle
export const repaired: Promise<{ deletedUsers: number }> = plain.repair()
