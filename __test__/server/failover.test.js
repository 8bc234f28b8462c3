const { createHash } = require("node:crypto")
const { until } = require("../clusters/contention")
const { sayWhy } = require("../clusters/servers")
const { SqlxAdapter } = require("../..")
const { server } = require("../servers")
const { withDatabase } = require("../servers/credentials")
const replication = require("../servers/replication")
const { sleep } = require("../servers/run")
const { refused } = require("../support/expectations")
const { makeSession, makeUser } = require("../support/samples")
const readers = { postgres: require("../support/postgres"), mysql: require("../support/mysql") }

jest.setTimeout(120_000)

const READER = { postgres: readers.postgres, mariadb: readers.mysql, mysql: readers.mysql }

/** What makes a server refuse writes, and take them again. */
const DEMOTE = {
  postgres: "ALTER SYSTEM SET default_transaction_read_only = on",
  mariadb: "SET GLOBAL read_only = 1",
  mysql: "SET GLOBAL read_only = 1",
}
const PROMOTE = {
  postgres: "ALTER SYSTEM SET default_transaction_read_only = off",
  mariadb: "SET GLOBAL read_only = 0",
  mysql: "SET GLOBAL read_only = 0",
}

/** What a replica has been sent, when it has applied that, and whether that is all of the primary's. */
const SENT = {
  mariadb: {
    status: "SHOW SLAVE STATUS",
    received: "Gtid_IO_Pos",
    wait: "SELECT MASTER_GTID_WAIT(?, 10) AS late",
    applied: "SELECT @@GLOBAL.gtid_slave_pos AS position",
    isAll: "SELECT @@GLOBAL.gtid_binlog_pos = ? AS yes",
    stop: "STOP SLAVE",
  },
  mysql: {
    status: "SHOW REPLICA STATUS",
    received: "Retrieved_Gtid_Set",
    wait: "SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 10) AS late",
    applied: "SELECT @@GLOBAL.gtid_executed AS position",
    isAll: "SELECT GTID_SUBSET(@@GLOBAL.gtid_executed, ?) AS yes",
    stop: "STOP REPLICA",
  },
}

const digest = (token) => `sha256:${createHash("sha256").update(token).digest("hex")}`

for (const name of ["postgres", "mariadb", "mysql"]) {
  const { unavailable, yours } = server(name)
  const why = unavailable ?? (yours ? "the user has one" : undefined)
  // Who is primary is the server's own folder's business, so these tests have servers of their own.
  const run = why ? describe.skip : describe
  run(`several hosts of ${name}${why ? ` (${why})` : ""}`, () => {
    let pair
    let lacking
    const open = []

    beforeAll(async () => {
      try {
        pair = await replication.start(name)
      } catch (error) {
        if (error.code !== "UNAVAILABLE") throw error
        lacking = error.message
        return
      }
      if (name === "postgres") {
        // A commit is acknowledged when the standby has it, as where no write may be lost.
        await tell(pair.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        return
      }
      // Who may do anything may write to a server that is read-only.
      const database = new URL(pair.primary.url).pathname.slice(1)
      await tell(pair.primary, "CREATE USER app@'%' IDENTIFIED BY 'app'")
      await tell(pair.primary, `GRANT ALL ON ${database}.* TO app@'%'`)
      await until(() => tell(pair.replica, "SELECT 1", urlOf(pair.replica)).then(() => true))
      await tell(pair.replica, DEMOTE[name])
    })

    afterEach(async () => {
      for (const one of open.splice(0)) await one.close()
    })

    afterAll(async () => {
      for (const one of [pair?.replica, pair?.primary]) await one?.stop()
    })

    function urlOf({ url }) {
      const at = new URL(url)
      if (name !== "postgres") [at.username, at.password] = ["app", "app"]
      return at.href
    }

    /** A URL with the hosts of several servers, in this order. */
    function urlOfAll(servers, parameters = "") {
      const at = new URL(urlOf(servers[0]))
      const hosts = servers.map(({ port }) => `127.0.0.1:${port}`).join(",")
      return `${at.protocol}//${at.username}:${at.password}@${hosts}${at.pathname}${parameters}`
    }

    async function tell(server, sql, url = server.adminUrl) {
      const reader = READER[name].readerOf(url)
      try {
        await reader.rows(sql)
        if (sql.startsWith("ALTER SYSTEM")) await reader.rows("SELECT pg_reload_conf()")
      } finally {
        await reader.end()
      }
    }

    function adapterOf(url, options) {
      const adapter = SqlxAdapter(url, options)
      open.push(adapter)
      return adapter
    }

    function replicated(title, body) {
      test(title, async () => {
        if (lacking) return sayWhy(lacking)
        await body()
      })
    }

    replicated("lead to the one that takes writes, wherever it stands in the URL", async () => {
      const { primary, replica } = pair
      for (const servers of [
        [primary, replica],
        [replica, primary],
      ]) {
        const adapter = adapterOf(urlOfAll(servers))
        const user = await makeUser(adapter)
        await adapter.updateUser({ id: user.id, name: "Zoë" })
        expect((await adapter.getUser(user.id)).name).toBe("Zoë")
        expect((await adapter.stats()).retries).toBe(0)
      }
    })

    replicated("lead to the first, if any will do", async () => {
      const adapter = adapterOf(
        urlOfAll([pair.replica, pair.primary], "?target_session_attrs=any"),
        { synchronize: false },
      )
      await refused(makeUser(adapter), "ERR_READ_ONLY", "ERR_CONNECT")
    })

    replicated("are passed over while they are not there", async () => {
      const nobody = { ...pair.primary, port: 1 }
      const user = await makeUser(adapterOf(urlOfAll([nobody, pair.primary])))
      expect(user.id).toEqual(expect.any(String))
      const none = adapterOf(urlOfAll([nobody, { ...nobody, port: 2 }]), {
        pool: { connectTimeout: 300 },
      })
      const error = await refused(none.ping(), "ERR_CONNECT")
      expect(error.message).toMatch(/127.0.0.1:1 .*127.0.0.1:2 /)
    })

    replicated("are asked again when one has become read-only", async () => {
      const { primary } = pair
      const adapter = adapterOf(urlOfAll([primary, pair.replica]))
      const alone = adapterOf(urlOf(primary))
      const user = await makeUser(adapter)
      await alone.getUser(user.id)
      // Both connected; now the first takes no writes for a second, as while it is being replaced.
      await tell(primary, DEMOTE[name])
      try {
        await until(async () => {
          const error = await alone.updateUser({ id: user.id, name: "x" }).catch((thrown) => thrown)
          return error.code === "ERR_READ_ONLY"
        })
        const writes = Array.from({ length: 16 }, () => makeSession(adapter, user.id))
        await sleep(1_000)
        await tell(primary, PROMOTE[name])
        expect(await Promise.all(writes)).toHaveLength(16)
      } finally {
        await tell(primary, PROMOTE[name])
      }
      const sessions = await rowsOf(primary, "SELECT 1 FROM sessions WHERE user_id = ?", [user.id])
      expect(sessions).toHaveLength(16)
    })

    const kept =
      name === "postgres"
        ? "nothing acknowledged is lost"
        : "nothing acknowledged is lost that the replica had been sent"
    replicated(`are found again after a failover, and ${kept}`, async () => {
      const { primary, replica } = pair
      const adapter = adapterOf(urlOfAll([primary, replica]), { retry: { maxTime: 20_000 } })
      const user = await makeUser(adapter)
      const written = []
      const failed = []
      let over = false
      const writers = Array.from({ length: 8 }, async () => {
        while (!over) {
          try {
            written.push(await makeSession(adapter, user.id))
          } catch (error) {
            failed.push(error)
          }
        }
      })
      await until(() => written.length > 50)
      await primary.kill()
      let position
      if (name === "postgres") await replica.promote()
      else position = await promote(replica)
      const before = written.length
      await until(() => written.length > before + 50)
      over = true
      await Promise.all(writers)
      // What may have happened when the connection was lost is said to be unknown, and nothing else.
      const codes = new Set(failed.map(({ code }) => code))
      for (const code of codes) expect(["ERR_OUTCOME_UNKNOWN", "ERR_CONNECT"]).toContain(code)
      expect(failed.length).toBeLessThan(40)
      const there = await sessionsIn(replica, user)
      const lost = written.filter(({ sessionToken }) => !there.has(digest(sessionToken)))
      if (name === "postgres") {
        expect(lost).toEqual([])
        return
      }
      // These replicate a moment after they have answered. What the replica was not sent is in the old
      // primary still, and if it was sent everything, nothing may be missing.
      await adapter.close()
      await primary.restart()
      const held = await sessionsIn(primary, user)
      expect(lost.filter(({ sessionToken }) => !held.has(digest(sessionToken)))).toEqual([])
      const [{ yes }] = await rowsOf(primary, SENT[name].isAll, [position])
      if (Number(yes) === 1) expect(lost).toEqual([])
      console.log(`${name}: ${lost.length} of ${written.length} were not sent to the replica`)
    })

    /** Makes the replica take writes, when it has applied what it was sent; gives how far that is. */
    async function promote(replica) {
      const { status, received, wait, applied, stop } = SENT[name]
      const [{ [received]: sent }] = await rowsOf(replica, status)
      const [{ late }] = await rowsOf(replica, wait, [sent])
      expect(Number(late)).toBe(0)
      const [{ position }] = await rowsOf(replica, applied)
      await tell(replica, stop)
      await tell(replica, PROMOTE[name])
      return position
    }

    /** The digests of a user's sessions, as an independent driver reads them. */
    async function sessionsIn(server, { id }) {
      const sql = "SELECT session_token FROM sessions WHERE user_id = ?"
      const rows = await rowsOf(server, sql, [id])
      return new Set(rows.map((row) => row.session_token))
    }

    async function rowsOf(server, sql, params) {
      const database = new URL(pair.primary.url).pathname.slice(1)
      const reader = READER[name].readerOf(withDatabase(server.adminUrl, database))
      try {
        return await reader.rows(sql, params)
      } finally {
        await reader.end()
      }
    }
  })
}
