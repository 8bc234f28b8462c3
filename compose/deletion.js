"use strict"

const { SqlxAdapterError } = require("../error.js")
const { call, has, sameSystem, unsupported } = require("./parts.js")

// Reserved by RFC 2606, as the stand-ins' is.
const address = (place) => `deleted-${place}@user.invalid`
const marked = /^deleted-\d{1,2}@user\.invalid$/

/** How many users may be marked at once: each has an address of its own, as addresses are unique. */
const places = 64

/** How often the users' system may refuse a mark until that is more than somebody in the way. */
const tries = 5

/**
 * Deletes users from several systems, which no transaction spans. So the user is marked first, by one
 * write to their own row: it gets an address out of a few that are known. From then on they are gone
 * for everybody who asks the composition, and whoever comes upon the mark, in any process, can do the
 * rest: `repair` looks at all these addresses.
 */
function deletions(parts, owned, owner) {
  const to = (model, name, ...args) => call(parts, model, name, ...args)

  /** What deletes a user everywhere: sessions first, the user last, a system once. */
  function steps() {
    const found = []
    for (const model of owned) {
      const { shared } = owner[model]
      if (!shared && has(parts[model], "deleteUser")) {
        const done = found.some(
          (step) => step.name === "deleteUser" && sameSystem(parts[step.model], parts[model]),
        )
        if (!done) found.push({ model, name: "deleteUser" })
      } else if (model === "session" && has(parts.session, "deleteSessionsByUser")) {
        found.push({ model, name: "deleteSessionsByUser" })
      } else if (!shared) {
        found.push({ model, name: "deleteUser" })
      }
    }
    return found
  }

  const isMarked = (user) => marked.test(user?.email ?? "")

  /** A user who is there for others, or `null`. */
  const present = (user) => (user && !isMarked(user) ? user : null)

  /** Where no place is free it is not done: what the mark adds is worth no refused deletion. */
  async function mark(user) {
    if (!has(parts.user, "updateUser") || !has(parts.user, "getUserByEmail")) return
    let refusals = 0
    const first = [...String(user.id)].reduce((sum, letter) => sum + letter.codePointAt(0), 0)
    for (let n = 0; n < places; n += 1) {
      const email = address((first + n) % places)
      if (await to("user", "getUserByEmail", email)) continue
      try {
        await to("user", "updateUser", { id: user.id, email })
        return
      } catch (error) {
        // Somebody else may have taken the address for a moment, or deleted the user.
        const current = await to("user", "getUser", user.id)
        if (!present(current)) return
        if (await to("user", "getUserByEmail", email)) continue
        refusals += 1
        if (refusals === tries) throw error
      }
    }
  }

  /**
   * Pending magic links go by the address, which the mark takes away: while it is known. A crash after
   * this and before the mark leaves a user who has to ask for another link.
   */
  async function deleteTokens({ email }) {
    const name = "deleteVerificationTokens"
    if (email && has(parts.verificationToken, name)) await to("verificationToken", name, email)
  }

  async function deleteUser(userId) {
    const left = steps()
    // Before anything is done: a step that can never be done must not leave half a user.
    for (const { model, name } of [...left, { model: "user", name: "deleteUser" }]) {
      if (!has(parts[model], name)) throw unsupported(model, name)
    }
    const user = present(await to("user", "getUser", userId))
    if (user) {
      await deleteTokens(user)
      if (left.some(({ model }) => !owner[model].shared)) await mark(user)
    }
    for (const { model, name } of left) {
      const id = await owner[model].find(userId)
      if (id === null) continue
      try {
        await to(model, name, id)
      } catch (error) {
        // The step is done when the row is gone: a second call would go on from here, too.
        // @auth/unstorage-adapter, for one, rejects on files for a user who has no session.
        if ((await owner[model].find(userId).catch(() => id)) !== null) throw error
      }
    }
    // Other adapters reject for a user whom an earlier try has deleted, or somebody else just now.
    if (!(await to("user", "getUser", userId))) return null
    try {
      const deleted = await to("user", "deleteUser", userId)
      return deleted && user ? { ...deleted, email: user.email } : null
    } catch (error) {
      if (await to("user", "getUser", userId)) throw error
      return null
    }
  }

  /** Changes a user who is there: a new address must not take the mark away. */
  async function updateUser(change) {
    const readdressed =
      change?.email !== undefined && isMarked(await to("user", "getUser", change.id))
    const updated = readdressed ? undefined : await to("user", "updateUser", change)
    if (readdressed || isMarked(updated)) {
      throw new SqlxAdapterError("there is no user with this id", "ERR_NOT_FOUND", "updateUser")
    }
    return updated
  }

  /** The user, or `null` once those who are marked are gone: their account may be another's now. */
  async function settled(user) {
    if (!user || !isMarked(user)) return user ?? null
    await deleteUser(user.id)
    return null
  }

  /** Completes the deletions that a crash or an error has left; gives how many. */
  async function repair() {
    const done = new Set()
    // More than once: where addresses are not unique, two users may have the same.
    for (;;) {
      const asked = Array.from({ length: places }, (_, place) =>
        to("user", "getUserByEmail", address(place)),
      )
      // A part that says that it has deleted a user, and has not, is not asked for ever.
      const found = (await Promise.all(asked)).filter(
        (user) => isMarked(user) && !done.has(user.id),
      )
      if (found.length === 0) return { deletedUsers: done.size }
      const ended = await Promise.allSettled(found.map(({ id }) => deleteUser(id)))
      const failed = ended.find(({ status }) => status === "rejected")
      if (failed) throw failed.reason
      for (const { id } of found) done.add(id)
    }
  }

  return { deleteUser, present, repair, settled, updateUser }
}

module.exports = { deletions }
