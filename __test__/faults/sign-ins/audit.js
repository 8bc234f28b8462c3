const { createHash } = require("node:crypto")
const { readFileSync } = require("node:fs")

/** What a call may be refused with when nothing was done. */
const NOTHING_DONE = ["ERR_CONNECT", "ERR_TIMEOUT", "ERR_OVERLOADED"]

/** What a call may be refused with in a fault. `ERR_UNIQUE` is for the second of two tabs. */
const EXPECTED = [...NOTHING_DONE, "ERR_OUTCOME_UNKNOWN", "ERR_UNIQUE"]

/** With a full disk, the database's own word for it. It has done nothing then, too. */
const OF_THE_DISK = "ERR_DATABASE"

/** For how long a call may have waited that began before the disk was full. */
const WAITED = 3000

/** What comes of a sign-in whose user the server has lost meanwhile. */
const OF_THE_LOST = ["ERR_FOREIGN_KEY", "ERR_NOT_FOUND"]

const digest = (token) => `sha256:${createHash("sha256").update(token).digest("hex")}`
const keyOf = (...parts) => JSON.stringify(parts)

/** Whether it is stored, by what it is called. */
const HOLDS = {
  user: ({ users }, id) => users.has(id),
  "verification of user": ({ users }, id) => Boolean(users.get(id)?.email_verified),
  account: ({ accounts }, key) => accounts.has(key),
  session: ({ sessions }, token) => sessions.has(digest(token)),
  "deleted user": ({ users }, id) => users.has(id),
  "deleted session": ({ sessions }, token) => sessions.has(digest(token)),
  "verification token": ({ tokens }, key) => tokens.has(key),
  "used token": ({ tokens }, key) => tokens.has(key),
}

/**
 * Holds what the adapter acknowledged, as the journals of all its processes have it, against what
 * the database holds, read by an independent driver, and against `check()`. `lockedOut` are those who
 * gave up as NextAuth said that their user has another account; with `reclaims` a user without anything may
 * have made way.
 *
 * Where a replica took its primary's place before it had all of it, `before` reads the old primary:
 * what was done there, and did not reach the new one, the server has lost, and not the adapter.
 *
 * `full`: when a disk was full, in intervals that end with the next sign-in. Only calls within these may have
 * been refused because of it.
 *
 * @returns `{ wrong, acknowledged, unfinished, lostByServer }`: what must never be, how many writes
 *   were acknowledged, which users a crash left in the middle of a sign-in, and what the server lost
 */
async function audit({ journals, reader, findings, lockedOut, before, reclaims, full }) {
  const stored = await read(reader)
  const old = before && (await read(before))
  const calls = journals.flatMap(lines)
  const wrong = []
  const lostByServer = {}
  function judge(text, what, of, done) {
    if (!done) return wrong.push(`${text}: ${what} ${of}`)
    lostByServer[what] = (lostByServer[what] ?? 0) + 1
  }
  const holds = (what, of) => HOLDS[what]?.(old, of)
  const lost = (what, of) => judge("lost", what, of, old && holds(what, of))
  const there = (what, of) =>
    judge("there though it should not be", what, of, old && holds(what, of) === false)

  const begun = (operation) => calls.filter((call) => call.begun === operation)
  const done = (operation) => calls.filter((call) => call.done === operation)
  const refused = (operation) => calls.filter((call) => call.refused === operation)
  const undone = (operation) =>
    refused(operation).filter(({ code }) => [...NOTHING_DONE, OF_THE_DISK].includes(code))

  // Users: there, unless the account could not be linked. Then the adapter deletes them itself.
  const deleted = new Set(begun("deleteUser").map(({ args }) => args[0]))
  const givenUp = new Set([...refused("linkAccount").map(({ args }) => args[0].userId), ...deleted])
  if (reclaims) {
    // Who made way, as nothing came after.
    const settled = new Set(done("linkAccount").map(({ args }) => args[0].userId))
    for (const { answer } of done("createUser")) {
      if (!answer.emailVerified && !settled.has(answer.id)) givenUp.add(answer.id)
    }
  }
  for (const { answer } of done("createUser")) {
    if (!stored.users.has(answer.id) && !givenUp.has(answer.id)) lost("user", answer.id)
  }
  for (const { args } of done("deleteUser")) {
    if (stored.users.has(args[0])) there("deleted user", args[0])
  }
  for (const { answer } of done("updateUser")) {
    if (deleted.has(answer.id)) continue
    if (!stored.users.get(answer.id)?.email_verified) lost("verification of user", answer.id)
  }
  const made = new Set([
    ...begun("createUser").map(({ args }) => args[0].id),
    // Other adapters make ids of their own.
    ...done("createUser").map(({ answer }) => answer.id),
  ])
  for (const id of stored.users.keys()) if (!made.has(id)) there("user of nobody", id)
  for (const { args } of undone("createUser")) {
    if (stored.users.has(args[0].id)) there("refused user", args[0].id)
  }

  const accountKey = ({ provider, providerAccountId }) => keyOf(provider, providerAccountId)
  for (const { args } of done("linkAccount")) {
    const key = accountKey(args[0])
    if (deleted.has(args[0].userId)) continue
    if (stored.accounts.get(key)?.user_id !== args[0].userId) lost("account", key)
  }
  for (const { args } of undone("linkAccount")) {
    const key = accountKey(args[0])
    if (stored.accounts.get(key)?.user_id === args[0].userId) there("refused account", key)
  }

  const ended = new Set(begun("deleteSession").map(({ args }) => args[0]))
  for (const { args } of done("createSession")) {
    const { sessionToken, userId } = args[0]
    if (deleted.has(userId)) continue
    if (!stored.sessions.has(digest(sessionToken)) && !ended.has(sessionToken)) {
      lost("session", sessionToken)
    }
  }
  for (const { args } of undone("createSession")) {
    if (stored.sessions.has(digest(args[0].sessionToken))) there("refused session", "")
  }
  for (const { args } of done("deleteSession")) {
    if (stored.sessions.has(digest(args[0]))) there("deleted session", args[0])
  }

  const tokenKey = ({ identifier, token }) => keyOf(identifier, token)
  for (const { args } of undone("createVerificationToken")) {
    if (stored.tokens.has(tokenKey(args[0]))) there("refused token", tokenKey(args[0]))
  }
  const keysOf = (calls) => calls.map(({ args }) => tokenKey(args[0]))
  const operation = "useVerificationToken"
  const tried = new Set(without(keysOf(begun(operation)), keysOf(undone(operation))))
  for (const { args } of done("createVerificationToken")) {
    const key = tokenKey(args[0])
    if (!stored.tokens.has(key) && !tried.has(key)) lost("verification token", key)
  }
  const uses = new Set()
  for (const { args, answer } of done("useVerificationToken")) {
    const key = tokenKey(args[0])
    if (answer === null) continue
    if (uses.has(key)) wrong.push(`used twice: ${key}`)
    if (stored.tokens.has(key)) there("used token", key)
    uses.add(key)
  }

  if (full) wrong.push(...refusedOnADiskWithRoom(calls, full))
  wrong.push(...duplicates(stored.rows.users, "email"), ...orphans(stored))
  const unfinished = unfinishedUsers(stored)
  const named = findings.find(({ code }) => code === "unfinished_users")
  const counted = Number(/: (\d+)\./.exec(named?.message ?? ": 0.")[1])
  if (counted !== unfinished.length) {
    wrong.push(`check() names ${counted} unfinished users, and there are ${unfinished.length}`)
  }
  for (const { email, sub } of lockedOut) {
    const user = stored.rows.users.find((one) => one.email === email)
    // Whose user has been cleared away since, or has the account by now, gets in the next time.
    if (!user || stored.accounts.has(keyOf("house", sub)) || unfinished.includes(user)) continue
    wrong.push(`locked out, though check() does not say so: ${email}`)
  }
  for (const { code, level } of findings) {
    if (level === "error") wrong.push(`check() finds ${code}`)
  }
  return { wrong, acknowledged: calls.filter((call) => call.done).length, unfinished, lostByServer }
}

/** Codes that no fault excuses, with how often each was given. */
function aliens(refusals, { full = [], lostByServer = {} }) {
  const excused = [
    ...EXPECTED,
    ...(full.length > 0 ? [OF_THE_DISK] : []),
    ...(lostByServer.user ? OF_THE_LOST : []),
  ]
  return Object.entries(refusals)
    .filter(([refusal]) => !excused.includes(refusal.split(":")[1]))
    .map(([refusal, times]) => `refused with ${refusal}, ${times} times`)
}

/** Calls that the database refused though nothing was wrong with its disk, nor had been when they began. */
function refusedOnADiskWithRoom(calls, full) {
  return calls
    .filter(({ refused, code }) => refused && code === OF_THE_DISK)
    .filter(({ at }) => !full.some(({ from, to }) => from - WAITED <= at && at <= to))
    .map(({ refused, code, at }) => `${refused} was refused with ${code} at ${at}, with room`)
}

async function read({ rows }) {
  const users = await rows("SELECT id, email, email_verified FROM users", [])
  const accounts = await rows("SELECT user_id, provider, provider_account_id FROM accounts", [])
  const sessions = await rows("SELECT session_token, user_id FROM sessions", [])
  const tokens = await rows("SELECT identifier, token FROM verification_tokens", [])
  return {
    rows: { users, accounts, sessions },
    users: new Map(users.map((user) => [user.id, user])),
    accounts: new Map(accounts.map((one) => [keyOf(one.provider, one.provider_account_id), one])),
    sessions: new Set(sessions.map(({ session_token: token }) => token)),
    tokens: new Set(tokens.map(({ identifier, token }) => keyOf(identifier, token))),
  }
}

/** The last line is cut short where a process was killed. */
function lines(journal) {
  return readFileSync(journal, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/** A list without as many of its items as another has of them. */
function without(list, others) {
  const left = new Map()
  for (const item of others) left.set(item, (left.get(item) ?? 0) + 1)
  return list.filter((item) => {
    const times = left.get(item) ?? 0
    left.set(item, times - 1)
    return times <= 0
  })
}

function duplicates(rows, column) {
  const known = new Set()
  const twice = rows.filter((row) => known.size === known.add(row[column]).size)
  return twice.map((row) => `twice: user ${row[column]}`)
}

function orphans({ users, rows }) {
  return ["accounts", "sessions"].flatMap((table) =>
    rows[table]
      .filter(({ user_id: id }) => !users.has(id))
      .map(({ user_id: id }) => `without a user: a row of ${table} of ${id}`),
  )
}

function unfinishedUsers({ rows }) {
  const owners = new Set([...rows.accounts, ...rows.sessions].map(({ user_id: id }) => id))
  return rows.users.filter(({ id, email_verified: verified }) => !verified && !owners.has(id))
}

module.exports = { audit, aliens }
