"use strict"

// What edge runtimes and browsers get instead of `index.js`. They load no native addon, but code
// that is shared with them (Auth.js's configuration, for one) may import the adapter there and
// never call it. So nothing here needs Node.js, and nothing fails before a function is called.

const { SqlxAdapterError } = require("./error.js")

/** The functions of the adapter that Node.js gets: a test compares the two. */
const operations = [
  "createUser",
  "getUser",
  "getUserByEmail",
  "getUserByAccount",
  "updateUser",
  "deleteUser",
  "linkAccount",
  "unlinkAccount",
  "createSession",
  "getSessionAndUser",
  "updateSession",
  "deleteSession",
  "createVerificationToken",
  "useVerificationToken",
  "getAccount",
  "getAuthenticator",
  "createAuthenticator",
  "listAuthenticatorsByUserId",
  "updateAuthenticatorCounter",
  "listSessions",
  "deleteSessionsByUser",
  "deleteVerificationTokens",
  "createSessionFor",
  "listAccounts",
  "updateAccount",
  "withAccountLock",
  "cleanup",
  "check",
  "migrate",
  "rekey",
  "getAdapter",
  "ping",
  "stats",
  "close",
]

const cure =
  "next-auth-sqlx-adapter is a native addon and needs Node.js, and this code runs, or was bundled for, " +
  "an edge runtime or a browser. In Next.js, give the page or route `export const runtime = " +
  '"nodejs"`, and use proxy.ts, which runs on Node.js, instead of middleware.ts. In Jest with jsdom, begin ' +
  "the test with the comment `/** @jest-environment node */`. Elsewhere deploy to a Node.js runtime."

/** Takes what the real one takes, and looks at none of it: a secret is not to be found here. */
function SqlxAdapter() {
  return Object.fromEntries(
    operations.map((operation) => [
      operation,
      async () => {
        throw new SqlxAdapterError(`${operation}: ${cure}`, "ERR_UNSUPPORTED", operation)
      },
    ]),
  )
}

module.exports = { SqlxAdapter, SqlxAdapterError, default: SqlxAdapter }
// Tells what TypeScript and Babel compile to CommonJS that `default` is the default export.
Object.defineProperty(module.exports, "__esModule", { value: true })
