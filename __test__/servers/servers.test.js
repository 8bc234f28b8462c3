const { spawn, execFileSync } = require("node:child_process")
const { once } = require("node:events")
const { existsSync, mkdtempSync, readFileSync, rmSync } = require("node:fs")
const { createServer } = require("node:net")
const { tmpdir } = require("node:os")
const { join } = require("node:path")
const { server, wantedDatabases } = require(".")
const { withDatabase } = require("./credentials")
const gate = require("./gate")
const { processesIn } = require("./processes")
const { sleep } = require("./run")

jest.setTimeout(120_000)

/** The drivers, as one: `query(url, sql, { tls })` gives the last column of the first row. */
const drivers = {
  async postgres(url, sql, { tls } = {}) {
    const { Client } = require("pg")
    const client = new Client({ connectionString: url, ssl: tls, connectionTimeoutMillis: 5000 })
    client.on("error", () => {})
    await client.connect()
    try {
      const { rows } = await client.query({ text: sql, rowMode: "array" })
      return rows[0]?.at(-1)
    } finally {
      await client.end()
    }
  },
  async mysql(url, sql, { tls } = {}) {
    const { createConnection } = require("mysql2/promise")
    const options = { uri: url, ssl: tls, connectTimeout: 5000, rowsAsArray: true }
    const connection = await createConnection(options)
    try {
      const [rows] = await connection.query(sql)
      return rows[0]?.at(-1)
    } finally {
      connection.destroy()
    }
  },
}

const kinds = [
  {
    name: "postgres",
    query: drivers.postgres,
    encrypted: "select version from pg_stat_ssl where pid = pg_backend_pid()",
  },
  { name: "mariadb", query: drivers.mysql, encrypted: "show status like 'Ssl_version'" },
  { name: "mysql", query: drivers.mysql, encrypted: "show status like 'Ssl_version'" },
  { name: "pgbouncer", query: drivers.postgres },
]

for (const { name, query, encrypted } of kinds) {
  const reason = whyNot(name)
  const run = reason ? describe.skip : describe
  run(reason ? `${name}: ${reason}` : name, () => {
    const tested = {}
    beforeAll(async () => {
      if (name === "pgbouncer") tested.postgres = await require("./postgres").start()
      tested.server = await require(`./${name}`).start(tested)
    })
    afterAll(async () => {
      await tested.server?.stop()
      await tested.postgres?.stop()
    })

    const answers = (what = tested.server.url) => query(what, "select 41 + 1").then(Number)
    const trusting = (file) => ({ tls: { ca: readFileSync(tested.server[file]) } })

    test("answers over TLS to a client that checks its certificate", async () => {
      const { url } = tested.server
      expect(Number(await query(url, "select 41 + 1", trusting("caFile")))).toBe(42)
      await expect(query(url, "select 1", trusting("otherCaFile"))).rejects.toThrow()
      if (encrypted) {
        expect(await query(url, encrypted, trusting("caFile"))).toMatch(/TLS/)
      }
    })

    test("answers by its socket", async () => {
      const { socketDirectory, socketPath, port, user, password, database } = tested.server
      if (socketPath) {
        const { createConnection } = require("mysql2/promise")
        const connection = await createConnection({ socketPath, user, password, database })
        await connection.query("select 1")
        connection.destroy()
      } else {
        const { Client } = require("pg")
        const client = new Client({ host: socketDirectory, port, user, password, database })
        await client.connect()
        await client.end()
      }
    })

    test("rejects a wrong password", async () => {
      const wrong = new URL(tested.server.url)
      wrong.password = "wrong"
      await expect(answers(wrong.href)).rejects.toMatchObject({
        code: expect.stringMatching(/^(28P01|08P01|ER_ACCESS_DENIED_ERROR)$/),
      })
    })

    test("creates and drops databases, also under names that must be quoted", async () => {
      const name = 'it\'s a "test" `database`'
      const url = await tested.server.createDatabase(name)
      expect(await answers(url)).toBe(42)
      await tested.server.dropDatabase(name)
      // PgBouncer lets a client wait for minutes for a database that is not there.
      const direct = withDatabase(tested.server.directUrl ?? url, name)
      await expect(answers(direct)).rejects.toThrow()
    })

    if (name !== "pgbouncer") {
      test("lets the client certificate in without a password", async () => {
        const { certifiedUrl, clientCert, clientKey, caFile } = tested.server
        const tls = { ca: caFile, cert: clientCert, key: clientKey }
        for (const part of Object.keys(tls)) tls[part] = readFileSync(tls[part])
        expect(await query(certifiedUrl, "select current_user", { tls })).toMatch(/^certified/)
        await expect(query(certifiedUrl, "select 1", trusting("caFile"))).rejects.toThrow()
      })

      test("keeps what it has acknowledged through SIGKILL", async () => {
        const { url } = tested.server
        await query(url, "create table kept (id int)")
        await query(url, "insert into kept values (1), (2)")
        await tested.server.kill()
        expect(tested.server.processes()).toEqual([])
        await expect(answers()).rejects.toThrow()
        await tested.server.restart()
        expect(Number(await query(url, "select count(*) from kept"))).toBe(2)
      })
    }

    test("restarts in good order on the same port", async () => {
      const before = tested.server.processes()
      await tested.server.restart()
      expect(await answers()).toBe(42)
      expect(tested.server.processes()).not.toEqual(expect.arrayContaining(before))
    })

    test("says nothing while it is frozen, and answers once thawed", async () => {
      tested.server.freeze()
      const answer = answers()
      const first = await Promise.race([answer, sleep(300)])
      tested.server.thaw()
      expect(first).toBeUndefined()
      expect(await answer).toBe(42)
    })

    test("refuses connections for a while", async () => {
      const back = tested.server.refuse(0.5)
      await sleep(250)
      await expect(answers()).rejects.toThrow()
      await back
      expect(await answers()).toBe(42)
    })

    test("leaves nothing behind, even where it was frozen", async () => {
      const { folder, port } = tested.server
      expect(processesIn(folder)).not.toEqual([])
      tested.server.freeze()
      await tested.server.stop()
      expect(processesIn(folder)).toEqual([])
      expect(existsSync(folder)).toBe(false)
      await listen(port)
      await tested.server.stop()
      await expect(tested.server.restart()).rejects.toThrow("stopped for good")
    })
  })
}

const postgres = whyNot("postgres") ? describe.skip : describe

postgres("the process that started a server", () => {
  const program = `
    require(${JSON.stringify(join(__dirname, "postgres.js"))}).start().then(({ folder }) => {
      console.log(folder)
      setInterval(() => {}, 1000)
    })`

  test.each(["SIGKILL", "SIGTERM", "SIGINT"])("takes it along when it ends by %s", async (name) => {
    const stdio = ["ignore", "pipe", "inherit"]
    const child = spawn(process.execPath, ["-e", program], { stdio })
    const folder = String(await once(child.stdout, "data").then(([line]) => line)).trim()
    expect(processesIn(folder)).not.toEqual([])
    child.kill(name)
    await once(child, "exit")
    for (let tries = 0; tries < 500 && existsSync(folder); tries++) await sleep(20)
    expect(processesIn(folder)).toEqual([])
    expect(existsSync(folder)).toBe(false)
  })

  test("leaves no shared memory, SIGKILL or not", async () => {
    if (process.platform !== "linux") return
    const segments = () => execFileSync("ipcs", ["-m"], { encoding: "utf8" }).match(/^0x/gm) ?? []
    const before = segments().length
    const server = await require("./postgres").start()
    await server.kill()
    await server.stop()
    expect(segments().length).toBeLessThanOrEqual(before)
  })
})

describe("the servers of a run", () => {
  // In processes of their own, because they are told by the environment.
  async function start(environment, report) {
    const folder = mkdtempSync(join(tmpdir(), "auth-summary-"))
    const program = `
      const kit = require(${JSON.stringify(join(__dirname, "index.js"))})
      kit.servers().then(
        async ({ running, skipped, stop }) => {
          const result = { skipped, reported: ${report} }
          await stop()
          return { ...result, running: Object.keys(running) }
        },
        (error) => ({ failed: error.message }),
      ).then((result) => console.log(JSON.stringify({ ...result, left: process.env.TEST_SERVERS })))`
    const env = { ...process.env, CI: "", TEST_SERVERS_SUMMARY: join(folder, "summary.json") }
    for (const name of Object.keys(env)) {
      if (/^TEST_.*_(URL|CA|ADMIN_URL|VERSION)$|^TEST_SERVERS$/.test(name)) delete env[name]
    }
    try {
      const output = execFileSync(process.execPath, ["-e", program], {
        encoding: "utf8",
        env: { ...env, ...environment },
      })
      return JSON.parse(output)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const lacking = { DATABASES: "sqlite,mariadb", TEST_MARIADB_VERSION: "1.0" }

  test("skip what cannot be had, and say so at the end", async () => {
    const { skipped, reported, running } = await start(lacking, "kit.summaryLines()")
    expect(running).toEqual([])
    expect(skipped.mariadb).toMatch("MariaDB 1.0 is not available")
    expect(reported).toContain("SQLite: tested")
    expect(reported).toContain(`SKIPPED: ${skipped.mariadb}`)
    expect(reported).toContain("MySQL: not asked for")
  })

  test("fail in CI where one cannot be had, MySQL excepted", async () => {
    const { failed } = await start({ ...lacking, CI: "true" }, "null")
    expect(failed).toMatch("MariaDB 1.0 is not available")
    const without = { CI: "true", DATABASES: "mysql", TEST_MYSQL_VERSION: "1.0" }
    const { skipped } = await start(without, "null")
    expect(skipped.mysql).toMatch("not available")
  })

  test("never show the URL of a server of the user's that does not answer", async () => {
    const url = "postgres://someone:hush-hush@127.0.0.1:1/app"
    const environment = { DATABASES: "postgres", TEST_POSTGRES_URL: url }
    const { failed } = await start(environment, "null")
    expect(failed).toMatch("TEST_POSTGRES_URL names a server that does not answer (ECONNREFUSED)")
    expect(failed).not.toMatch("hush")
  })

  test("refuse a database that they do not know", () => {
    const before = process.env.DATABASES
    process.env.DATABASES = "sqlite,mssql"
    try {
      expect(wantedDatabases).toThrow('DATABASES names "mssql"; there are: sqlite, postgres')
    } finally {
      if (before === undefined) delete process.env.DATABASES
      else process.env.DATABASES = before
    }
  })

  postgres("where PostgreSQL is there", () => {
    test("are handed to the tests, and taken back", async () => {
      const report = `{ ...kit.server("postgres"), url: process.env.TEST_POSTGRES_URL }`
      const { reported, running, left } = await start({ DATABASES: "postgres" }, report)
      expect(running).toEqual(["postgres"])
      expect(reported.url).toMatch(
        /^postgres:\/\/tester:p%40ss%3Aw%2Ford%25@127\.0\.0\.1:\d+\/test$/,
      )
      expect(reported.version).toMatch(/^\d+/)
      expect(left).toBeUndefined()
    })

    test("are not started where the user names one", async () => {
      const mine = await require("./postgres").start()
      const environment = { DATABASES: "postgres", TEST_POSTGRES_URL: mine.url }
      const { reported } = await start(environment, "kit.server('postgres')")
      expect(reported).toMatchObject({ yours: true, url: mine.url, version: mine.version })
      await mine.stop()
    })
  })
})

describe("the gate before a server", () => {
  let echo
  beforeAll(async () => {
    echo = createServer((socket) => socket.on("error", () => {}).pipe(socket))
    await new Promise((resolve) => echo.listen(0, "127.0.0.1", resolve))
  })
  afterAll(() => new Promise((resolve) => echo.close(resolve)))

  const dial = async (port) => {
    const socket = require("node:net").connect({ port, host: "127.0.0.1" })
    await once(socket, "connect")
    return socket
  }
  const heard = (socket) =>
    Promise.race([once(socket, "data").then(([bytes]) => String(bytes)), sleep(200)])

  test("passes on, refuses, keeps silent and cuts", async () => {
    const before = await gate.start({ to: echo.address() })
    expect(before.through("postgres://a:b@db.example:5432/c?d=e")).toBe(
      `postgres://a:b@127.0.0.1:${before.port}/c?d=e`,
    )

    const socket = await dial(before.port)
    socket.write("one")
    expect(await heard(socket)).toBe("one")

    before.silence()
    socket.write("two")
    expect(await heard(socket)).toBeUndefined()
    before.speak()
    socket.write("three")
    expect(await heard(socket)).toBe("three")

    before.refuse()
    await expect(dial(before.port)).rejects.toMatchObject({ code: "ECONNREFUSED" })
    await before.accept()
    const other = await dial(before.port)
    expect(before.connections()).toBe(2)

    before.cut()
    await Promise.all([once(other, "close"), once(socket, "error")].map((p) => p.catch(() => {})))
    expect(before.connections()).toBe(0)
    await before.stop()
  })
})

/** Why a server of our own cannot be tested here, if it cannot. */
function whyNot(name) {
  if (!wantedDatabases().includes(name)) return "DATABASES leaves it out"
  if (!process.env.TEST_SERVERS) return undefined
  const { unavailable, yours } = server(name)
  return yours ? "the user has one" : unavailable
}

/** That the port is free again. */
async function listen(port) {
  const taking = createServer()
  taking.listen(port, "127.0.0.1")
  await once(taking, "listening")
  taking.close()
}
