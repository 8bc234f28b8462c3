/**
 * Every function that `index.d.ts` declares for the adapter's object. The compiler sees to it that
 * none is missing here and none is made up; `object.test.js` compares with the real object.
 *
 * @satisfies {Record<keyof import("next-auth-sqlx-adapter").SqlxAdapterObject, true>}
 */
const functions = {
  createUser: true,
  getUser: true,
  getUserByEmail: true,
  getUserByAccount: true,
  updateUser: true,
  deleteUser: true,
  linkAccount: true,
  unlinkAccount: true,
  createSession: true,
  getSessionAndUser: true,
  updateSession: true,
  deleteSession: true,
  createVerificationToken: true,
  useVerificationToken: true,
  getAccount: true,
  getAuthenticator: true,
  createAuthenticator: true,
  listAuthenticatorsByUserId: true,
  updateAuthenticatorCounter: true,
  listSessions: true,
  deleteSessionsByUser: true,
  deleteVerificationTokens: true,
  createSessionFor: true,
  listAccounts: true,
  updateAccount: true,
  withAccountLock: true,
  cleanup: true,
  check: true,
  migrate: true,
  rekey: true,
  getAdapter: true,
  ping: true,
  stats: true,
  close: true,
}

module.exports = { functions: Object.keys(functions) }
