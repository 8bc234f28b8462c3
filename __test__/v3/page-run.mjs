// Runs a block of the page and uses what it makes:   node page-run.mjs <use> <file of the block>

import assert from "node:assert/strict"
import { pathToFileURL } from "node:url"
import { Auth } from "@auth/core"
import { SqlxAdapter } from "../../index.js"
import nextAuth3 from "../../node_modules/next-auth-3/dist/server/index.js"
import Adapters, { fromDatabase } from "../../v3.mjs"

const [name, file] = process.argv.slice(2)
const url = process.env.DATABASE_URL
const email = "ada@example.com"
const appOptions = { secret: "the application's secret", session: {}, baseUrl: "http://localhost" }
const seen = []

/** v3's tables, which are there before the block is. */
async function filled(config) {
  const v3 = await Adapters.Default({ url, synchronize: true, ...config }).getAdapter(appOptions)
  const user = (await v3.getUserByEmail(email)) ?? (await v3.createUser({ name: "Ada", email }))
  const { sessionToken } = await v3.createSession(user)
  return { user, sessionToken }
}

/** What a handler of v3's answers for a session. */
function session(handler, token) {
  return new Promise((resolve) => {
    const res = {
      setHeader() {},
      getHeader() {},
      status: () => res,
      end: resolve,
      json: resolve,
      send: resolve,
    }
    const query = { nextauth: ["session"] }
    handler({ method: "GET", query, cookies: { "next-auth.session-token": token }, body: {} }, res)
  })
}

/** Creates a user in the shape of v3's methods, and finds it. */
async function works(adapter, address) {
  const v3 = await adapter.getAdapter(appOptions)
  const user = await v3.createUser({ name: null, email: address })
  assert.equal((await v3.getUserByEmail(address)).id, user.id)
  return { v3, user }
}

const uses = {
  filled: () => filled({ entityPrefix: "nextauth_" }),

  async handler({ default: handler }, { sessionToken }) {
    const found = await session(handler, sessionToken)
    assert.equal(found.user.email, email)
  },

  async spellings() {
    assert.equal(seen.length, 4)
    const { user } = await works(seen[0], "one@example.com")
    for (const adapter of seen) {
      const v3 = await adapter.getAdapter(appOptions)
      assert.deepEqual(await v3.getUserByEmail("one@example.com"), user)
    }
  },

  async prisma() {
    assert.equal(seen.length, 2)
    // The tables are Prisma's to make.
    for (const schema of ["prisma-v3", "prisma-v3-cuid"]) {
      await SqlxAdapter(url, { schema, synchronize: true }).getUser("1")
    }
    await works(seen[0], "one@example.com")
    await works(seen[1], "two@example.com")
    assert.equal(await seen[0].getUserByEmail("two@example.com"), null)
    assert.equal(await seen[1].getUserByEmail("one@example.com"), null)
  },

  async replaced({ default: handler, adapter }, { sessionToken }) {
    assert.equal((await session(handler, sessionToken)).user.email, email)
    const given = made.at(-1).adapter
    const { user } = await works(given, "one@example.com")
    assert.deepEqual([user.name, (await adapter.getUser(user.id)).name], ["", ""])
  },

  async wrapped({ wrapped }) {
    const { v3, user } = await works(wrapped, "one@example.com")
    assert.deepEqual([await v3.getUser(user.id), await v3.getUser("999")], [user, null])
  },

  async split({ split, users, sessions }) {
    const { v3, user } = await works(split, "one@example.com")
    const { sessionToken } = await v3.createSession(user)
    assert.equal((await v3.getSession(sessionToken)).userId, user.id)
    assert.deepEqual(await users.listSessions(user.id), [])
    assert.equal((await sessions.listSessions(user.id)).length, 1)
  },

  async later({ config }, { sessionToken }) {
    const headers = { cookie: `__Secure-next-auth.session-token=${sessionToken}` }
    const request = new Request("https://app.example/api/auth/session", { headers })
    const options = { ...config, basePath: "/api/auth", trustHost: true, secret: "s" }
    const response = await Auth(request, options)
    assert.equal((await response.json()).user.email, email)
  },

  async columns(_block, { user }) {
    assert.equal(seen.length, 1)
    const schema = {
      preset: "typeorm-v3",
      account: { columns: { scope: { type: "text", nullable: true } } },
    }
    await SqlxAdapter(url, { schema, synchronize: true }).getUser("1")
    const account = { provider: "github", providerAccountId: "1", type: "oauth" }
    await seen[0].linkAccount({ ...account, userId: user.id, scope: "user" })
    assert.equal((await seen[0].getAccount("1", "github")).scope, "user")
  },

  async schemaFile({ default: options }) {
    const { user } = await filled({ entityPrefix: "nextauth_" })
    const adapter = SqlxAdapter({ url, ...options })
    assert.equal((await adapter.getUserByEmail(email)).id, user.id)
  },
}

/** What was given to v3. */
const made = []
const NextAuth = (options) => {
  made.push(options)
  return nextAuth3.default(options)
}

// Two have tables of their own, in the place of v3's.
const there = ["filled", "prisma", "split"].includes(name) ? undefined : await filled()
if (name === "filled") await uses.filled()
else {
  const adapter = name === "wrapped" ? Adapters.Default(url) : undefined
  Object.assign(globalThis, { Adapters, NextAuth, SqlxAdapter, adapter, fromDatabase, seen, url })
  await uses[name](await import(pathToFileURL(file)), there)
}
console.log(`${name} is used`)
process.exit()
