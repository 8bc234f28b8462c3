// One at a time for an account, in whatever process: refresh tokens that work once.

const http = require("node:http")
const { once } = require("node:events")
const readline = require("node:readline")
const { contract } = require("../support/contract")
const { eventually, refused } = require("../support/expectations")
const { makeAccount, makeUser, unique } = require("../support/samples")
const { said, startNode } = require("../support/child")

/** What a process does that needs an access token: 8 requests at once, each time it is told to. */
const REFRESHER = `
  const [url, provider, id, endpoint] = process.argv.slice(-4)
  const scope = JSON.parse(process.env.SCOPE)
  const columns = Object.fromEntries(Object.keys(scope).map((name) => [name, "text"]))
  const scoped = { scope: { columns, values: () => scope } }
  const adapter = SqlxAdapter(url, { pool: { max: 3 }, ...(process.env.SCOPE !== "{}" && scoped) })
  const refreshed = async (account) => {
    if (account.expires_at * 1000 > Date.now()) return
    const response = await fetch(endpoint, { method: "POST", body: account.refresh_token })
    if (!response.ok) throw new Error("refused")
    return response.json()
  }
  const request = () => adapter.withAccountLock(provider, id, refreshed)
  require("node:readline").createInterface({ input: process.stdin }).on("line", async () => {
    const accounts = await Promise.all(Array.from({ length: 8 }, request))
    say(accounts.map(({ access_token }) => access_token))
  }).on("close", () => adapter.close())
  say("ready")
`

contract("withAccountLock", (db) => {
  afterEach(() => jest.restoreAllMocks())

  async function linked(values) {
    const user = await makeUser(db.adapter)
    return makeAccount(db.adapter, user.id, {
      provider: unique("provider"),
      access_token: "access 0",
      refresh_token: "refresh 0",
      expires_at: 1_700_000_000,
      ...values,
    })
  }

  const stored = ({ provider, providerAccountId }) =>
    db.row("SELECT * FROM accounts WHERE provider = ? AND provider_account_id = ?", [
      provider,
      providerAccountId,
    ])

  const lock = (adapter, { provider, providerAccountId }, run) =>
    adapter.withAccountLock(provider, providerAccountId, run)

  async function isFree(account) {
    const { lock_owner, lock_expires } = await stored(account)
    return lock_owner === null && lock_expires === null
  }

  /** An authorization server whose refresh tokens work once: a second use is what a thief would do. */
  async function authorizationServer() {
    const seen = { refreshes: 0, reuses: 0 }
    const server = http.createServer(async (request, response) => {
      let token = ""
      for await (const chunk of request) token += chunk
      if (token !== `refresh ${seen.refreshes}`) {
        seen.reuses += 1
        response.writeHead(400).end()
        return
      }
      seen.refreshes += 1
      await new Promise((resolve) => setTimeout(resolve, 100))
      const fresh = {
        access_token: `access ${seen.refreshes}`,
        refresh_token: `refresh ${seen.refreshes}`,
        expires_at: Math.floor(Date.now() / 1000) + 3600,
      }
      response.end(JSON.stringify(fresh))
    })
    await once(server.listen(0, "127.0.0.1"), "listening")
    const close = () => new Promise((resolve) => server.close(resolve))
    return { seen, close, url: `http://127.0.0.1:${server.address().port}/token` }
  }

  test("32 requests at once in four processes refresh a token once, each time that it expires", async () => {
    const server = await authorizationServer()
    const account = await linked()
    const { provider, providerAccountId } = account
    const args = [db.url, provider, providerAccountId, server.url]
    const env = { SCOPE: JSON.stringify(db.scope) }
    const processes = Array.from({ length: 4 }, () => startNode(REFRESHER, { args, env }))
    const lines = processes.map(({ child }) => {
      const lines = readline.createInterface({ input: child.stdout })
      return lines[Symbol.asyncIterator]()
    })
    const next = () => Promise.all(lines.map(async (line) => JSON.parse((await line.next()).value)))
    expect(await next()).toEqual(["ready", "ready", "ready", "ready"])
    for (const expiry of [1, 2]) {
      for (const { child } of processes) child.stdin.write("go\n")
      const tokens = (await next()).flat()
      expect(tokens).toEqual(Array(32).fill(`access ${expiry}`))
      expect(server.seen).toEqual({ refreshes: expiry, reuses: 0 })
      await db.execute("UPDATE accounts SET expires_at = 1700000000 WHERE provider = ?", [provider])
    }
    for (const { child } of processes) child.stdin.end()
    for (const { ended } of processes) said(await ended)
    await server.close()
    expect((await stored(account)).refresh_token).toBe("refresh 2")
    expect(await isFree(account)).toBe(true)
  })

  test("gives the fresh account, stores what the function returns, and gives the account back", async () => {
    const account = await linked()
    const seen = []
    const changed = await lock(db.adapter, account, async (fresh) => {
      seen.push(fresh, await isFree(account))
      return { ...fresh, access_token: "new", expires_at: 1_800_000_000, scope: ["a", "b"] }
    })
    expect(seen).toStrictEqual([account, false])
    const expected = { ...account, access_token: "new", expires_at: 1_800_000_000, scope: "a b" }
    expect(changed).toStrictEqual(expected)
    expect(await stored(account)).toMatchObject({ access_token: "new", refresh_token: "refresh 0" })
    expect(await isFree(account)).toBe(true)
    for (const nothing of [undefined, null, {}]) {
      expect(await lock(db.adapter, account, () => nothing)).toStrictEqual(expected)
    }
  })

  test("what the function throws is passed on, nothing is stored, and the next one is not in its way", async () => {
    const account = await linked()
    const failure = new Error("the provider is away")
    await expect(
      lock(db.adapter, account, () => {
        throw failure
      }),
    ).rejects.toBe(failure)
    expect(await isFree(account)).toBe(true)
    await refused(
      lock(db.adapter, account, () => "access"),
      "ERR_INVALID_ARGUMENT",
    )
    await refused(
      lock(db.adapter, account, () => ({ access_token: 7 })),
      "ERR_INVALID_ARGUMENT",
    )
    const poisoned = {
      get access_token() {
        throw failure
      },
    }
    await expect(lock(db.adapter, account, () => poisoned)).rejects.toBe(failure)
    expect(await isFree(account)).toBe(true)
    expect(await lock(db.adapter, account, () => {})).toStrictEqual(account)
  })

  test("what has been stored is not refused because the lease cannot be ended", async () => {
    const account = await linked()
    const key = Object.entries({ ...db.scope, provider: account.provider })
    const of = (row) => key.map(([name, value]) => `${row}${name} = '${value}'`).join(" AND ")
    const [keep, forget] =
      db.name === "sqlite"
        ? [
            `CREATE TRIGGER kept BEFORE UPDATE OF lock_owner ON accounts WHEN NEW.lock_owner IS NULL AND ${of("NEW.")} BEGIN SELECT RAISE(ABORT, 'kept'); END`,
            "DROP TRIGGER kept",
          ]
        : [
            `ALTER TABLE accounts ADD CONSTRAINT kept CHECK (lock_owner IS NOT NULL OR NOT (${of("")}))`,
            "ALTER TABLE accounts DROP CONSTRAINT kept",
          ]
    const changed = await lock(db.adapter, account, async () => {
      // Now, as the constraint does not hold for an account without a lease.
      await db.execute(keep)
      return { access_token: "rotated" }
    }).finally(() => db.execute(forget))
    expect(changed).toMatchObject({ access_token: "rotated" })
    expect(await stored(account)).toMatchObject({ access_token: "rotated" })
    // It ends by itself.
    expect(await isFree(account)).toBe(false)
  })

  test("nothing is held while the function runs: neither a connection nor another account", async () => {
    const [account, other] = [await linked(), await linked()]
    const adapter = db.open({ pool: { max: 1, acquireTimeout: 2_000 } })
    const inner = await lock(adapter, account, async () => {
      await adapter.updateUser({ id: account.userId, name: "Zoë" })
      await adapter.updateAccount({ ...account, session_state: "changed by another" })
      await lock(adapter, other, () => ({ scope: "inner" }))
      return { scope: "outer" }
    })
    expect(inner).toMatchObject({ scope: "outer", session_state: "changed by another" })
    expect((await stored(other)).scope).toBe("inner")
  })

  test("the lease of a process that crashed ends by itself", async () => {
    const account = await linked()
    const { provider, providerAccountId } = account
    const { child, ended } = startNode(
      `
        const [url, provider, id] = process.argv.slice(-3)
        SqlxAdapter(url).withAccountLock(provider, id, () => {
          say("held")
          return new Promise((resolve) => setTimeout(resolve, 60_000))
        })
      `,
      { args: [db.url, provider, providerAccountId] },
    )
    await once(child.stdout, "data")
    child.kill("SIGKILL")
    await ended
    expect(await isFree(account)).toBe(false)
    let done = false
    const waiting = lock(db.adapter, account, () => ({ scope: "after" })).then((found) => {
      done = true
      return found
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(done).toBe(false)
    const later = Date.now() + 31_000
    jest.spyOn(Date, "now").mockImplementation(() => later)
    expect(await lock(db.adapter, account, () => ({ token_type: "bearer" }))).toMatchObject({
      token_type: "bearer",
    })
    jest.restoreAllMocks()
    expect(await waiting).toMatchObject({ scope: "after", token_type: "bearer" })
  })

  test("who has lost the lease stores nothing, and does not end the lease of the next", async () => {
    const account = await linked()
    const slow = lock(db.adapter, account, async () => {
      await eventually(async () => (await stored(account)).scope === "theirs")
      return { scope: "too late" }
    })
    await eventually(async () => !(await isFree(account)))
    const later = Date.now() + 31_000
    jest.spyOn(Date, "now").mockImplementation(() => later)
    const theirs = lock(db.adapter, account, async () => {
      await db.adapter.updateAccount({ ...account, scope: "theirs" })
      await refused(slow, "ERR_TIMEOUT")
      expect(await isFree(account)).toBe(false)
      return { token_type: "bearer" }
    })
    jest.restoreAllMocks()
    expect(await theirs).toMatchObject({ scope: "theirs", token_type: "bearer" })
    expect(await isFree(account)).toBe(true)
  })

  test("an account that is not there, or no function, is refused", async () => {
    const account = await linked()
    const never = jest.fn()
    await refused(lock(db.adapter, { ...account, provider: "none" }, never), "ERR_NOT_FOUND")
    await refused(
      lock(db.adapter, { ...account, provider: undefined }, never),
      "ERR_INVALID_ARGUMENT",
    )
    await refused(lock(db.adapter, account), "ERR_INVALID_ARGUMENT")
    await refused(lock(db.adapter, account, { access_token: "new" }), "ERR_INVALID_ARGUMENT")
    const error = await refused(
      lock(db.adapter, { ...account, provider: "none" }, never),
      "ERR_NOT_FOUND",
    )
    expect(error.operation).toBe("withAccountLock")
    expect(never).not.toHaveBeenCalled()
    expect(await isFree(account)).toBe(true)
  })

  test("in another adapter's tables it is refused until the columns are named", async () => {
    const place = { preset: "drizzle", prefix: `${unique("p").replace("-", "")}_` }
    const make = (columns) => {
      const schema = { ...place, account: { columns } }
      return db.open({ schema, synchronize: true })
    }
    const plain = make({})
    const user = await makeUser(plain)
    const account = await makeAccount(plain, user.id)
    const error = await refused(
      lock(plain, account, () => {}),
      "ERR_UNSUPPORTED",
    )
    expect(error.message).toContain("lockOwner")
    const named = make({ lockOwner: { type: "text" }, lockExpires: { type: "datetime" } })
    const changed = await lock(named, account, () => ({ scope: "mine" }))
    expect(changed).toStrictEqual({ ...account, scope: "mine" })
  })
})
