// A web server with the real core of Auth.js, or of NextAuth.js v4, as an application runs it: OpenID
// Connect, magic links, sessions in the database.
//
//   node app.mjs '<JSON: { url, options, outside, journal, keepsTokens, nextAuth }>'
//
// `outside` is where the provider and the mail server are (outside.js). Each call of the adapter is
// noted in the file `journal` when it begins, if it writes, and when it has been answered: with a
// system call of its own, so that what was answered is known however this process ends. It prints its
// port, and takes orders by HTTP at /order.

import { AsyncLocalStorage } from "node:async_hooks"
import { openSync, writeSync } from "node:fs"
import { createServer } from "node:http"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

const { url, options, outside, journal, keepsTokens, nextAuth } = JSON.parse(process.argv[2])
const { Auth, provider } = await import(nextAuth === 4 ? "./next-auth-4.mjs" : "./auth-js.mjs")
const adapter = SqlxAdapter(url, options)

/** What this request's calls of the adapter were refused with. */
const requests = new AsyncLocalStorage()
const note = journaled(journal)

/** The machine's clock, and by how much this process's is off. */
const clock = Date.now
const RealDate = Date
let shift = 0
class ShiftedDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(clock() + shift)
    else super(...parts)
  }
  static now() {
    return clock() + shift
  }
}

const config = {
  adapter: observed(adapter),
  secret: "a secret of these tests alone",
  trustHost: true,
  basePath: "/auth",
  session: { strategy: "database", maxAge: 3600 },
  logger: { error() {}, warn() {}, debug() {} },
  events: {
    // As docs/refresh-tokens.md has it.
    async signIn({ account }) {
      const isProviders = account?.type === "oidc" || account?.type === "oauth"
      if (keepsTokens && isProviders) await adapter.updateAccount(account)
    },
  },
  providers: [
    provider(outside),
    {
      id: "email",
      name: "Email",
      type: "email",
      from: "app@app.test",
      maxAge: 3600,
      options: {},
      async sendVerificationRequest({ identifier, url: link }) {
        const body = JSON.stringify({ to: identifier, link })
        const sent = await fetch(`${outside}/mail`, { method: "POST", body })
        if (!sent.ok) throw new Error("the mail was refused")
      },
    },
  ],
}

const ORDERS = {
  /** Puts this process's clock forward or back. */
  async clock({ by }) {
    shift = by
    globalThis.Date = by === 0 ? RealDate : ShiftedDate
  },
  check: () => adapter.check(),
  cleanup: () => adapter.cleanup(),
  stats: () => adapter.stats(),
  close: () => adapter.close(),
}

const server = createServer(async (request, response) => {
  const body = await read(request)
  try {
    if (request.url.startsWith("/order/")) {
      const answer = await ORDERS[request.url.slice(7)](JSON.parse(body || "{}"))
      return response.end(JSON.stringify(answer ?? null))
    }
    const refusals = []
    const answer = await requests.run(refusals, () => Auth(asked(request, body), config))
    const headers = Object.fromEntries(answer.headers)
    const cookies = answer.headers.getSetCookie()
    if (cookies.length > 0) headers["set-cookie"] = cookies
    if (refusals.length > 0) headers["x-refusals"] = refusals.join(" ")
    response.writeHead(answer.status, headers)
    response.end(await answer.text())
  } catch (error) {
    response.writeHead(500)
    response.end(JSON.stringify({ name: error.name, code: error.code, message: error.message }))
  }
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => console.log(server.address().port))

function asked({ url: path, method, headers: { cookie = "" } }, body) {
  const headers = { cookie }
  if (method === "POST") headers["content-type"] = "application/x-www-form-urlencoded"
  // Whichever server is asked, the application has one address.
  return new Request(`http://app.test${path}`, { method, headers, body: body || undefined })
}

async function read(request) {
  let body = ""
  for await (const piece of request) body += piece
  return body
}

/** The adapter, and what became of each call. */
function observed(functions) {
  const entries = Object.entries(functions).map(([operation, call]) => [
    operation,
    async (...args) => {
      const writes = !/^(get|list)/.test(operation)
      // By the machine's clock, whatever this process's says.
      const at = clock()
      if (writes) note({ begun: operation, args })
      try {
        const answer = await call(...args)
        if (writes) note({ done: operation, args, answer })
        return answer
      } catch (error) {
        requests.getStore()?.push(`${operation}:${error.code ?? error.name}`)
        note({ refused: operation, args, code: error.code ?? String(error), at })
        throw error
      }
    },
  ])
  return Object.fromEntries(entries)
}

function journaled(file) {
  if (!file) return () => {}
  const handle = openSync(file, "a")
  return (line) => writeSync(handle, `${JSON.stringify(line)}\n`)
}
