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
  /** The rows that have been brought into line by the call under way; nothing between calls. */
  let inHand

  const row = (kind, id, values) => ({ key: JSON.stringify([kind, id]), kind, values })
  const session = (token) => row("session", token, { token })
  const user = (id) => row("user", id, { id })
  const authenticator = (id) => row("authenticator", id, { id })
  /** `cleared`: what was set to null, which adapters leave out of the account that they give. */
  function account(given, linked, cleared) {
    const at = { provider: given.provider, providerAccountId: given.providerAccountId }
    const earlier = rows.get(row("account", at).key)?.values.cleared
    return row("account", at, { at, linked, cleared: { ...earlier, ...cleared } })
  }

  const nulls = (given) =>
    Object.fromEntries(Object.entries(given).filter(([, value]) => value === null))

  async function accountIn(adapter, at) {
    const found = await adapter.getAccount(at.providerAccountId, at.provider)
    if (!found) return null
    // A row's own id is another in each system.
    const { id: _, ...values } = found
    return values
  }

  /** Which row a call has written. */
  const WRITTEN = {
    createUser: (_, result) => user(result?.id),
    updateUser: ([{ id }]) => user(id),
    deleteUser: ([id]) => user(id),
    linkAccount: ([given]) => account(given, given),
    unlinkAccount: ([given]) => account(given),
    updateAccount: ([given], result) =>
      result ? account(result, result, nulls(given)) : undefined,
    createSession: ([{ sessionToken }]) => session(sessionToken),
    updateSession: ([{ sessionToken }]) => session(sessionToken),
    deleteSession: ([token]) => session(token),
    createAuthenticator: ([{ credentialID }]) => authenticator(credentialID),
    updateAuthenticatorCounter: ([id]) => authenticator(id),
    useVerificationToken: ([given], result) =>
      result ? row("verificationToken", given, { given }) : undefined,
  }

  const SETTLE = {
    async user({ id }) {
      const user = await primary.getUser(id)
      const there = await secondary.getUser(id)
      if (!user) return there && secondary.deleteUser(id)
      if (!there) return secondary.createUser(user)
      if (differingFields(user, there)) await secondary.updateUser(user)
    },
    async account({ at, linked, cleared }) {
      const [user, there] = await Promise.all([
        primary.getUserByAccount(at),
        secondary.getUserByAccount(at),
      ])
      const isTheirs = Boolean(user && there?.id === user.id)
      if (there && !isTheirs) await secondary.unlinkAccount(at)
      if (!user) return
      const held = has(primary, "getAccount") ? await accountIn(primary, at) : linked
      if (held?.userId !== user.id) return
      if (!isTheirs) return secondary.linkAccount(held)
      if (!has(secondary, "getAccount")) return
      const wanted = { ...cleared, ...held }
      const present = { ...cleared, ...(await accountIn(secondary, at)) }
      if (!differingFields(wanted, present)) return
      if (has(secondary, "updateAccount")) return secondary.updateAccount(wanted)
      await secondary.unlinkAccount(at)
      await secondary.linkAccount(held)
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
    inHand = new Set()
    try {
      while (rows.size > 0) {
        const round = [...rows.values()]
        round.sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
        for (const one of round) {
          rows.delete(one.key)
          inHand.add(one.key)
          try {
            await SETTLE[one.kind](one.values)
            settled += 1
          } catch (error) {
            if (!rows.has(one.key)) rows.set(one.key, one)
            throw error
          }
        }
      }
      return { settled }
    } finally {
      inHand = undefined
    }
  }

  return {
    /**
     * A write was done in the primary; `arrived` tells whether it was in the secondary, too. When the
     * copy has ended, and rows are being brought into line, those are needed no more that arrive, but
     * for one that `settle` may just have read before.
     */
    note(operation, args, result, arrived) {
      const written = has(WRITTEN, operation) ? WRITTEN[operation](args, result) : undefined
      if (!written || (inHand && arrived && !inHand.has(written.key))) return
      rows.set(written.key, written)
    },
    /** Brings the rows into line; those that are left when it rejects are tried again by the next. */
    settle() {
      settling = settling.catch(() => {}).then(run)
      return settling
    },
  }
}

module.exports = { touchedRows }
