// An adapter that does nothing: what is left is the benchmark, Node.js and, where it is used, core.

import { emailOf, expiresOf, tokenOf, userIdOf } from "../lib/data.mjs"

export function open({ count, base, token, email }) {
  // For a cold start the one answer is known; the users are made only where they are asked for.
  const answers = new Map(token ? [[token, { user: { email } }]] : [])
  for (let n = 0; !token && n < count; n++) {
    const [userId, sessionToken] = [userIdOf(n), tokenOf(n)]
    const user = { id: userId, name: null, email: emailOf(n), emailVerified: null, image: null }
    answers.set(sessionToken, {
      session: { sessionToken, userId, expires: expiresOf(n, base) },
      user,
    })
  }
  // Core asks whether an adapter has these, and does not call them here.
  const names = ["createUser", "getUser", "getUserByEmail", "getUserByAccount", "updateUser"]
  names.push("linkAccount", "createSession", "updateSession", "deleteSession")
  const adapter = {
    ...Object.fromEntries(names.map((name) => [name, async () => null])),
    async getSessionAndUser(sessionToken) {
      const { session, user } = answers.get(sessionToken)
      return { session: { ...session, expires: new Date(session?.expires) }, user: { ...user } }
    },
  }
  return { adapter, close() {} }
}
