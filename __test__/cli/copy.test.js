const { createHash } = require("node:crypto")
const fs = require("node:fs")
const path = require("node:path")
const { SqlxAdapter } = require("../..")
const { create } = require("../presets/presets")
const { databases, describeOn } = require("../support/databases")
const { postgres } = require("../support/postgres")
const {
  hence,
  makeAccount,
  makeSession,
  makeToken,
  makeUser,
  passkey,
} = require("../support/samples")
const { query, sqlite } = require("../support/sqlite")
const { run } = require("../package/project")
const { cli, contents, copy, many, start } = require("./copying")

jest.setTimeout(120_000)

const places = []

async function fresh(database) {
  const place = await database.fresh()
  places.push(place)
  return place
}

afterEach(async () => {
  for (const place of places.splice(0)) await place.drop()
})

/** Runs something with an adapter. */
async function using(url, options, run) {
  const adapter = SqlxAdapter(url, options)
  try {
    return await run(adapter)
  } finally {
    await adapter.close()
  }
}

/** A few users with all that a user has, unusual values among it. */
async function fill(adapter) {
  const users = []
  for (const [name, email] of [
    ["Ada 🦊 O'Neil", "ada@example.com"],
    ["", null],
    [null, "grüße@example.com"],
  ]) {
    const user = await makeUser(adapter, { name, email, emailVerified: email && hence() })
    users.push(user)
    await makeAccount(adapter, user.id, { access_token: "a".repeat(3000), expires_at: 1700000000 })
    await makeAccount(adapter, user.id, { provider: "email", scope: "a b" })
    await makeSession(adapter, user.id, { sessionToken: `token of ${user.id}` })
    await makeToken(adapter)
    await adapter.createAuthenticator?.(passkey(user.id, { transports: null, counter: 4294967295 }))
  }
  return users
}

/** What a model's counts are when all of its rows were inserted and read back. */
const all = (rows) => ({
  read: rows,
  inserted: rows,
  present: 0,
  conflicts: 0,
  refused: 0,
  verified: rows,
  different: 0,
  missing: 0,
  checksums: { source: expect.any(String), target: expect.any(String) },
})

for (const database of databases.filter(({ name }) => name !== "pgbouncer")) {
  describeOn(database.name)(`copy, from and to ${database.name}`, () => {
    test("moves every value there and back, and signs nobody out", async () => {
      const [source, middle, target] = [
        await fresh(sqlite),
        await fresh(database),
        await fresh(sqlite),
      ]
      const users = await using(source.url, {}, fill)
      const there = await copy(["--from", source.url, "--to", middle.url])
      expect([there.code, there.stderr]).toEqual([0, ""])
      expect(there.copied).toMatchObject({
        complete: true,
        ids: "kept",
        left: [],
        reasons: [],
        models: {
          user: all(3),
          account: all(6),
          session: all(3),
          verificationToken: all(3),
          authenticator: all(3),
        },
      })
      for (const { checksums } of Object.values(there.copied.models)) {
        expect(checksums.source).toBe(checksums.target)
      }
      const before = await contents(sqlite, source)
      expect(await contents(database, middle)).toEqual(before)
      await using(middle.url, {}, async (adapter) => {
        for (const { id } of users) {
          const found = await adapter.getSessionAndUser(`token of ${id}`)
          expect(found.user.id).toBe(id)
        }
      })
      const back = await copy([], { FROM_DATABASE_URL: middle.url, AUTH_DATABASE_URL: target.url })
      expect([back.code, back.copied.complete]).toEqual([0, true])
      expect(await contents(sqlite, target)).toEqual(before)
      // Once more: all is there.
      const again = await copy(["--from", middle.url, "--to", target.url])
      expect(again.copied.models.account).toMatchObject({ inserted: 0, present: 6, verified: 6 })
    })

    test("leaves v3's tables, with numbers for ids and plain session tokens", async () => {
      const [source, target] = [await fresh(database), await fresh(sqlite)]
      await create("typeorm-v3", database.name, source)
      const expires = hence()
      const user = await using(source.url, { schema: "typeorm-v3" }, async (adapter) => {
        const user = await makeUser(adapter, { email: "Ada@Example.com" })
        await makeAccount(adapter, user.id, { access_token: "secret", accessTokenExpires: expires })
        await makeSession(adapter, user.id, { sessionToken: "a plain token", expires })
        return user
      })
      expect(user.id).toMatch(/^\d+$/)
      const args = ["--from", source.url, "--from-schema", "typeorm-v3", "--to", target.url]
      const { code, copied } = await copy(args)
      expect([code, copied.ids]).toEqual([0, "kept"])
      expect(copied.left).toEqual(["session.accessToken"])
      const [account] = await target.rows("SELECT * FROM accounts")
      expect(account).toMatchObject({
        user_id: user.id,
        access_token: "secret",
        expires_at: Math.floor(expires.getTime() / 1000),
      })
      const [session] = await target.rows("SELECT * FROM sessions")
      expect(session.session_token).toMatch(/^sha256:/)
      await using(target.url, {}, async (adapter) => {
        const found = await adapter.getSessionAndUser("a plain token")
        expect(found).toMatchObject({ user: { id: user.id, email: "ada@example.com" } })
      })
    })

    test("gives users new numbers where ids are numbers, and what is theirs follows", async () => {
      const [source, target] = [await fresh(sqlite), await fresh(database)]
      const users = await using(source.url, {}, fill)
      await create("typeorm-v3", database.name, target)
      const theirs = await using(target.url, { schema: "typeorm-v3" }, (adapter) =>
        makeUser(adapter, { email: "first@example.com" }),
      )
      const args = ["--from", source.url, "--to", target.url, "--to-schema", "typeorm-v3"]
      const refused = await copy(args)
      expect(refused.code).toBe(2)
      expect(refused.stderr).toMatch(
        /^ERR_CONFIG: copy: the source holds digests of session tokens/,
      )
      const without = await copy([...args, "--skip", "session"])
      expect(without.code).toBe(3)
      expect(without.stderr).toMatch(/ERR_UNSUPPORTED: .*rows of the authenticator model/)
      const skipping = [...args, "--skip", "session,authenticator"]
      const { code, copied } = await copy(skipping)
      expect([code, copied.ids, copied.models.account.inserted]).toEqual([0, "mapped", 6])
      const rows = await target.rows(
        "SELECT u.id AS id, m.source_id AS source, a.provider_account_id AS account FROM users u " +
          "JOIN next_auth_sqlx_copied_users m ON m.user_id = u.id JOIN accounts a ON a.user_id = u.id",
      )
      expect(rows).toHaveLength(6)
      const [of] = await source.rows("SELECT * FROM accounts WHERE user_id = ?", [users[1].id])
      expect(rows.find(({ account }) => account === of.provider_account_id).source).toBe(
        users[1].id,
      )
      const again = await copy(skipping)
      expect([again.code, again.copied.models.user.present]).toEqual([0, 3])
      await using(target.url, { schema: "typeorm-v3" }, async (adapter) => {
        const next = await makeUser(adapter)
        const ids = rows.map(({ id }) => Number(id))
        expect(Number(next.id)).toBeGreaterThan(Math.max(Number(theirs.id), ...ids))
      })
    })
  })
}

describeOn("postgres")("copy", () => {
  test("keeps numbers, and the counter goes on behind them", async () => {
    const [source, target] = [await fresh(postgres), await fresh(postgres)]
    await create("pg-adapter", "postgres", source)
    await create("typeorm-v3", "postgres", target)
    await source.execute("INSERT INTO users (id, name, email) VALUES (7, 'Ada', 'ada@example.com')")
    const args = ["--from", source.url, "--from-schema", "pg-adapter", "--to", target.url]
    const { code, copied } = await copy([...args, "--to-schema", "typeorm-v3"])
    expect([code, copied.ids, copied.models.user.verified]).toEqual([0, "kept", 1])
    await using(target.url, { schema: "typeorm-v3" }, async (adapter) => {
      expect((await adapter.getUserByEmail("ada@example.com")).id).toBe("7")
      expect((await makeUser(adapter)).id).toBe("8")
    })
  })

  test("makes a UUID of an id that is none, always the same", async () => {
    const [source, target] = [await fresh(sqlite), await fresh(postgres)]
    await using(source.url, {}, async (adapter) => {
      const user = await makeUser(adapter, { id: "ada", email: "ada@example.com" })
      await makeAccount(adapter, user.id, { providerAccountId: "hers" })
      await makeUser(adapter, { id: "0190b6a1-6f2b-7c3a-9d1e-5f1a2b3c4d5e" })
    })
    await create("kysely", "postgres", target)
    const args = ["--from", source.url, "--to", target.url, "--to-schema", "kysely"]
    const { code, copied } = await copy([...args, "--skip", "session"])
    expect([code, copied.ids]).toEqual([0, "derived"])
    const rows = await target.rows(
      'SELECT u.id, a."providerAccountId" AS account FROM "User" u LEFT JOIN "Account" a ON a."userId" = u.id ' +
        "ORDER BY account",
    )
    expect(rows).toEqual([
      { id: expect.stringMatching(/^\w{8}-\w{4}-8\w{3}-[89ab]\w{3}-\w{12}$/), account: "hers" },
      { id: "0190b6a1-6f2b-7c3a-9d1e-5f1a2b3c4d5e", account: null },
    ])
    const again = await copy([...args, "--skip", "session"])
    expect([again.code, again.copied.models.user.present]).toEqual([0, 2])
  })

  test("overwrites nobody's row, says what was in the way, and gives nobody another's session", async () => {
    const [source, target] = [await fresh(sqlite), await fresh(postgres)]
    const make = async (adapter, id, email, account, sessionToken) => {
      await makeUser(adapter, { id, email, name: account })
      await makeAccount(adapter, id, { providerAccountId: account })
      await makeSession(adapter, id, { sessionToken })
    }
    await using(source.url, {}, async (adapter) => {
      await make(adapter, "same id", "one@example.com", "one", "token one")
      await make(adapter, "b", "same@example.com", "two", "token two")
      await make(adapter, "c", "three@example.com", "same account", "token three")
    })
    await using(target.url, {}, async (adapter) => {
      await make(adapter, "same id", "other@example.com", "x", "token x")
      await make(adapter, "other", "same@example.com", "same account", "token y")
    })
    const before = await contents(postgres, target)
    const { code, copied } = await copy(["--from", source.url, "--to", target.url])
    expect([code, copied.complete]).toEqual([1, false])
    expect(copied.reasons).toEqual([
      {
        model: "account",
        kind: "conflict",
        message: "it is another user's in the target",
        rows: 1,
      },
      { model: "account", kind: "refused", message: "its user was not copied", rows: 2 },
      { model: "session", kind: "refused", message: "its user was not copied", rows: 2 },
      { model: "user", kind: "conflict", message: "another user has this e-mail address", rows: 1 },
      { model: "user", kind: "conflict", message: "another user has this id", rows: 1 },
    ])
    expect(copied.models.user).toMatchObject({ read: 3, inserted: 1, conflicts: 2, verified: 1 })
    const after = await contents(postgres, target)
    for (const [table, rows] of Object.entries(before)) {
      expect(after[table]).toEqual(expect.arrayContaining(rows))
    }
    expect(after.users).toHaveLength(3)
    await using(target.url, {}, async (adapter) => {
      expect(await adapter.getSessionAndUser("token one")).toBeNull()
      expect((await adapter.getSessionAndUser("token three")).user.id).toBe("c")
    })
  })

  test("a row that the target cannot hold does not keep the others out", async () => {
    const [source, target] = [await fresh(sqlite), await fresh(postgres)]
    await using(source.url, {}, fill)
    await create("prisma", "postgres", target)
    const { code, copied } = await copy([
      ...["--from", source.url, "--to", target.url, "--to-schema", "prisma", "--skip", "session"],
    ])
    expect(code).toBe(1)
    // Prisma's User has to have an e-mail address.
    expect(copied.models.user).toMatchObject({ inserted: 2, refused: 1, verified: 2 })
    expect(copied.models.account).toMatchObject({ inserted: 4, refused: 2 })
    expect(copied.reasons).toContainEqual({
      model: "user",
      kind: "refused",
      message: "user.email must be a string, not null",
      rows: 1,
    })
    expect(await target.rows('SELECT id FROM "User"')).toHaveLength(2)
  })

  test("killed half-way and run again, it ends as if it had never been", async () => {
    const [source, target] = [await fresh(sqlite), await fresh(postgres)]
    await using(source.url, { synchronize: true }, (adapter) => adapter.ping())
    await source.execute(many(5_000))
    const args = ["--from", source.url, "--to", target.url]
    const child = start(args)
    const count = async (table) => {
      const [{ rows }] = await target.rows(`SELECT count(*)::int AS rows FROM ${table}`)
      return rows
    }
    let copied = 0
    while (copied === 0 && child.exitCode === null) {
      copied = await count("accounts").catch(() => 0)
    }
    child.kill("SIGKILL")
    expect(await child.ended).toMatchObject({ signal: "SIGKILL" })
    expect(await count("users")).toBe(5_000)
    expect(await count("sessions")).toBeLessThan(5_000)
    const complete = await contents(sqlite, source)
    const half = await contents(postgres, target)
    const whole = new Set(complete.accounts)
    expect(half.accounts.filter((row) => !whole.has(row))).toEqual([])
    const again = await copy(args)
    expect([again.code, again.stderr]).toEqual([0, ""])
    const { user, account, session } = again.copied.models
    expect([user.present, user.inserted]).toEqual([5_000, 0])
    expect(account.present).toBeGreaterThanOrEqual(half.accounts.length)
    expect(account.present + account.inserted).toBe(5_000)
    expect(session.present + session.inserted).toBe(5_000)
    expect(await contents(postgres, target)).toEqual(complete)
  })
})

describeOn("sqlite")("copy", () => {
  test("opens encrypted OAuth tokens with the source's keys, and encrypts them with the target's", async () => {
    const source = await fresh(sqlite)
    const options = (id) => ({
      encryption: { keys: [{ id, key: createHash("sha256").update(id).digest("base64") }] },
    })
    const file = (id) => {
      const name = path.join(source.folder, `${id}.json`)
      fs.writeFileSync(name, JSON.stringify(options(id)))
      return name
    }
    const [account] = await using(source.url, options("old"), async (adapter) => {
      const user = await makeUser(adapter)
      return [await makeAccount(adapter, user.id, { access_token: "a secret", scope: "all" })]
    })
    const target = path.join(source.folder, "new.db")
    const args = ["--from", source.url, "--to", target]
    const without = await copy(args)
    expect(without.code).toBe(1)
    expect(without.copied.reasons[0].message).toMatch(
      /^account.access_token is encrypted, and option/,
    )
    const keyed = [...args, "--from-schema", file("old"), "--to-schema", file("new")]
    const { code, copied } = await copy(keyed)
    expect([code, copied.models.account.inserted, copied.models.account.verified]).toEqual([
      0, 1, 1,
    ])
    const [stored] = await query(target, "SELECT * FROM accounts")
    expect(stored).toMatchObject({ scope: "all", access_token: expect.stringContaining("new") })
    expect(stored.access_token).not.toContain("secret")
    await using(target, options("new"), async (adapter) => {
      const found = await adapter.getAccount(account.providerAccountId, account.provider)
      expect(found.access_token).toBe("a secret")
    })
  })

  test("with --dry-run says what it would do, and does nothing", async () => {
    const source = await fresh(sqlite)
    await using(source.url, {}, fill)
    const target = path.join(source.folder, "new.db")
    const { code, copied } = await copy(["--from", source.url, "--to", target, "--dry-run"])
    expect([code, copied.dryRun]).toEqual([0, true])
    expect(copied.models.session).toMatchObject({ read: 3, inserted: 3, verified: 0 })
    expect(fs.existsSync(target)).toBe(false)
  })

  test("changes nothing about its source, which it does not create either", async () => {
    const source = await fresh(sqlite)
    await using(source.url, {}, fill)
    await source.execute("PRAGMA journal_mode = DELETE")
    const before = fs.readFileSync(source.file)
    const target = path.join(source.folder, "new.db")
    expect((await copy(["--from", source.url, "--to", target])).code).toBe(0)
    expect(fs.readFileSync(source.file).equals(before)).toBe(true)
    const missing = path.join(source.folder, "missing.db")
    const refused = await copy(["--from", missing, "--to", target])
    expect([refused.code, refused.stdout]).toEqual([3, ""])
    expect(refused.stderr).toMatch(/^ERR_CONNECT: copy: the source: .*does not exist/)
    expect(fs.existsSync(missing)).toBe(false)
  })

  test("tells in words what it does, and draws no bar where there is no terminal", async () => {
    const source = await fresh(sqlite)
    await using(source.url, {}, fill)
    const target = path.join(source.folder, "new.db")
    const { code, stdout, stderr } = await start(["--from", source.url, "--to", target]).ended
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^users: 3 read, 3 inserted, 3 read back and equal\n {2}checksum \w{32}\n/,
    )
    expect(stdout).toMatch(/Everything was copied and read back, in [\d.]+ s\.\n$/)
    expect(stderr).toMatch(/^Copying users {2}0 % {2}0 of 36 rows\n/)
    expect(stdout + stderr).not.toContain("\u001b")
  })

  // `script` runs a command on a terminal of its own.
  test.each([
    [80, /^\rVerifying users {2}\[#{9,12}-{9,12}\] {2}18 of 36 {2}[\d,]+ rows\/s {2}0:\d\d left$/],
    [50, /^\rVerifying users {2}18 of 36 {2}[\d,]+ rows\/s/],
  ])("draws a bar on a terminal of %i columns, which is wiped", async (columns, half) => {
    const source = await fresh(sqlite)
    await using(source.url, {}, fill)
    const target = path.join(source.folder, "new.db")
    const command = `stty cols ${columns}; "${process.execPath}" "${cli}" copy --from "${source.url}" --to "${target}"`
    const { NO_COLOR: _, ...environment } = process.env
    const { code, stdout } = await run(
      "script",
      ["--quiet", "--return", "--command", command, "/dev/null"],
      {
        env: { ...environment, TERM: "xterm" },
      },
    )
    expect(code).toBe(0)
    const [drawn, report] = stdout.split("\r\u001b[K")
    const lines = drawn.split("\u001b[K")
    expect(lines[0]).toMatch(/^\rCopying users {2}\[-{23,24}\] {2}0 of 36$/)
    expect(lines).toContainEqual(expect.stringMatching(half))
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
    expect(report).toContain("\u001b[1musers\u001b[0m: 3 read")
    expect(report).toContain("\u001b[32mEverything was copied")
  })

  test.each([
    [["--to", "x.db"], 2, /copy needs a source: --from URL/],
    [["--from", "a.db", "--to", "b.db", "--skip", "user"], 2, /--skip takes account, session/],
    [["--from", "a.db", "--to", "b.db", "--url", "c.db"], 2, /--url is for/],
    [["--from", "a.db", "--to", "b.db", "--to-schema", "prisam"], 2, /did you mean "prisma"/],
    [["--from", "a.db", "--to-schema", "./no.json"], 2, /--to-schema .\/no.json cannot be read/],
    [
      ["--from", "postgres://app:hunter2@127.0.0.1:1/x", "--to", "b.db"],
      3,
      /the source: .*refused/,
    ],
  ])("%j is refused in a sentence", async (args, code, message) => {
    const said = await copy(args)
    expect([said.code, said.stdout]).toEqual([code, ""])
    expect(said.stderr).toMatch(message)
    expect(said.stderr).not.toMatch(/\n\s+at |hunter2/)
  })
})
