// Another adapter's package, from npm, and ours on one database, which the package has made: what it
// wrote is served as it stands, and from then on each reads all that the other writes.

const {
  hence,
  makeAccount,
  makeSession,
  makeToken,
  unique,
  uniqueEmail,
} = require("../support/samples")
const { beside } = require("./beside")
const { presets } = require("./presets")

jest.setTimeout(60_000)

/**
 * The packages, and the databases that they can be run on here. Sequelize's driver for SQLite has to be
 * compiled and is left out: the contract runs on the tables that its query generator makes there. Neon's, Supabase's
 * and D1's packages talk to services of theirs, and MikroORM's is not run either: tables as they are made by
 * these packages, or by their documentation, stand in for them (`ddl`).
 */
const PACKAGES = {
  "pg-adapter": ["postgres"],
  kysely: ["postgres"],
  drizzle: ["sqlite", "postgres", "mariadb", "mysql"],
  typeorm: ["sqlite", "postgres", "mariadb", "mysql"],
  sequelize: ["postgres", "mariadb", "mysql"],
  prisma: ["sqlite", "postgres", "mariadb", "mysql"],
}

for (const [name, databases] of Object.entries(PACKAGES)) {
  beside(name, databases, (both) => {
    const seconds = presets[name].seconds?.includes(both.database)
    /** A date that the tables keep whole. */
    const later = (milliseconds) => {
      const date = hence(milliseconds)
      if (seconds) date.setMilliseconds(0)
      return date
    }
    const plain = (user) =>
      user && {
        id: String(user.id),
        name: user.name,
        email: user.email,
        emailVerified: user.emailVerified,
        image: user.image ?? null,
      }

    /** One who has signed in through one adapter: the rows that it has written. */
    async function signIn(adapter) {
      const made = await adapter.createUser({
        id: crypto.randomUUID(),
        name: "Zoë 😀",
        email: uniqueEmail(),
        emailVerified: later(-9_000_000),
        image: null,
      })
      const user = { ...plain(made), image: null }
      const tokens = { access_token: unique("access"), expires_at: 1_700_000_000, scope: "openid" }
      const key = { provider: "github", providerAccountId: unique("account") }
      await makeAccount(adapter, made.id, { ...key, ...tokens })
      const session = { sessionToken: unique("session"), expires: later() }
      await makeSession(adapter, made.id, session)
      const token = { identifier: user.email, token: unique("token"), expires: later() }
      await makeToken(adapter, token)
      return { user, key, tokens, session, token }
    }

    /** That an adapter reads all of it. */
    async function reads(adapter, { user, key, session }) {
      const found = await Promise.all([
        adapter.getUser(user.id),
        adapter.getUserByEmail(user.email),
        adapter.getUserByAccount(key),
        adapter.getSessionAndUser(session.sessionToken).then((both) => both?.user),
      ])
      for (const one of found) expect(plain(one)).toStrictEqual(user)
      const { session: read } = await adapter.getSessionAndUser(session.sessionToken)
      expect(read).toMatchObject({ ...session, userId: user.id })
    }

    test("what it wrote before is served as it stands: nobody is signed out", async () => {
      const there = await signIn(both.theirs)
      const findings = await both.ours.check()
      expect(findings.filter(({ level }) => level === "error")).toEqual([])
      await reads(both.ours, there)
      const { user, key, tokens, token } = there
      const account = await both.ours.getAccount(key.providerAccountId, key.provider)
      expect(account).toMatchObject({ ...key, ...tokens, userId: user.id, type: "oauth" })
      expect(await both.ours.listAccounts(user.id)).toHaveLength(1)
      expect(await both.ours.listSessions(user.id)).toHaveLength(1)
      expect(await both.ours.useVerificationToken(token)).toStrictEqual(token)
      expect(await both.theirs.useVerificationToken(token).catch(() => null)).toBeNull()
    })

    test("it reads all that ours writes", async () => {
      const there = await signIn(both.ours)
      await reads(both.theirs, there)
      const { identifier, token, expires } = there.token
      const used = await both.theirs.useVerificationToken({ identifier, token })
      expect(used).toMatchObject({ identifier, token, expires })
      expect(await both.ours.useVerificationToken({ identifier, token })).toBeNull()
    })

    test("they take turns on the same rows", async () => {
      for (const [writer, reader] of [
        [both.ours, both.theirs],
        [both.theirs, both.ours],
      ]) {
        const there = await signIn(reader)
        const { sessionToken } = there.session
        const expires = later(7_200_000)
        await writer.updateSession({ sessionToken, expires })
        there.session = { sessionToken, expires }
        there.user.name = unique("Grace")
        await writer.updateUser(there.user)
        await reads(reader, there)
        const another = { sessionToken: unique("session"), expires }
        await makeSession(writer, there.user.id, another)
        await reads(reader, { ...there, session: another })
        await writer.deleteSession(sessionToken)
        expect(await reader.getSessionAndUser(sessionToken)).toBeNull()
        await writer.unlinkAccount(there.key)
        expect(await reader.getUserByAccount(there.key)).toBeNull()
      }
    })

    test("who is deleted by ours is gone for it", async () => {
      const { user, key, session } = await signIn(both.theirs)
      expect(plain(await both.ours.deleteUser(user.id))).toStrictEqual(user)
      expect(await both.theirs.getUser(user.id)).toBeNull()
      expect(await both.theirs.getUserByAccount(key)).toBeNull()
      expect(await both.theirs.getSessionAndUser(session.sessionToken)).toBeNull()
    })

    test("both write at once, in two processes, and each reads all of it", async () => {
      const many = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? both.theirs : both.ours))
      const there = await Promise.all(many.map(signIn))
      for (const one of there) {
        await reads(both.ours, one)
        await reads(both.theirs, one)
      }
      for (const [n, { token }] of there.entries()) {
        const { identifier, token: secret } = token
        const used = await many[(n + 1) % 2].useVerificationToken({ identifier, token: secret })
        expect(used).toMatchObject(token)
      }
    })
  })
}
