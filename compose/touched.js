"use strict"

const { differingFields } = require("./difference.js")
const { has } = require("./parts.js")

/**
 * The rows that were written through a mirror while others are being copied to its secondary. A copy
 * may insert what it has read a moment before it was changed or deleted, and a row cannot be written
 * whose user is not there yet. So once the copy has ended each of these rows is brought to what the
 * primary holds of it.
 */
function touchedRows(primary, secondary) {
  const rows = new Map()
  const key = (...parts) => JSON.stringify(parts)
  const touch = (kind, id, values) => rows.set(key(kind, id), { kind, values })

  const account = ({ provider, providerAccountId }) => ({ provider, providerAccountId })

  /** Which rows a call has written. */
  const NOTES = {
    createUser: (_, result) => touch("user", result?.id, { id: result?.id }),
    updateUser: ([{ id }]) => touch("user", id, { id }),
    deleteUser: ([id]) => touch("user", id, { id }),
    linkAccount([given]) {
      const at = account(given)
      touch("account", at, { at, given })
    },
    unlinkAccount([given]) {
      const at = account(given)
      touch("account", at, { at })
    },
    createSession: ([{ sessionToken: token }]) => touch("session", token, { token }),
    updateSession: ([{ sessionToken: token }]) => touch("session", token, { token }),
    deleteSession: ([token]) => touch("session", token, { token }),
    createAuthenticator: ([{ credentialID: id }]) => touch("authenticator", id, { id }),
    updateAuthenticatorCounter: ([id]) => touch("authenticator", id, { id }),
    useVerificationToken([given], result) {
      if (result) touch("verificationToken", given, { given })
    },
  }

  const SETTLE = {
    async user({ id }) {
      const user = await primary.getUser(id)
      const there = await secondary.getUser(id)
      if (!user) return there && secondary.deleteUser(id)
      if (!there) return secondary.createUser(user)
      if (differingFields(user, there)) await secondary.updateUser(user)
    },
    async account({ at, given }) {
      const [user, there] = await Promise.all([
        primary.getUserByAccount(at),
        secondary.getUserByAccount(at),
      ])
      if (there && there.id !== user?.id) await secondary.unlinkAccount(at)
      if (user && given?.userId === user.id && there?.id !== user.id) {
        await secondary.linkAccount(given)
      }
    },
    async session({ token }) {
      const found = await primary.getSessionAndUser(token)
      const there = await secondary.getSessionAndUser(token)
      if (!found) return there && secondary.deleteSession(token)
      const { sessionToken, userId, expires } = found.session
      if (!there) return secondary.createSession({ sessionToken, userId, expires })
      if (differingFields(found.session, there.session)) {
        await secondary.updateSession({ sessionToken, userId, expires })
      }
    },
    async authenticator({ id }) {
      const found = await primary.getAuthenticator(id)
      const there = await secondary.getAuthenticator(id)
      if (!found) return
      if (!there) return secondary.createAuthenticator(found)
      if (there.counter !== found.counter) {
        await secondary.updateAuthenticatorCounter(id, found.counter)
      }
    },
    verificationToken: ({ given }) => secondary.useVerificationToken(given),
  }

  /** A user comes before what belongs to them. */
  const ORDER = ["user", "account", "authenticator", "session", "verificationToken"]

  let settling = Promise.resolve()

  async function run() {
    let settled = 0
    // What is written meanwhile is noted again, and comes in another round.
    while (rows.size > 0) {
      const round = [...rows]
      round.sort(([, one], [, other]) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
      for (const [id, row] of round) {
        rows.delete(id)
        try {
          await SETTLE[row.kind](row.values)
          settled += 1
        } catch (error) {
          if (!rows.has(id)) rows.set(id, row)
          throw error
        }
      }
    }
    return { settled }
  }

  return {
    /** A write was done in the primary, and in the secondary as far as that could. */
    note(operation, args, result) {
      if (has(NOTES, operation)) NOTES[operation](args, result)
    },
    /** Brings the rows into line; those that are left when it rejects are tried again by the next. */
    settle() {
      settling = settling.catch(() => {}).then(run)
      return settling
    },
  }
}

module.exports = { touchedRows }
