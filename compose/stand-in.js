"use strict"

const { SqlxAdapterError } = require("../error.js")
const { call, has, sameSystem } = require("./parts.js")

// Reserved by RFC 2606: no mail ever goes there, and no person signs in with it.
const domain = "@user.invalid"

/** The address of a user's stand-in. It holds the id, whatever id the other system gives the row. */
function addressOf(userId) {
  // Lower case, as systems may fold it, and short where the id is.
  return /^[0-9a-z-]{1,60}$/.test(userId)
    ? `id-${userId}${domain}`
    : `hex-${Buffer.from(userId).toString("hex")}${domain}`
}

/** The id of the user that a row stands for, or `null` where it is no stand-in. */
function userIdOf(row) {
  const address = row?.email
  if (typeof address !== "string" || !address.endsWith(domain)) return null
  const name = address.slice(0, -domain.length)
  if (name.startsWith("id-")) return name.slice(3)
  return name.startsWith("hex-") ? Buffer.from(name.slice(4), "hex").toString() : null
}

/**
 * Whose rows a part keeps, when the users are elsewhere. An adapter wants its own row of a user: its
 * foreign keys need one, its `getSessionAndUser` joins it, its `deleteUser` is how all rows of a user
 * go, and many choose the id themselves. So it gets a row that stands in for the user and holds their
 * id and nothing else of them. A part that has no `createUser`, or keeps the users too, knows users
 * by their own ids.
 */
function owners(parts, model) {
  const part = parts[model]
  const shared = sameSystem(part, parts.user)
  if (shared || !has(part, "createUser")) {
    return {
      shared,
      find: async (userId) => userId,
      ensure: async (userId) => userId,
      userIdOf: async (id) => id,
      userIdOfRow: (row) => row?.id ?? null,
    }
  }
  const being = new Map()

  async function find(userId) {
    return (await call(parts, model, "getUserByEmail", addressOf(userId)))?.id ?? null
  }

  async function make(userId) {
    const found = await find(userId)
    if (found !== null) return found
    const values = { name: null, email: addressOf(userId), emailVerified: null, image: null }
    try {
      return (await call(parts, model, "createUser", { id: userId, ...values })).id
    } catch (error) {
      // Another process may have made it at the same moment.
      const made = await find(userId).catch(() => null)
      if (made !== null) return made
      throw error
    }
  }

  return {
    shared: false,
    find,
    /** The stand-in's id; it is made if need be, once however many ask. */
    ensure(userId) {
      if (typeof userId !== "string" || userId === "") {
        const text = "userId: give the user's id, a string"
        return Promise.reject(new SqlxAdapterError(text, "ERR_INVALID_ARGUMENT"))
      }
      let making = being.get(userId)
      if (!making) {
        making = make(userId).finally(() => being.delete(userId))
        being.set(userId, making)
      }
      return making
    },
    userIdOf: async (id) => userIdOf(await call(parts, model, "getUser", id)),
    userIdOfRow: userIdOf,
  }
}

module.exports = { owners }
