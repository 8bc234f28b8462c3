// Signs somebody in with the real core of Auth.js, by OAuth, with the users in SQLite and all that
// belongs to them in the files of another package's adapter:
//
//   node sign-in.mjs <SQLite URL> <folder>
//
// It prints what was seen, as JSON.

import { createServer } from "node:http"
import { Auth } from "@auth/core"
import { UnstorageAdapter } from "@auth/unstorage-adapter"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { composeAdapters } from "next-auth-sqlx-adapter/compose"
import { createStorage } from "unstorage"
import files from "unstorage/drivers/fs-lite"

const [url, base] = process.argv.slice(2)
const users = SqlxAdapter(url)
const elsewhere = UnstorageAdapter(createStorage({ driver: files({ base }) }))
let isRefused = false
const adapter = composeAdapters({
  user: users,
  session: elsewhere,
  verificationToken: elsewhere,
  authenticator: elsewhere,
  account: {
    ...elsewhere,
    async linkAccount(account) {
      if (isRefused) throw new Error("refused")
      return elsewhere.linkAccount(account)
    },
  },
})

/** The provider: whoever asks is the person of the moment. */
let person
const provider = createServer((request, response) => {
  const answers = { "/token": { access_token: "a", token_type: "bearer" }, "/me": person }
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(answers[request.url]))
})
await new Promise((resolve) => provider.listen(0, "127.0.0.1", resolve))
const at = `http://127.0.0.1:${provider.address().port}`

const config = {
  adapter,
  secret: "a secret of this test alone",
  trustHost: true,
  basePath: "/auth",
  logger: { error() {}, warn() {}, debug() {} },
  providers: [
    {
      id: "house",
      name: "House",
      type: "oauth",
      issuer: at,
      clientId: "client",
      clientSecret: "secret",
      checks: ["state"],
      authorization: { url: `${at}/authorize`, params: { scope: "me" } },
      token: `${at}/token`,
      userinfo: `${at}/me`,
      profile: ({ id, name, email }) => ({ id, name, email }),
    },
  ],
}

/** A browser, as far as cookies make one. */
function browser() {
  const cookies = new Map()
  return async (path, form) => {
    const headers = { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") }
    const body = form && new URLSearchParams(form)
    const method = form ? "POST" : "GET"
    const response = await Auth(
      new Request(`http://app.test/auth${path}`, { method, headers, body }),
      config,
    )
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
      if (value === "") cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
}

async function signIn(visit) {
  const { csrfToken } = await (await visit("/csrf")).json()
  const sent = await visit("/signin/house", { csrfToken, callbackUrl: "/" })
  const state = new URL(sent.headers.get("location")).searchParams.get("state")
  const back = await visit(`/callback/house?code=c&state=${encodeURIComponent(state)}`)
  return new URL(back.headers.get("location")).pathname
}

const session = async (visit) => (await visit("/session")).json()

const seen = {}
const ada = { id: "ada-1", name: "Ada", email: "ada@example.com" }
const eve = { id: "eve-1", name: "Eve", email: "eve@example.com" }

person = ada
const [first, second] = [browser(), browser()]
await signIn(first)
seen.first = (await session(first)).user
await signIn(second)
seen.second = (await session(second)).user
seen.user = await adapter.getUserByEmail(ada.email)
seen.found = await adapter.getUserByAccount({ provider: "house", providerAccountId: ada.id })

const { csrfToken } = await (await first("/csrf")).json()
await first("/signout", { csrfToken })
seen.signedOut = [await session(first), (await session(second)).user.email]

person = eve
isRefused = true
const refused = browser()
seen.refused = [await signIn(refused), await session(refused)]
seen.half = await users.getUserByEmail(eve.email)
isRefused = false
await signIn(refused)
seen.again = (await session(refused)).user

await adapter.deleteUser(seen.user.id)
seen.deleted = [await session(second), await users.getUser(seen.user.id)]
seen.others = (await session(refused)).user

provider.close()
provider.closeAllConnections()
await adapter.close()
console.log(JSON.stringify(seen))
