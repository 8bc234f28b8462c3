const { types } = require("node:util")
const { SqlxAdapter, SqlxAdapterError } = require("../..")
const { random } = require("../support/mixed-load")
const { passkey } = require("../support/samples")
const { MAKERS, fickle, huge, inherited, throwing } = require("./values")

/** What a call with odd arguments may be refused with: never an error of the inside. */
const REFUSALS = [
  "ERR_INVALID_ARGUMENT",
  "ERR_UNIQUE",
  "ERR_FOREIGN_KEY",
  "ERR_NOT_FOUND",
  "ERR_UNSUPPORTED",
  "ERR_CONFIG",
]

/** How many calls are under way at once. */
const TOGETHER = 64

/** A promise that is not settled within this time never will be. */
const PATIENCE = 30_000

const KEYS = [
  "id name email emailVerified image userId type provider providerAccountId access_token",
  "refresh_token expires_at sessionToken expires identifier token credentialID counter transports",
  "credentialBackedUp except current maxAge dryRun scope constructor toString then __proto__",
].flatMap((line) => line.split(" "))

/**
 * Calls all of an adapter's functions with random arguments.
 *
 * @param {string} url of a database of its own
 * @param {object} options
 * @param {number} options.executions
 * @param {string} options.seed
 * @returns {Promise<{ executions: number, answered: number, wrong: string[] }>}
 */
async function fuzz(url, { executions, seed, log = () => {} }) {
  const next = random(seed)
  const below = (end) => Math.floor(next() * end)
  const pick = (list) => list[below(list.length)]
  const odd = () => pick(MAKERS)()

  const adapter = SqlxAdapter(url, { sqlite: { synchronous: "off" } })
  const user = await adapter.createUser({ name: "Ada" })
  const wrong = []
  const unhandled = (reason) => wrong.push(`an unhandled rejection: ${reason}`)
  process.on("unhandledRejection", unhandled)

  // withAccountLock waits, if it has to, for a lease of its own.
  const names = Object.keys(adapter).filter(
    (name) => name !== "close" && name !== "withAccountLock" && name !== "getAdapter",
  )
  const account = { userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" }
  const session = { sessionToken: "s", expires: new Date(Date.now() + 3_600_000) }
  const whole = { ...account, ...session, identifier: "a", token: "a", ...passkey(user.id) }

  function argument() {
    const kind = next()
    if (kind < 0.4) return odd()
    if (kind < 0.45) return pick([throwing, fickle, inherited])(pick(KEYS))
    const base = next() < 0.7 ? { ...whole } : {}
    for (let n = below(4); n > 0; n -= 1) {
      const value = odd()
      Object.defineProperty(base, pick(KEYS), { value, enumerable: true, configurable: true })
    }
    return base
  }

  let answered = 0
  async function once(make = argument) {
    const name = pick(names)
    const given = Array.from({ length: below(4) }, make)
    let promise
    try {
      promise = adapter[name](...given)
    } catch (error) {
      return wrong.push(`${name} threw ${error} instead of rejecting`)
    }
    if (!types.isPromise(promise)) return wrong.push(`${name} returned no promise`)
    try {
      const answer = await promise
      answered += 1
      if (answer === undefined && !/^delete|^unlink|^close/.test(name)) {
        wrong.push(`${name} gave undefined`)
      }
    } catch (error) {
      const ours = error instanceof SqlxAdapterError && error.operation === name
      if (!ours || !REFUSALS.includes(error.code)) wrong.push(`${name}: ${error.code} ${error}`)
    }
  }

  let left = executions
  let done = 0
  const lane = async () => {
    while (left > 0 && wrong.length < 20) {
      left -= 1
      await settled(once())
      done += 1
      if (done % 100_000 === 0) log(`${done} calls`)
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, lane))
  for (const make of huge) {
    const value = make()
    await settled(once(() => value))
    done += 1
  }

  // Nothing that was given has changed what is not its own.
  if ((await adapter.getUser("nobody")) !== null) wrong.push("somebody answers to nobody's id")
  if (Object.prototype.id !== undefined) wrong.push("Object.prototype was changed")
  await adapter.close()
  process.off("unhandledRejection", unhandled)
  return { executions: done, answered, wrong }
}

async function settled(promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("a promise was not settled")), PATIENCE)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Options of every kind: `SqlxAdapter` takes them, or throws `ERR_CONFIG`. */
function fuzzOptions({ executions, seed }) {
  const next = random(`options ${seed}`)
  const pick = (list) => list[Math.floor(next() * list.length)]
  const names = "url type pool max schema user columns sessions key hash ssl logger onQuery retry"
  const keys = names.split(" ")
  const value = (depth) => {
    if (depth === 0 || next() < 0.6) return pick(MAKERS)()
    return Object.fromEntries(
      Array.from({ length: 1 + Math.floor(next() * 4) }, () => [pick(keys), value(depth - 1)]),
    )
  }
  const wrong = []
  let answered = 0
  for (let n = 0; n < executions && wrong.length < 20; n += 1) {
    try {
      SqlxAdapter(...Array.from({ length: Math.floor(next() * 3) }, () => value(3)))
      answered += 1
    } catch (error) {
      const ours = error instanceof SqlxAdapterError && error.code === "ERR_CONFIG"
      if (!ours) wrong.push(`SqlxAdapter threw ${error?.stack ?? error}`)
    }
  }
  return { executions, answered, wrong }
}

module.exports = { fuzz, fuzzOptions }
