const { until } = require("../clusters/contention")
const { sayWhy } = require("../clusters/servers")
const { SqlxAdapter } = require("../..")
const { server } = require("../servers")
const { withDatabase } = require("../servers/credentials")
const replication = require("../servers/replication")
const standbys = require("../servers/standby")
const { sleep } = require("../servers/run")
const { refused } = require("../support/expectations")
const { makeAccount, makeSession, makeUser, unique, uniqueEmail } = require("../support/samples")
const { inTenant, scope } = require("../support/tenants")
const { expectBoundedByTime } = require("./bounded-by-time")
const readers = { postgres: require("../support/postgres"), mysql: require("../support/mysql") }

jest.setTimeout(120_000)

/** Milliseconds, long enough to see what a replica does meanwhile. */
const MAX_LAG = 1_500

for (const name of ["postgres", "mariadb", "mysql"]) {
  const { unavailable, yours } = server(name)
  const why = unavailable ?? (yours ? "the user has one" : undefined)
  // Replication is the server's own folder's business, so these tests have servers of their own.
  const run = why ? describe.skip : describe
  run(`replicas of ${name}${why ? ` (${why})` : ""}`, () => {
    let pair
    let lacking
    let other
    let adapter
    let onPrimary
    let onReplica

    beforeAll(async () => {
      try {
        pair = await replication.start(name)
      } catch (error) {
        if (error.code !== "UNAVAILABLE") throw error
        lacking = error.message
        return
      }
      const { readerOf } = readers[name] ?? readers.mysql
      onPrimary = readerOf(pair.primary.url)
      onReplica = readerOf(pair.replica.url)
      // Another process's adapter, as far as the one under test can tell.
      other = SqlxAdapter(pair.primary.url)
      adapter = SqlxAdapter(pair.primary.url, {
        replicas: { urls: [pair.replica.url], maxLag: MAX_LAG },
      })
    })

    afterAll(async () => {
      for (const one of [adapter, other]) await one?.close()
      for (const reader of [onPrimary, onReplica]) await reader?.end()
      for (const one of [pair?.replica, pair?.primary]) await one?.stop()
    })

    /** A server may have come without what makes a replica. */
    function replicated(title, body) {
      test(title, async () => {
        if (lacking) return sayWhy(lacking)
        await body()
      })
    }

    /** A user whom the replica has, too, while it is one that is asked. */
    async function everywhere(values) {
      const user = await makeUser(other, values)
      await until(() => has("users", "id", user.id))
      await until(() => isUsed(adapter))
      return user
    }

    async function has(table, column, value) {
      const found = await onReplica.rows(`SELECT 1 FROM ${table} WHERE ${column} = ?`, [value])
      return found.length > 0
    }

    async function isUsed(one) {
      await one.getUser(unique("nobody"))
      const [replica] = (await one.stats()).replicas
      return replica.usable
    }

    /** Runs something while the replica shows nothing new, right after it had everything. */
    async function paused(body) {
      await until(() => isUsed(adapter))
      await pair.replica.pause()
      try {
        return await body()
      } finally {
        await pair.replica.resume()
      }
    }

    /** Changes a user's name behind the adapter's back. */
    const rename = (id, to) => onPrimary.rows("UPDATE users SET name = ? WHERE id = ?", [to, id])

    replicated("answer look-ups of users and sessions, no older than maxLag", async () => {
      const user = await everywhere()
      const session = await makeSession(other, user.id)
      const account = await makeAccount(other, user.id)
      await until(() => has("accounts", "provider_account_id", account.providerAccountId))
      const reads = {
        getUser: () => adapter.getUser(user.id),
        getUserByEmail: () => adapter.getUserByEmail(user.email),
        getUserByAccount: () => adapter.getUserByAccount(account),
        getSessionAndUser: async () => {
          const found = await adapter.getSessionAndUser(session.sessionToken)
          expect(found.session).toEqual(session)
          return found.user
        },
      }
      await paused(async () => {
        const changed = Date.now()
        await rename(user.id, "Zoë")
        for (const read of Object.values(reads)) {
          const found = await read()
          // Who asked the primary would know.
          if (Date.now() - changed < MAX_LAG / 2) expect(found).toEqual(user)
        }
        expect(Date.now() - changed).toBeLessThan(MAX_LAG / 2)
        await sleep(changed + MAX_LAG + 50 - Date.now())
        for (const read of Object.values(reads)) expect((await read()).name).toBe("Zoë")
        expect((await adapter.stats()).replicas[0].usable).toBe(false)
      })
      await until(() => isUsed(adapter))
      for (const read of Object.values(reads)) expect((await read()).name).toBe("Zoë")
    })

    replicated("are not asked for what this process has just written", async () => {
      const email = uniqueEmail("before")
      const users = await Promise.all(
        [1, 2, 3, 4].map((n) => everywhere(n === 1 ? { email } : undefined)),
      )
      const sessions = await Promise.all(users.map(({ id }) => makeSession(other, id)))
      const account = await makeAccount(other, users[0].id)
      const tokens = sessions.map((session) => session.sessionToken)
      await until(() => has("accounts", "provider_account_id", account.providerAccountId))
      await until(async () => {
        const rows = await onReplica.rows("SELECT user_id FROM sessions")
        return users.every(({ id }) => rows.some((row) => row.user_id === id))
      })
      await paused(async () => {
        const began = Date.now()
        const moved = uniqueEmail("after")
        const changed = { ...users[0], name: "Zoë", email: moved }
        await adapter.updateUser({ id: users[0].id, name: "Zoë", email: moved })
        expect(await adapter.getUser(users[0].id)).toEqual(changed)
        expect(await adapter.getUserByEmail(email)).toBeNull()
        expect(await adapter.getUserByEmail(moved)).toEqual(changed)
        expect((await adapter.getSessionAndUser(tokens[0])).user).toEqual(changed)
        expect(await adapter.getUserByAccount(account)).toEqual(changed)

        await adapter.unlinkAccount(account)
        expect(await adapter.getUserByAccount(account)).toBeNull()

        await adapter.deleteSession(tokens[1])
        expect(await adapter.getSessionAndUser(tokens[1])).toBeNull()

        await adapter.deleteSessionsByUser(users[2].id)
        expect(await adapter.getSessionAndUser(tokens[2])).toBeNull()

        await adapter.deleteUser(users[3].id)
        expect(await adapter.getUser(users[3].id)).toBeNull()
        expect(await adapter.getSessionAndUser(tokens[3])).toBeNull()

        const made = await makeUser(adapter)
        expect(await adapter.getUser(made.id)).toEqual(made)
        const session = await makeSession(adapter, made.id)
        const found = { session, user: made }
        expect(await adapter.getSessionAndUser(session.sessionToken)).toEqual(found)
        // All of that was while the replica was asked, and still had the rows of before.
        expect(Date.now() - began).toBeLessThan(MAX_LAG)
        expect((await adapter.stats()).replicas[0].usable).toBe(true)
        expect(await has("users", "id", users[3].id)).toBe(true)
      })
    })

    replicated("keep the tenants of one table apart", async () => {
      const options = { schema: { prefix: "t_" }, scope }
      const alone = SqlxAdapter(pair.primary.url, options)
      const shared = SqlxAdapter(pair.primary.url, {
        ...options,
        replicas: { urls: [pair.replica.url], maxLag: MAX_LAG },
      })
      const alike = { id: unique("user"), email: uniqueEmail("alike") }
      const sessionToken = unique("session")
      const key = { provider: "github", providerAccountId: unique("account") }
      const users = {}
      for (const name of ["ada", "eve"]) {
        const writer = inTenant(alone, name)
        users[name] = await writer.createUser({ ...alike, name, emailVerified: null, image: null })
        await makeSession(writer, alike.id, { sessionToken })
        await writer.linkAccount({ ...key, userId: alike.id, type: "oauth" })
      }
      const [ada, eve, nobody] = ["ada", "eve", "nobody"].map((name) => inTenant(shared, name))
      const read = (of) => ({
        getUser: of.getUser(alike.id),
        getUserByEmail: of.getUserByEmail(alike.email),
        getUserByAccount: of.getUserByAccount(key),
        getSessionAndUser: of.getSessionAndUser(sessionToken).then((found) => found?.user ?? null),
      })
      const expectOf = async (of, expected) => {
        for (const found of Object.values(read(of))) expect(await found).toEqual(expected)
      }
      await until(async () => (await onReplica.rows("SELECT 1 FROM t_accounts")).length === 2)
      await until(() => isUsed(ada))
      await pair.replica.pause()
      try {
        const began = Date.now()
        // Behind the adapter's back, so that it tells who was asked.
        await onPrimary.rows("UPDATE t_users SET image = 'new' WHERE id = ?", [alike.id])
        await expectOf(ada, users.ada)
        await expectOf(eve, users.eve)
        await expectOf(nobody, null)
        await ada.updateUser({ id: alike.id, name: "Zoë" })
        await expectOf(ada, { ...users.ada, name: "Zoë", image: "new" })
        // What one tenant wrote is read from the primary for another with the same id, too.
        await expectOf(eve, { ...users.eve, image: "new" })
        await ada.deleteSession(sessionToken)
        expect(await ada.getSessionAndUser(sessionToken)).toBeNull()
        expect((await eve.getSessionAndUser(sessionToken)).user.name).toBe("eve")
        expect((await shared.stats()).replicas[0].usable).toBe(true)
        expect(Date.now() - began).toBeLessThan(MAX_LAG)
        await refused(shared.getUser(alike.id), "ERR_SCOPE")
      } finally {
        await pair.replica.resume()
        for (const one of [alone, shared]) await one.close()
      }
    })

    replicated("leave it to the primary to say that there is nothing, or no longer", async () => {
      const user = await everywhere()
      const old = await makeSession(other, user.id, { expires: new Date(Date.now() + 300) })
      await until(async () => (await adapter.getSessionAndUser(old.sessionToken)) !== null)
      await paused(async () => {
        const session = await makeSession(other, user.id)
        expect(await adapter.getSessionAndUser(session.sessionToken)).toEqual({ session, user })
        const made = await makeUser(other)
        expect(await adapter.getUserByEmail(made.email)).toEqual(made)
        // What has expired there may have been extended elsewhere.
        const expires = new Date(Date.now() + 60_000)
        await other.updateSession({ sessionToken: old.sessionToken, expires })
        await sleep(Math.max(0, old.expires - Date.now() + 20))
        const found = await adapter.getSessionAndUser(old.sessionToken)
        expect(found.session.expires.getTime()).toBe(expires.getTime())
      })
    })

    replicated("show a sign-out of another process within maxLag", async () => {
      const user = await everywhere()
      const [at, now] = await Promise.all([
        makeSession(other, user.id),
        makeSession(other, user.id),
      ])
      const strict = SqlxAdapter(pair.primary.url, {
        replicas: { urls: [pair.replica.url], sessions: false, maxLag: MAX_LAG },
      })
      await until(() => isUsed(strict))
      await until(async () => {
        const [{ n }] = await onReplica.rows(
          "SELECT count(*) AS n FROM sessions WHERE user_id = ?",
          [user.id],
        )
        return Number(n) === 2
      })
      await paused(async () => {
        await other.deleteSession(now.sessionToken)
        expect(await strict.getSessionAndUser(now.sessionToken)).toBeNull()
        await other.deleteSession(at.sessionToken)
        const deleted = Date.now()
        let seen = 0
        while ((await adapter.getSessionAndUser(at.sessionToken)) !== null) {
          seen += 1
          expect(Date.now() - deleted).toBeLessThan(MAX_LAG + 100)
          await sleep(10)
        }
        expect(seen).toBeGreaterThan(0)
      })
      await strict.close()
    })

    replicated("never give back what its writer has overwritten, under load", async () => {
      const users = await Promise.all(Array.from({ length: 12 }, () => everywhere()))
      let pausing = true
      const wavering = (async () => {
        for (let n = 0; pausing; n += 1) {
          await pair.replica.pause()
          await sleep(40 + (n % 5) * 60)
          await pair.replica.resume()
          await sleep(150)
        }
      })()
      const wrong = []
      await Promise.all(
        users.map(async (user, index) => {
          for (let n = 0; n < 60; n += 1) {
            const name = `${index}-${n}`
            await adapter.updateUser({ id: user.id, name })
            for (let read = 0; read < 4; read += 1) {
              const found = await adapter.getUser(user.id)
              if (found?.name !== name) wrong.push([name, found?.name])
            }
            const session = await makeSession(adapter, user.id)
            await adapter.deleteSession(session.sessionToken)
            const gone = await adapter.getSessionAndUser(session.sessionToken)
            if (gone) wrong.push([name, "a deleted session"])
          }
        }),
      )
      pausing = false
      await wavering
      expect(wrong).toEqual([])
      await until(() => isUsed(adapter))
    })

    replicated("that freeze or die are left out, and come back by themselves", async () => {
      const user = await everywhere()
      await pair.replica.freeze()
      const begun = performance.now()
      expect(await adapter.getUser(user.id)).toEqual(user)
      expect(performance.now() - begun).toBeLessThan(3_000)
      const again = performance.now()
      for (let n = 0; n < 20; n += 1) expect(await adapter.getUser(user.id)).toEqual(user)
      expect(performance.now() - again).toBeLessThan(3_000)
      await pair.replica.thaw()
      await until(() => isUsed(adapter))

      await pair.replica.kill()
      const reads = Array.from({ length: 64 }, () => adapter.getUser(user.id))
      for (const found of await Promise.all(reads)) expect(found).toEqual(user)
      await until(async () => !(await isUsed(adapter)))
      await pair.replica.restart()
      await until(() => isUsed(adapter))
    })

    replicated("give no ended session when the primary cannot be asked", async () => {
      const user = await everywhere()
      const session = await makeSession(other, user.id)
      await until(async () => {
        const sql = "SELECT 1 FROM sessions WHERE user_id = ?"
        return (await onReplica.rows(sql, [user.id])).length === 1
      })
      const alone = SqlxAdapter(pair.primary.url, {
        replicas: { urls: [pair.replica.url], maxLag: MAX_LAG },
        retry: { attempts: 1, maxTime: 300 },
        pool: { connectTimeout: 300, acquireTimeout: 300 },
      })
      await until(() => isUsed(alone))
      await pair.replica.pause()
      try {
        await other.deleteSession(session.sessionToken)
        const ended = Date.now()
        pair.primary.freeze()
        const [early, late] = [[], []]
        while (Date.now() - ended < MAX_LAG + 900) {
          const asked = Date.now() - ended
          const read = alone.getSessionAndUser(session.sessionToken)
          const found = await read.catch((error) => error)
          if (asked > MAX_LAG) late.push(found?.code ?? found)
          else early.push(found)
          await sleep(20)
        }
        // As long as it may, the replica shows what it has.
        expect(early[0]).toEqual({ session, user })
        expect(late.length).toBeGreaterThan(1)
        for (const code of late) expect(["ERR_TIMEOUT", "ERR_CONNECT"]).toContain(code)
      } finally {
        pair.primary.thaw()
        await pair.replica.resume()
      }
      await until(async () => (await alone.getSessionAndUser(session.sessionToken)) === null)
      await alone.close()
      await until(() => isUsed(adapter))
    })

    if (name === "postgres") {
      replicated("share the reads, and one goes on where the other lags or dies", async () => {
        const second = await standbys.start(pair.primary)
        const two = SqlxAdapter(pair.primary.url, {
          replicas: { urls: [pair.replica.url, second.url], maxLag: MAX_LAG },
        })
        const usable = async () => {
          await two.getUser(unique("nobody"))
          return (await two.stats()).replicas.map((replica) => replica.usable)
        }
        const become = (expected) => until(async () => `${await usable()}` === `${expected}`)
        /** Who asked the primary, which is frozen, would have to wait. */
        const expectAnswered = async (user) => {
          pair.primary.freeze()
          try {
            for (let n = 0; n < 20; n += 1) expect(await two.getUser(user.id)).toEqual(user)
          } finally {
            pair.primary.thaw()
          }
        }
        try {
          const user = await everywhere()
          await become([true, true])
          await expectAnswered(user)

          await pair.replica.pause()
          await become([false, true])
          const renamed = await other.updateUser({ id: user.id, name: "Zoë" })
          await until(async () => (await two.getUser(user.id)).name === "Zoë")
          await expectAnswered(renamed)
          await pair.replica.resume()
          await become([true, true])

          await pair.replica.kill()
          await become([false, true])
          await expectAnswered(renamed)
          await second.kill()
          for (let n = 0; n < 8; n += 1) expect(await two.getUser(user.id)).toEqual(renamed)
          await pair.replica.restart()
          await become([true, false])
          await expectAnswered(renamed)
        } finally {
          await two.close()
          await second.stop()
        }
        await until(() => isUsed(adapter))
      })

      replicated("that hide how far they are are bounded by time", async () => {
        const urls = { primary: pair.primary.url, replica: pair.replica.url }
        for (const [which, place] of Object.entries(urls)) {
          const at = new URL(place)
          at.username = "untold"
          at.password = "untold"
          urls[which] = at.href
        }
        await everywhere()
        const database = new URL(pair.primary.url).pathname.slice(1)
        const admin = readers.postgres.readerOf(withDatabase(pair.primary.adminUrl, database))
        const { username } = new URL(pair.primary.url)
        try {
          for (const sql of [
            "CREATE ROLE untold LOGIN PASSWORD 'untold'",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO untold",
            `GRANT EXECUTE ON FUNCTION pg_current_wal_insert_lsn() TO ${username}`,
            "REVOKE EXECUTE ON FUNCTION pg_current_wal_insert_lsn() FROM PUBLIC",
          ]) {
            await admin.rows(sql)
          }
        } finally {
          await admin.end()
        }
        await expectBoundedByTime(pair.replica, urls, { onPrimary, onReplica })
        await until(() => isUsed(adapter))
      })
    }

    replicated("that are not there at first do not keep anybody waiting", async () => {
      await everywhere()
      await pair.replica.kill()
      const late = SqlxAdapter(pair.primary.url, { replicas: [pair.replica.url] })
      const user = await makeUser(late)
      expect(await late.getUser(user.id)).toEqual(user)
      expect((await late.stats()).replicas).toMatchObject([{ usable: false, lag: null }])
      await pair.replica.restart()
      await until(() => isUsed(late))
      expect(await late.getUser(user.id)).toEqual(user)
      await late.close()
      await until(() => isUsed(adapter))
    })

    replicated("are closed with the adapter", async () => {
      await until(() => isUsed(adapter))
      const one = SqlxAdapter(pair.primary.url, {
        replicas: [pair.replica.url],
        pool: { max: 3 },
      })
      const before = await onReplica.connections()
      // The other adapter's come and go, so that one more is told from them by being several.
      await until(async () => {
        const used = await Promise.all(Array.from({ length: 3 }, () => isUsed(one)))
        return used.every(Boolean) && (await onReplica.connections()) > before
      })
      await one.close()
      await until(async () => (await onReplica.connections()) <= before)
    })
  })
}

describe("the option replicas", () => {
  test.each([
    [{ replicas: "postgres://db/app" }, /an array of URLs/],
    [{ replicas: ["sqlite:auth.db"] }, /not that of a PostgreSQL, MySQL or MariaDB server/],
    [{ replicas: ["postgres://app:hunter2@one,,two/app"] }, /cannot be understood/],
    [{ replicas: { urls: [], sesions: true } }, /sesions.*did you mean.*sessions/],
    [{ replicas: { urls: ["postgres://db/app"], maxLag: 0 } }, /maxLag/],
    [{ replicas: { sessions: false } }, /urls/],
  ])("%j is refused, and says why", (options, message) => {
    const make = () => SqlxAdapter("postgres://app:hunter2@localhost:1/app", options)
    expect(make).toThrow(message)
    expect(make).not.toThrow(/hunter2/)
  })

  test("has no use with SQLite", () => {
    const options = { replicas: ["postgres://db/app"] }
    expect(() => SqlxAdapter("sqlite::memory:", options)).toThrow(/SQLite, which is a file/)
  })

  test("of another kind than the primary is never asked", async () => {
    const { unavailable, url } = server("postgres")
    const { unavailable: lacking, url: another } = server("mariadb")
    if (unavailable || lacking) return console.warn(`skipped: ${unavailable ?? lacking}`)
    const adapter = SqlxAdapter(url, { replicas: [another] })
    await adapter.ping()
    for (let n = 0; n < 5; n += 1) await adapter.getUser(unique("nobody"))
    expect((await adapter.stats()).replicas).toMatchObject([{ usable: false }])
    await adapter.close()
  })
})
