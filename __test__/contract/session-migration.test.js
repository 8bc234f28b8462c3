// A table of plain session tokens becomes one of digests while people stay signed in.

const { createHash, createHmac } = require("node:crypto")
const { isDeepStrictEqual } = require("node:util")
const { contract } = require("../support/contract")
const { eventually, refusedAtOnce } = require("../support/expectations")
const { ago, hence, makeSession, makeUser, unique, wholeSeconds } = require("../support/samples")

const LOOK = 10 * 60_000 + 1_000

contract('sessions that become digests (hash: "migrate")', (db) => {
  const sha256 = (token) => `sha256:${createHash("sha256").update(token).digest("hex")}`
  const stored = async (userId) => {
    const rows = await db.rows("SELECT session_token FROM sessions WHERE user_id = ?", [userId])
    return rows.map((row) => row.session_token).sort()
  }

  /** Waits until a user's rows hold just this. */
  const becomes = (userId, tokens) =>
    eventually(async () => isDeepStrictEqual(await stored(userId), tokens))

  let plain
  let adapter
  beforeEach(() => {
    plain = db.open({ sessions: { hash: false } })
    adapter = db.open({ sessions: { hash: "migrate" } })
  })
  afterEach(() => jest.restoreAllMocks())

  /** Somebody whom a process that knows nothing of digests has signed in. */
  async function signedIn(values) {
    const user = await makeUser(plain)
    const session = await makeSession(plain, user.id, values)
    return { user, session, token: session.sessionToken }
  }

  /** The same by hand: nobody else's row is plain then. */
  async function leftPlain(expires) {
    const [user, token] = [await makeUser(plain), unique("token")]
    await db.insert("session", { sessionToken: token, userId: user.id, expires })
    return { user, token }
  }

  test("who comes back stays signed in, and the row becomes a digest", async () => {
    const { user, session, token } = await signedIn()
    expect(await stored(user.id)).toEqual([token])
    expect(await adapter.getSessionAndUser(token)).toStrictEqual({ session, user })
    await becomes(user.id, [sha256(token)])
    expect(await adapter.getSessionAndUser(token)).toStrictEqual({ session, user })
    const hashes = db.open({ sessions: { hash: true } })
    expect(await hashes.getSessionAndUser(token)).toStrictEqual({ session, user })
  })

  test("with a key, the digest is made under it", async () => {
    const key = unique("a secret of sixteen characters and more")
    const keyed = db.open({ sessions: { hash: "migrate", key } })
    const { user, session, token } = await signedIn()
    expect(await keyed.getSessionAndUser(token)).toStrictEqual({ session, user })
    const digest = `hmac-sha256:${createHmac("sha256", key).update(token).digest("hex")}`
    await becomes(user.id, [digest])
    expect(await keyed.getSessionAndUser(token)).toStrictEqual({ session, user })
    expect(await keyed.getSessionAndUser(digest)).toBeNull()
  })

  test("a new session is stored as a digest", async () => {
    const user = await makeUser(adapter)
    const session = await makeSession(adapter, user.id)
    expect(await stored(user.id)).toEqual([sha256(session.sessionToken)])
    expect(await adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({ session, user })
  })

  test("a stolen digest is worthless as a cookie, and so is what begins like one", async () => {
    const user = await makeUser(adapter)
    await makeSession(adapter, user.id)
    const [digest] = await stored(user.id)
    const hex = digest.slice("sha256:".length)
    // Rows that no adapter of ours writes: the fallback would find them by the very text.
    const planted = [`sha256:${unique("planted")}`, `hmac-sha256:${unique("planted")}`]
    for (const token of planted) {
      await db.execute("INSERT INTO sessions (session_token, user_id, expires) VALUES (?, ?, ?)", [
        token,
        user.id,
        db.moment(hence().getTime()),
      ])
    }
    const before = await stored(user.id)
    for (const cookie of [digest, hex, `SHA256:${hex}`, `${digest} `, ...planted]) {
      expect(await adapter.getSessionAndUser(cookie)).toBeNull()
      expect(await adapter.updateSession({ sessionToken: cookie, expires: hence() })).toBeNull()
      expect(await adapter.deleteSession(cookie)).toBeNull()
    }
    expect(await stored(user.id)).toEqual(before)
  })

  test("a session is changed and deleted wherever it is", async () => {
    const { user, session, token } = await signedIn()
    const expires = hence(7_200_000)
    expect(await adapter.updateSession({ sessionToken: token, expires })).toStrictEqual({
      ...session,
      expires,
    })
    expect(await stored(user.id)).toEqual([sha256(token)])
    expect((await adapter.deleteSession(token)).sessionToken).toBe(token)
    expect(await stored(user.id)).toEqual([])

    const other = await signedIn()
    expect(await adapter.deleteSession(other.token)).toStrictEqual(other.session)
    expect(await stored(other.user.id)).toEqual([])
    expect(await adapter.deleteSession(other.token)).toBeNull()
  })

  test("an expired one is nobody's, and is deleted", async () => {
    const { user, token } = await signedIn({ expires: ago() })
    expect(await adapter.getSessionAndUser(token)).toBeNull()
    expect(await stored(user.id)).toEqual([])
    const other = await signedIn({ expires: ago() })
    expect(await adapter.updateSession({ sessionToken: other.token, expires: hence() })).toBeNull()
    expect(await stored(other.user.id)).toEqual([])
  })

  test("listSessions and deleteSessionsByUser know both kinds", async () => {
    const { user, token } = await signedIn()
    const other = await makeSession(plain, user.id)
    const third = await makeSession(adapter, user.id)
    const listed = await adapter.listSessions(user.id, { current: token })
    expect(listed.filter(({ current }) => current)).toHaveLength(1)
    const id = (session) => sha256(session.sessionToken).slice("sha256:".length)
    expect(listed.map((one) => one.id).sort()).toEqual(
      [{ sessionToken: token }, other, third].map(id).sort(),
    )
    expect(await adapter.deleteSessionsByUser(user.id, { id: id(other) })).toBe(1)
    expect(await adapter.deleteSessionsByUser(user.id, { except: token })).toBe(1)
    expect(await stored(user.id)).toEqual([sha256(token)])
    expect((await adapter.getSessionAndUser(token)).user).toStrictEqual(user)
    expect(await adapter.deleteSessionsByUser(user.id)).toBe(1)
  })

  test("many who come back at once, through two adapters, all stay signed in", async () => {
    const other = db.open({ sessions: { hash: "migrate" }, pool: { max: 3 } })
    const people = await Promise.all(Array.from({ length: 64 }, () => signedIn()))
    const unknown = Array.from({ length: 16 }, () => unique("unknown"))
    for (let round = 0; round < 3; round += 1) {
      const asked = people.flatMap(({ token }) => [
        adapter.getSessionAndUser(token),
        other.getSessionAndUser(token),
      ])
      const nobody = unknown.map((token) => adapter.getSessionAndUser(token))
      const expected = people.flatMap(({ session, user }) => [
        { session, user },
        { session, user },
      ])
      expect(await Promise.all(asked)).toStrictEqual(expected)
      expect(await Promise.all(nobody)).toEqual(unknown.map(() => null))
    }
    // Each is moved at last, if not in the first rounds.
    for (const { user, token } of people) {
      await eventually(async () => {
        await adapter.getSessionAndUser(token)
        return isDeepStrictEqual(await stored(user.id), [sha256(token)])
      })
    }
  })

  test("a sign-out while the row moves is a sign-out", async () => {
    const people = await Promise.all(Array.from({ length: 32 }, () => signedIn()))
    const other = db.open({ sessions: { hash: "migrate" }, pool: { max: 3 } })
    await Promise.all(
      people.flatMap(({ token }) => [other.getSessionAndUser(token), adapter.deleteSession(token)]),
    )
    for (const { user, token } of people) {
      expect(await adapter.getSessionAndUser(token)).toBeNull()
      expect(await stored(user.id)).toEqual([])
    }
  })

  test("ends when two looks in a row find no plain token", async () => {
    // A database of its own would have none from the start: here others' rows are out of the way.
    await db.execute("DELETE FROM sessions")
    const left = await leftPlain(hence(50 * 60_000))
    const plainOnes = (findings) => findings.filter(({ code }) => code === "plain_sessions")
    expect(plainOnes(await adapter.check())).toHaveLength(1)
    let now = Date.now()
    jest.spyOn(Date, "now").mockImplementation(() => now)
    const queries = []
    const observed = db.open({
      sessions: { hash: "migrate" },
      onQuery: ({ operation, rows }) => queries.push(`${operation} ${rows}`),
    })
    /** How many queries an unknown token costs. */
    const cost = async () => {
      // What the database shows already, `onQuery` may not have been told of yet.
      await new Promise((resolve) => setTimeout(resolve, 100))
      queries.length = 0
      expect(await observed.getSessionAndUser(unique("unknown"))).toBeNull()
      await new Promise((resolve) => setTimeout(resolve, 200))
      return queries.length
    }
    expect(await cost()).toBe(4)
    // It is not asked again soon.
    expect(await cost()).toBe(3)
    now += LOOK
    expect(await cost()).toBe(4)

    expect((await observed.getSessionAndUser(left.token)).user).toStrictEqual(left.user)
    await becomes(left.user.id, [sha256(left.token)])
    expect(plainOnes(await observed.check())).toEqual([])
    now += LOOK
    expect(await cost()).toBe(4)
    expect(await cost()).toBe(3)
    // One more was signed in by a process that is replaced only now: it is still found.
    const late = await leftPlain(hence(90 * 60_000))
    expect((await observed.getSessionAndUser(late.token)).user).toStrictEqual(late.user)
    await becomes(late.user.id, [sha256(late.token)])
    now += LOOK
    expect(await cost()).toBe(4)
    expect(await cost()).toBe(1)
    const later = await leftPlain(hence(90 * 60_000))
    expect(await observed.getSessionAndUser(later.token)).toBeNull()
  })

  test("costs nothing where it is off, nor where the digest is found", async () => {
    const queries = []
    const onQuery = ({ operation }) => queries.push(operation)
    const hashes = db.open({ onQuery })
    await hashes.getSessionAndUser(unique("unknown"))
    const migrates = db.open({ sessions: { hash: "migrate" }, onQuery })
    const user = await makeUser(adapter)
    const { sessionToken } = await makeSession(adapter, user.id)
    expect(await migrates.getSessionAndUser(sessionToken)).not.toBeNull()
    expect(queries).toEqual(["getSessionAndUser", "getSessionAndUser"])
  })

  test("works in another adapter's tables, whatever their collation takes for the same", async () => {
    const schema = { preset: "drizzle", prefix: `${unique("p").replace("-", "")}_` }
    const quote = ["mariadb", "mysql"].includes(db.name) ? "`" : '"'
    const [table, column] = [`${schema.prefix}session`, "sessionToken"].map(
      (name) => quote + name + quote,
    )
    const where = Object.entries(db.scope).map(([name, value]) => ` WHERE ${name} = '${value}'`)
    const tokens = async () =>
      (await db.row(`SELECT ${column} AS token FROM ${table}${where}`)).token
    const before = db.open({ schema, synchronize: true })
    const user = await makeUser(before)
    const expires = wholeSeconds()
    const session = await makeSession(before, user.id, { sessionToken: unique("Session"), expires })
    const { sessionToken } = session
    expect(await tokens()).toBe(sessionToken)
    const migrates = db.open({ schema, sessions: { hash: "migrate" } })
    for (const other of [sessionToken.toUpperCase(), sessionToken.replace("S", "ŝ")]) {
      expect(await migrates.getSessionAndUser(other)).toBeNull()
      expect(await migrates.deleteSession(other)).toBeNull()
    }
    expect(await migrates.getSessionAndUser(sessionToken)).toStrictEqual({ session, user })
    await eventually(async () => (await tokens()) === sha256(sessionToken))
    for (const cookie of [sha256(sessionToken), sha256(sessionToken).toUpperCase()]) {
      expect(await migrates.getSessionAndUser(cookie)).toBeNull()
      expect(await migrates.deleteSession(cookie)).toBeNull()
    }
    expect(await migrates.getSessionAndUser(sessionToken)).toStrictEqual({ session, user })
  })

  test("is refused where the column cannot hold a digest", () => {
    const schema = { session: { columns: { sessionToken: { type: "uuid" } } } }
    for (const hash of ["migrate", true]) {
      const error = refusedAtOnce(() => db.open({ schema, sessions: { hash } }), "ERR_CONFIG")
      expect(error.message).toContain('"sessions.hash"')
      expect(error.message).toContain("session_token")
    }
    expect(db.open({ schema, sessions: { hash: false } })).toBeDefined()
  })
})
