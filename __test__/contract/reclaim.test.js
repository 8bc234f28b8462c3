// reclaimUnfinishedUsers: a user whom a crash has left in the middle of a sign-in makes way, and nobody else does.

const { once } = require("node:events")
const { SqlxAdapter } = require("../..")
const { contract } = require("../support/contract")
const { eventually, refused } = require("../support/expectations")
const samples = require("../support/samples")
const { startNode } = require("../support/child")

const { makeAccount, makeSession, makeUser, passkey, unique, uniqueEmail } = samples

const MINUTE = 60_000
/** Longer than any sign-in takes. */
const LONG = 16 * MINUTE

/** A process that is killed between createUser and linkAccount. */
const KILLED = `
  const [url, email, tenant_id] = process.argv.slice(-3)
  const scope = { columns: { tenant_id: "text" }, values: () => ({ tenant_id }) }
  const options = { reclaimUnfinishedUsers: true, pool: { max: 1 }, ...(tenant_id && { scope }) }
  const adapter = SqlxAdapter(url, options)
  adapter.createUser({ name: "Ada", email, emailVerified: null }).then((user) => say(user.id))
  setInterval(() => {}, 1_000)
`

contract("reclaimUnfinishedUsers", (db) => {
  let adapter

  beforeEach(() => {
    adapter = db.open({ reclaimUnfinishedUsers: true, pool: { max: 3 } })
  })

  afterEach(() => jest.restoreAllMocks())

  /** From now on this process's clock is so much ahead. */
  function later(by = LONG) {
    const { now } = Date
    jest.spyOn(Date, "now").mockImplementation(() => now() + by)
  }

  /** What core makes when somebody comes whom it does not know. */
  const newcomer = (values, on = adapter) =>
    on.createUser({ name: "Ada", email: uniqueEmail(), emailVerified: null, ...values })

  const marked = async ({ id }) => {
    const row = await db.row("SELECT unfinished_since FROM users WHERE id = ?", [id])
    return row.unfinished_since !== null
  }

  test("who was in a sign-in when the process was killed signs in under a new id", async () => {
    const email = uniqueEmail()
    const tenant = process.env.CONTRACT_TENANTS ? "mine" : ""
    const { child, ended } = startNode(KILLED, { args: [db.url, email, tenant] })
    const left = JSON.parse(await once(child.stdout, "data"))
    child.kill("SIGKILL")
    await ended
    // Core would say that this address has another account.
    expect(await adapter.getUserByEmail(email)).toMatchObject({ id: left })
    await refused(newcomer({ email }), "ERR_UNIQUE")
    later()
    expect(await adapter.getUserByEmail(email)).toBeNull()
    const again = await newcomer({ email })
    expect(again.id).not.toBe(left)
    const account = await makeAccount(adapter, again.id)
    expect(await adapter.getUserByAccount(account)).toStrictEqual(again)
    // Whoever still holds the old id fails.
    await refused(makeAccount(adapter, left), "ERR_FOREIGN_KEY")
    await refused(makeSession(adapter, left), "ERR_FOREIGN_KEY")
    expect(await adapter.getUser(left)).toBeNull()
    expect(await adapter.getUserByEmail(email)).toStrictEqual(again)
  })

  test("a magic link finds nobody there either, and the mark is never shown", async () => {
    const left = await newcomer()
    expect(left).not.toHaveProperty("unfinishedSince")
    expect(await marked(left)).toBe(true)
    later()
    expect(await adapter.getUserByEmail(left.email)).toBeNull()
    const verified = await newcomer({ email: left.email, emailVerified: new Date() })
    expect(await marked(verified)).toBe(false)
    expect(verified.id).not.toBe(left.id)
    expect(await adapter.getUserByEmail(left.email)).toStrictEqual(verified)
  })

  test("a sign-in may take a quarter of an hour", async () => {
    const user = await newcomer()
    later(14 * MINUTE)
    expect(await adapter.getUserByEmail(user.email)).toStrictEqual(user)
    const account = await makeAccount(adapter, user.id)
    expect(await adapter.getUserByAccount(account)).toStrictEqual(user)
  })

  test("many at once end with one who is there", async () => {
    const left = await newcomer()
    later()
    const found = await Promise.all(
      Array.from({ length: 16 }, () => adapter.getUserByEmail(left.email)),
    )
    expect(found).toEqual(Array(16).fill(null))
    const made = await Promise.allSettled(
      Array.from({ length: 16 }, () => newcomer({ email: left.email })),
    )
    const [winner, ...others] = made.filter(({ status }) => status === "fulfilled")
    expect(others).toEqual([])
    // In the middle of a sign-in, but not for long.
    expect(await adapter.getUserByEmail(left.email)).toStrictEqual(winner.value)
  })

  test("the application's logger is told", async () => {
    const warn = jest.fn()
    const told = db.open({ reclaimUnfinishedUsers: true, logger: { warn }, pool: { max: 1 } })
    const { email } = await newcomer()
    later()
    expect(await told.getUserByEmail(email)).toBeNull()
    expect(await eventually(() => warn.mock.calls.join())).toMatch(/reclaimUnfinishedUsers/)
    expect(warn.mock.calls.join()).not.toContain(email)
  })

  test.each([
    ["who was there before the option", () => newcomer({}, db.adapter)],
    [
      "who was invited or imported by another program",
      async () => {
        const user = { id: unique("u"), name: "Ada", email: uniqueEmail(), emailVerified: null }
        await db.insert("user", user)
        return adapter.getUser(user.id)
      },
    ],
    ["whose address is verified", () => newcomer({ emailVerified: new Date() })],
    [
      "whose address was verified later, by another program",
      async () => {
        const user = await newcomer()
        const emailVerified = new Date(1_700_000_000_789)
        await db.change("user", { emailVerified }, { id: user.id })
        return { ...user, emailVerified }
      },
    ],
    [
      "who has been changed",
      async () => adapter.updateUser({ id: (await newcomer()).id, name: "Zoë" }),
    ],
    [
      "who had an account once",
      async () => {
        const user = await newcomer()
        await adapter.unlinkAccount(await makeAccount(adapter, user.id))
        return user
      },
    ],
    [
      "who was signed in once",
      async () => {
        const user = await newcomer()
        await adapter.deleteSession((await makeSession(adapter, user.id)).sessionToken)
        return user
      },
    ],
    [
      "who had a passkey once",
      async () => {
        const user = await newcomer()
        const { credentialID } = await adapter.createAuthenticator(passkey(user.id))
        await db.execute("DELETE FROM authenticators WHERE credential_id = ?", [credentialID])
        return user
      },
    ],
    [
      "who has an account that a process without the option has linked",
      async () => {
        const user = await newcomer()
        await makeAccount(db.adapter, user.id)
        return user
      },
    ],
    [
      "whom the application has read by the id at once, as when it stores a password",
      async () => {
        const user = await newcomer()
        await adapter.getUser(user.id)
        await eventually(async () => !(await marked(user)))
        return user
      },
    ],
  ])("leaves alone %s", async (_title, make) => {
    const user = await make()
    later()
    expect(await adapter.getUserByEmail(user.email)).toStrictEqual(user)
    await refused(newcomer({ email: user.email }), "ERR_UNIQUE")
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
  })

  test.each([
    ["a hidden column", { name: { hidden: true } }, { name: "a password's hash" }],
    [
      "a column of the application's own",
      { image: false, passwordHash: { type: "text", name: "image" } },
      { passwordHash: "…" },
    ],
  ])("leaves alone who was created with %s", async (_title, columns, values) => {
    const schema = { user: { columns } }
    const own = db.open({ reclaimUnfinishedUsers: true, schema, pool: { max: 1 } })
    const user = await newcomer(values, own)
    expect(await marked(user)).toBe(false)
  })

  test("an account of somebody else's takes no mark away, and the user goes at once", async () => {
    const taken = await makeAccount(adapter, (await newcomer()).id)
    const user = await newcomer()
    const { provider, providerAccountId } = taken
    await refused(makeAccount(adapter, user.id, { provider, providerAccountId }), "ERR_UNIQUE")
    expect(await db.row("SELECT id FROM users WHERE id = ?", [user.id])).toBeNull()
  })

  test("a mark that the application passes is none", async () => {
    const old = new Date(Date.now() - 10 * LONG)
    const user = await newcomer({ unfinishedSince: old })
    expect(await adapter.getUserByEmail(user.email)).toStrictEqual(user)
    const changed = await makeUser(adapter, { emailVerified: new Date() })
    await adapter.updateUser({ id: changed.id, unfinishedSince: old })
    expect(await marked(changed)).toBe(false)
  })

  test("is off by default", async () => {
    const user = await newcomer({}, db.adapter)
    expect(await marked(user)).toBe(false)
    const left = await newcomer()
    later()
    expect(await db.adapter.getUserByEmail(left.email)).toStrictEqual(left)
  })

  test.each([
    ["another's tables", { preset: "prisma" }],
    ["users without emailVerified", { user: { columns: { emailVerified: false } } }],
  ])("is refused with %s", (_title, schema) => {
    expect(() => SqlxAdapter(db.url, { reclaimUnfinishedUsers: true, schema })).toThrow(
      expect.objectContaining({
        code: "ERR_CONFIG",
        message: expect.stringContaining("reclaimUnfinishedUsers"),
      }),
    )
  })
})
