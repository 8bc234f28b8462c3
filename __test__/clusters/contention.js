const { SqlxAdapter } = require("../..")
const { sleep } = require("../servers/run")
const { hence, unique } = require("../support/samples")

/** Many connections, so that the writers meet in the database and not before the pool. */
const OPTIONS = {
  pool: { max: 16, acquireTimeout: 20_000 },
  retry: { maxTime: 20_000 },
  sessions: { hash: false },
}

/** An adapter for each URL. */
function open(urls, options) {
  return urls.map((url) => SqlxAdapter(url, { ...OPTIONS, ...options }))
}

const close = (adapters) => Promise.all(adapters.map((adapter) => adapter.close()))

/** Tries beyond the first, of all of them. */
async function retries(adapters) {
  const all = await Promise.all(adapters.map((adapter) => adapter.stats()))
  return all.reduce((sum, stats) => sum + stats.retries, 0)
}

/** A user that is there for every one of the adapters. */
async function commonUser(adapters) {
  const user = await adapters[0].createUser({
    name: "nobody yet",
    email: `${unique("hot")}@e.test`,
  })
  for (const adapter of adapters) await until(() => adapter.getUser(user.id))
  return user
}

/**
 * Writers that all want the same rows at once, shared out among adapters of one database: in each
 * round every one of them renames the same user, stores its tokens in the same account, makes a
 * session of its own for the user, or for another `owner`, gives one session of that one's an end of
 * its own, registers one address and takes the same verification token.
 *
 * @returns what they were told: `names`, `tokens`, `sessions`, `ends`, `registered` and `taken`, the
 *   acknowledged writes, and `rejected` and `wrong`, errors and answers that nobody should see
 */
async function contend(adapters, { user, owner = user, writers = 24, rounds = 15, until: over }) {
  const told = { names: [], tokens: [], sessions: [], ends: [], registered: [], taken: [] }
  Object.assign(told, { offered: [], rejected: [], wrong: [] })
  Object.assign(told, { user, owner, account: unique("account"), shared: unique("shared") })

  await adapters[0].createSession({ sessionToken: told.shared, userId: owner.id, expires: hence() })
  told.sessions.push(told.shared)
  for (const adapter of adapters) await until(() => adapter.getSessionAndUser(told.shared))

  async function attempt(adapter, name, argument, check) {
    try {
      const answer = await adapter[name](argument)
      if (!check(answer)) told.wrong.push(`${name} gave ${JSON.stringify(answer)}`)
    } catch (error) {
      told.rejected.push(error)
    }
  }

  const note = (list, value) => {
    list.push(value)
    return true
  }

  for (let round = 0; over ? !over() : round < rounds; round++) {
    const token = { identifier: unique("mail"), token: unique("token"), expires: hence() }
    await attempt(adapters[0], "createVerificationToken", token, () =>
      note(told.offered, token.token),
    )
    const email = `${unique("new")}@e.test`
    const calls = Array.from({ length: writers }, (_, number) => {
      const adapter = adapters[number % adapters.length]
      const name = unique("name")
      const access_token = unique("access")
      const sessionToken = unique("session")
      const account = {
        userId: user.id,
        type: "oauth",
        provider: "github",
        providerAccountId: told.account,
        access_token,
      }
      const session = { sessionToken, userId: owner.id, expires: hence() }
      // No two writers give the same one: a second for each.
      const expires = new Date(hence().getTime() + (round * writers + number + 1) * 1000)
      return [
        attempt(
          adapter,
          "updateUser",
          { id: user.id, name },
          (answer) => answer.name === name && note(told.names, name),
        ),
        attempt(
          adapter,
          "linkAccount",
          account,
          (answer) => answer.access_token === access_token && note(told.tokens, access_token),
        ),
        attempt(
          adapter,
          "createSession",
          session,
          (answer) => answer.sessionToken === sessionToken && note(told.sessions, sessionToken),
        ),
        attempt(
          adapter,
          "updateSession",
          { sessionToken: told.shared, expires },
          (answer) =>
            answer?.expires.getTime() === expires.getTime() && note(told.ends, expires.getTime()),
        ),
        attempt(
          adapter,
          "useVerificationToken",
          { identifier: token.identifier, token: token.token },
          (answer) =>
            answer === null || (answer.token === token.token && note(told.taken, token.token)),
        ),
        register(adapter, email, told),
      ]
    })
    await Promise.all(calls.flat())
  }
  return told
}

/** Of all who register one address at once, one does and the others are told that it is taken. */
async function register(adapter, email, told) {
  try {
    const { id } = await adapter.createUser({ email })
    told.registered.push({ id, email })
  } catch (error) {
    if (error.code !== "ERR_UNIQUE") told.rejected.push(error)
  }
}

/**
 * Expects that nobody was told of a conflict, and that what was acknowledged is there, once. With
 * `unknown`, some may have been told that nobody knows what became of their write, as a node went away.
 */
async function expectKept(told, rows, { unknown: allowed = false } = {}) {
  const unknown = told.rejected.filter(({ code }) => allowed && code === "ERR_OUTCOME_UNKNOWN")
  const count = (name) => unknown.filter(({ operation }) => operation === name).length
  const rejected = told.rejected.filter((error) => !unknown.includes(error))
  expect(rejected.map(({ operation, code, cause }) => ({ operation, code, cause }))).toEqual([])
  expect(told.wrong).toEqual([])

  const users = await rows("SELECT name FROM users WHERE id = ?", [told.user.id])
  expect(users).toHaveLength(1)
  if (count("updateUser") === 0) expect(told.names).toContain(users[0].name)

  const accounts = await rows(
    "SELECT access_token FROM accounts WHERE provider = 'github' AND provider_account_id = ?",
    [told.account],
  )
  expect(accounts).toHaveLength(1)
  if (count("linkAccount") === 0) expect(told.tokens).toContain(accounts[0].access_token)

  const sessions = await rows("SELECT session_token FROM sessions WHERE user_id = ?", [
    told.owner.id,
  ])
  expectAlike(
    sessions.map((row) => row.session_token),
    told.sessions,
    [count("createSession"), 0],
  )

  const [{ ends }] = await rows(
    "SELECT CAST(expires AS CHAR(40)) AS ends FROM sessions WHERE session_token = ?",
    [told.shared],
  )
  // PostgreSQL's has what fills it up, and an offset whose minutes may be left out; the others are UTC.
  const [, text, offset = "Z"] = /^(.+?)([+-]\d\d(?::\d\d)?)?$/.exec(ends.trim())
  const zone = offset.length === 3 ? `${offset}:00` : offset
  const end = Date.parse(`${text.replace(" ", "T")}${zone}`)
  if (count("updateSession") === 0) expect(told.ends).toContain(end)

  // Each token was taken, by one, and each address registered, by one.
  expectAlike(told.taken, told.offered, [
    count("createVerificationToken"),
    count("useVerificationToken"),
  ])
  expect(await rows("SELECT token FROM verification_tokens")).toEqual([])
  const emails = told.registered.map(({ email }) => email)
  expect(new Set(emails).size).toBe(emails.length)
  for (const { id, email } of told.registered) {
    const found = await rows("SELECT id FROM users WHERE email = ?", [email])
    expect(found).toEqual([{ id }])
  }
}

/** Expects two lists to have the same, each once; so many may be in the first alone, and in the other. */
function expectAlike(first, other, [inFirst, inOther]) {
  const without = (list, found) => list.filter((value) => !found.includes(value))
  expect([...new Set(first)]).toEqual(first)
  const [more, less] = [without(first, other), without(other, first)]
  expect([more, less]).toEqual([more.slice(0, inFirst), less.slice(0, inOther)])
}

/**
 * Writes users one after the other and notes what became of each: its id, with the code of an error
 * or `undefined` where it was acknowledged.
 */
async function writeOn(adapter, over) {
  const written = { writes: [], codes: {} }
  while (!over()) {
    const id = unique("written")
    try {
      await adapter.createUser({ id, name: "Ada" })
      written.writes.push({ id })
    } catch ({ code }) {
      written.writes.push({ id, code })
      written.codes[code] = (written.codes[code] ?? 0) + 1
    }
  }
  return written
}

/** Expects what was acknowledged to be there, and what was refused for good not to be. */
async function expectWritten({ writes, codes }, rows) {
  const stored = new Set((await rows("SELECT id FROM users")).map(({ id }) => id))
  const allowed = ["ERR_CONNECT", "ERR_TIMEOUT", "ERR_OUTCOME_UNKNOWN"]
  expect(Object.keys(codes).filter((code) => !allowed.includes(code))).toEqual([])
  const acknowledged = writes.filter(({ code }) => code === undefined)
  expect(acknowledged.length).toBeGreaterThan(0)
  expect(acknowledged.filter(({ id }) => !stored.has(id))).toEqual([])
  const refused = writes.filter(({ code }) => /CONNECT|TIMEOUT/.test(code))
  expect(refused.filter(({ id }) => stored.has(id))).toEqual([])
}

/**
 * How often each of the error codes was met by plain clients that do not try again. On a busy machine
 * they may miss each other for a while.
 */
async function codesMet(clients, each) {
  const met = {}
  await Promise.all(
    clients.map(async (client, number) => {
      for (let n = 0; n < 60 || (n < 2000 && Object.keys(met).length === 0); n++) {
        try {
          await each(client, number, n)
        } catch (error) {
          const code = error.errno ?? error.code
          met[code] = (met[code] ?? 0) + 1
        }
      }
    }),
  )
  return met
}

/** Waits until `probe` gives something truthy, errors meaning "not yet". */
async function until(probe, seconds = 60) {
  const end = Date.now() + seconds * 1000
  for (let error; ; await sleep(50)) {
    try {
      const found = await probe()
      if (found) return found
    } catch (thrown) {
      error = thrown
    }
    if (Date.now() > end) throw new Error(`not within ${seconds} s`, { cause: error })
  }
}

module.exports = {
  open,
  close,
  retries,
  commonUser,
  contend,
  expectKept,
  writeOn,
  expectWritten,
  codesMet,
  until,
}
