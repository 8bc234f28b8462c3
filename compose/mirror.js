"use strict"

const { SqlxAdapterError } = require("../error.js")
const { differingFields } = require("./difference.js")
const { touchedRows } = require("./touched.js")
const { has } = require("./parts.js")

/** What changes rows, in any adapter; whatever else the primary has is a read. */
const writes = new Set([
  "createUser",
  "updateUser",
  "deleteUser",
  "linkAccount",
  "unlinkAccount",
  "updateAccount",
  "createSession",
  "updateSession",
  "deleteSession",
  "deleteSessionsByUser",
  "deleteVerificationTokens",
  "createVerificationToken",
  "useVerificationToken",
  "createAuthenticator",
  "updateAuthenticatorCounter",
])

/** About the adapter itself, not about rows. */
const own = new Set(["ping", "stats", "check", "cleanup", "migrate", "rekey"])

/** Writes to both adapters, reads from the primary, and tells where the secondary differs. */
function mirror(primary, secondary, options = {}) {
  for (const [name, part] of Object.entries({ primary, secondary })) {
    if (part === null || typeof part !== "object") throw config(`${name}: give an adapter`)
  }
  if (has(primary, "getAdapter") && !has(primary, "createUser")) {
    throw config(
      "primary: it has NextAuth 2 and 3's methods alone, which cannot be followed; give an adapter that has " +
        "NextAuth 4 and 5's functions, too, as those of this package and its /v3 have",
    )
  }
  const { onDifference, compareReads, copying, timeout } = checkedOptions(options)
  const touched = copying ? touchedRows(primary, secondary) : undefined
  const counts = { writes: 0, comparedReads: 0, differences: 0, failures: 0, operations: {} }

  function report(operation, kind, more) {
    counts[kind === "failed" ? "failures" : "differences"] += 1
    counts.operations[operation] ??= { differences: 0, failures: 0 }
    counts.operations[operation][kind === "failed" ? "failures" : "differences"] += 1
    try {
      // What it throws, or rejects with, must not fail a call either.
      onDifference?.({ operation, kind, ...more })?.then?.(undefined, () => {})
    } catch {}
  }

  /** The secondary's part of a call; gives whether it was the same. It never rejects. */
  async function follow(operation, args, expected) {
    let timer
    try {
      if (!has(secondary, operation)) {
        const text = `the secondary adapter has no function ${operation}`
        throw new SqlxAdapterError(text, "ERR_UNSUPPORTED", operation)
      }
      const late = new Promise((_, reject) => {
        const text = `the secondary adapter did not answer within ${timeout} ms`
        const error = new SqlxAdapterError(text, "ERR_TIMEOUT", operation)
        timer = setTimeout(() => reject(error), timeout)
      })
      const given = await Promise.race([secondary[operation](...args), late])
      const difference = differingFields(expected, given)
      if (difference) report(operation, difference.kind, { fields: difference.fields })
      return !difference
    } catch (error) {
      report(operation, "failed", { fields: [], error })
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  async function write(operation, args) {
    const result = await primary[operation](...args)
    counts.writes += 1
    // Rows that refer to this one must find it in both: the secondary gets the primary's id.
    const same = operation === "createUser" ? [{ ...args[0], ...result }] : args
    const arrived = await follow(operation, same, result)
    touched?.note(operation, args, result, arrived)
    return result
  }

  async function read(operation, args) {
    const result = await primary[operation](...args)
    if (compareReads && has(secondary, operation)) {
      counts.comparedReads += 1
      // The caller has not to wait for it.
      follow(operation, args, result)
    }
    return result
  }

  /** Writes of which the secondary must not do its own, but what the primary's became. */
  const followed = {
    /** Its own token would be another. */
    async createSessionFor(...args) {
      const session = await primary.createSessionFor(...args)
      counts.writes += 1
      const arrived = await follow("createSession", [session], session)
      touched?.note("createSession", [session], session, arrived)
      return session
    },
    /** The function runs once: a refresh token may work only once. */
    async withAccountLock(provider, providerAccountId, run) {
      let change
      const once = async (account) => {
        change = await run(account)
        return change
      }
      const given = typeof run === "function" ? once : run
      const account = await primary.withAccountLock(provider, providerAccountId, given)
      counts.writes += 1
      if (change) {
        const args = [{ ...change, provider, providerAccountId }]
        const arrived = await follow("updateAccount", args, account)
        touched?.note("updateAccount", args, account, arrived)
      }
      return account
    },
  }

  const mirrored = {}
  for (const name of functionNames(primary)) {
    if (name === "close" || name === "getAdapter") continue
    if (Object.hasOwn(followed, name)) {
      mirrored[name] = followed[name]
      continue
    }
    const run = writes.has(name) ? write : own.has(name) ? undefined : read
    mirrored[name] = run ? async (...args) => run(name, args) : (...args) => primary[name](...args)
  }
  const adapter = {
    ...mirrored,
    /** Closes both, as far as they can be closed. */
    async close() {
      await Promise.all(
        [primary, secondary].map((adapter) => has(adapter, "close") && adapter.close()),
      )
    },
    /** What was counted since the mirror was made. */
    differences: () => structuredClone(counts),
    ...(touched && { settle: touched.settle }),
  }
  if (has(primary, "getAdapter")) {
    // Ours makes NextAuth 2 and 3's methods of the functions of the object that it is called on.
    adapter.getAdapter = async function getAdapter(...args) {
      const given = this === undefined || this === adapter ? adapter : { ...adapter, ...this }
      return primary.getAdapter.apply(given, args)
    }
  }
  return adapter
}

/** An adapter may be an instance of a class, whose functions are not its own. */
function functionNames(adapter) {
  const names = new Set()
  for (let at = adapter; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (name !== "constructor" && has(adapter, name)) names.add(name)
    }
  }
  return names
}

function checkedOptions(options) {
  const { onDifference, compareReads = false, copying = false, ...rest } = options
  const { timeout = 5000, ...unknown } = rest
  const [name] = Object.keys(unknown)
  if (name !== undefined) {
    const known = "onDifference, compareReads, copying, timeout"
    throw config(`${name}: there is no such option; there are ${known}`)
  }
  if (typeof copying !== "boolean") throw config("copying: give true or false")
  if (onDifference !== undefined && typeof onDifference !== "function") {
    throw config("onDifference: give a function")
  }
  if (typeof compareReads !== "boolean") throw config("compareReads: give true or false")
  // Above, a timer would end at once.
  if (!(Number.isInteger(timeout) && timeout > 0 && timeout < 2 ** 31)) {
    throw config("timeout: give milliseconds, a whole number above 0")
  }
  return { onDifference, compareReads, copying, timeout }
}

function config(text) {
  return new SqlxAdapterError(`mirror: ${text}`, "ERR_CONFIG")
}

module.exports = { mirror }
