// The core of the contract in one script without a test runner, for whatever runs JavaScript and
// loads Node-API addons: `core.mjs URL`, in a project that has the package installed. Prints one
// JSON value: what runs it, and for each check `true` or what went wrong. Ends by itself, with an
// adapter still open.

import assert from "node:assert/strict"
import { SqlxAdapter, SqlxAdapterError } from "next-auth-sqlx-adapter"

const url = process.argv[2] ?? process.env.CORE_URL
const adapter = SqlxAdapter(url)
const day = 24 * 60 * 60 * 1000
const expires = new Date(Math.floor(Date.now() / 1000) * 1000 + day + 123)
let count = 0
const fresh = (what) => `${what}-${process.pid}-${Date.now()}-${count++}`
const freshUser = (more) => adapter.createUser({ email: `${fresh("user")}@example.test`, ...more })

const checks = {
  async "a user is created, found, changed and deleted"() {
    const emailVerified = new Date(1_700_000_000_123)
    const user = await freshUser({ name: "Zoë 🦀", emailVerified, image: null })
    assert.equal(typeof user.id, "string")
    const found = await adapter.getUser(user.id)
    assert.deepEqual(found, user)
    assert.ok(found.emailVerified instanceof Date)
    assert.equal(found.emailVerified.getTime(), 1_700_000_000_123)
    assert.deepEqual(await adapter.getUserByEmail(user.email.toUpperCase()), user)
    const renamed = await adapter.updateUser({ id: user.id, name: "Zoé" })
    assert.deepEqual(renamed, { ...user, name: "Zoé" })
    await adapter.deleteUser(user.id)
    assert.equal(await adapter.getUser(user.id), null)
  },
  async "an account is linked, found and unlinked"() {
    const user = await freshUser()
    const key = { provider: "loopback", providerAccountId: fresh("account") }
    const tokens = { access_token: "x".repeat(5000), expires_at: 2_000_000_000 }
    await adapter.linkAccount({ ...key, ...tokens, userId: user.id, type: "oidc" })
    assert.deepEqual(await adapter.getUserByAccount(key), user)
    const account = await adapter.getAccount(key.providerAccountId, key.provider)
    assert.equal(account.access_token, tokens.access_token)
    assert.equal(account.expires_at, tokens.expires_at)
    await adapter.unlinkAccount(key)
    assert.equal(await adapter.getUserByAccount(key), null)
  },
  async "a session is created, read, prolonged and deleted"() {
    const user = await freshUser()
    const sessionToken = fresh("session")
    await adapter.createSession({ sessionToken, userId: user.id, expires })
    const found = await adapter.getSessionAndUser(sessionToken)
    assert.deepEqual(found.user, user)
    assert.equal(found.session.expires.getTime(), expires.getTime())
    const later = new Date(expires.getTime() + day)
    await adapter.updateSession({ sessionToken, expires: later })
    const { session } = await adapter.getSessionAndUser(sessionToken)
    assert.equal(session.expires.getTime(), later.getTime())
    await adapter.deleteSession(sessionToken)
    assert.equal(await adapter.getSessionAndUser(sessionToken), null)
    assert.equal(await adapter.deleteSession(sessionToken), null)
  },
  async "a session past its time is not there"() {
    const user = await freshUser()
    const sessionToken = fresh("session")
    const past = new Date(Date.now() - 1000)
    await adapter.createSession({ sessionToken, userId: user.id, expires: past })
    assert.equal(await adapter.getSessionAndUser(sessionToken), null)
  },
  async "of a hundred who take a magic link at once, one gets it"() {
    const taken = { identifier: fresh("mail"), token: fresh("token") }
    await adapter.createVerificationToken({ ...taken, expires })
    const takers = Array.from({ length: 100 }, () => adapter.useVerificationToken(taken))
    const got = (await Promise.all(takers)).filter(Boolean)
    assert.equal(got.length, 1)
    assert.equal(got[0].expires.getTime(), expires.getTime())
  },
  async "a thousand look-ups at once give each caller its own row"() {
    const users = await Promise.all(Array.from({ length: 50 }, () => freshUser()))
    const wanted = Array.from({ length: 1000 }, (_, i) => users[(i * 7) % users.length])
    const found = await Promise.all(wanted.map(({ id }) => adapter.getUser(id)))
    assert.deepEqual(found, wanted)
  },
  async "a passkey is stored, counted and listed"() {
    const user = await freshUser()
    const credentialID = fresh("credential")
    await adapter.createAuthenticator({
      credentialID,
      userId: user.id,
      providerAccountId: fresh("account"),
      credentialPublicKey: "key",
      counter: 0,
      credentialDeviceType: "singleDevice",
      credentialBackedUp: false,
      transports: "usb",
    })
    await adapter.updateAuthenticatorCounter(credentialID, 4_000_000_000)
    const [authenticator] = await adapter.listAuthenticatorsByUserId(user.id)
    assert.equal(authenticator.counter, 4_000_000_000)
    assert.equal(authenticator.credentialBackedUp, false)
  },
  async "a second user of the same address is refused with a code"() {
    const user = await freshUser()
    await assert.rejects(adapter.createUser({ email: user.email }), (error) => {
      assert.ok(error instanceof SqlxAdapterError)
      assert.ok(error instanceof Error)
      assert.equal(error.name, "SqlxAdapterError")
      assert.equal(error.code, "ERR_UNIQUE")
      assert.ok(!error.message.includes(user.email))
      return true
    })
  },
  async "a wrong argument is a rejection, and nothing is thrown"() {
    let promise
    assert.doesNotThrow(() => {
      promise = adapter.getUser(42n)
    })
    await assert.rejects(promise, { code: "ERR_INVALID_ARGUMENT" })
    assert.throws(() => SqlxAdapter({ url, shcema: "prisma" }), { code: "ERR_CONFIG" })
  },
  async "the functions work bare, and the object can be spread"() {
    const { createUser, getUser } = { ...adapter }
    const user = await createUser({ email: `${fresh("user")}@example.test` })
    assert.deepEqual(await getUser(user.id), user)
  },
  async "timers run while calls are under way"() {
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const end = Date.now() + 200
    while (Date.now() < end) await freshUser()
    clearInterval(timer)
    assert.ok(ticks > 5, `${ticks} ticks in 200 ms`)
  },
  async "a closed adapter says so, and another of the same database goes on"() {
    const other = SqlxAdapter(url)
    await other.ping()
    await other.close()
    await assert.rejects(other.ping(), { code: "ERR_CLOSED" })
    assert.ok((await adapter.ping()) >= 0)
  },
}

const results = {}
for (const [name, check] of Object.entries(checks)) {
  try {
    await check()
    results[name] = true
  } catch (error) {
    results[name] = String(error?.message ?? error).split("\n")[0]
  }
}
const runtime = globalThis.Bun
  ? `Bun ${globalThis.Bun.version}`
  : globalThis.Deno
    ? `Deno ${globalThis.Deno.version.deno}`
    : `Node.js ${process.versions.node}`
console.log(JSON.stringify({ runtime, platform: `${process.platform}-${process.arch}`, results }))
