// Applications on the real NextAuth, in a process of their own: its handler behind Node.js's own HTTP
// server, which gives it what Next.js does (`req.query`, `req.cookies`, `req.body`, `res.status`,
// `res.json`, `res.send`), so that no test of it needs a build. In Next.js itself, 12.3.7, v3 is tested
// by the applications of __test__/apps.
//
// An OAuth 2 provider is under /provider of each: it signs in whoever the environment's PROFILE says,
// whose id is a number, as GitHub's is.

const { createServer } = require("node:http")
const versions = require("./versions.js")

const { SERVERS, PROFILE = "{}", JWT, FAILING, SQLITE3 } = process.env

process.on("disconnect", () => process.exit())
start(JSON.parse(SERVERS)).catch((error) => {
  console.error(error)
  process.exit(1)
})

/** `version` is NextAuth's, `adapter` what `places` calls it, `database` its configuration. */
async function start(servers) {
  const origins = []
  for (const [index, { version, adapter, database }] of servers.entries()) {
    let handler
    const server = createServer((req, res) => {
      answer(req, res, handler).catch((error) => {
        console.error(error)
        res.destroy()
      })
    })
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
    const origin = `http://127.0.0.1:${server.address().port}`
    origins.push(origin)
    // v2 and v3 warn of a missing one as they are loaded.
    process.env.NEXTAUTH_URL = origin
    handler = await versions[version]({
      origin,
      place: await place(adapter, database),
      jwt: JWT === "1",
      tell: (message) => process.send({ index, ...message }),
    })
  }
  process.send({ origins })
}

const made = new Map()

/** Where users are kept, as an application says it; of one configuration there is one adapter. */
async function place(adapter, database) {
  if (adapter === "typeorm") {
    return { database: { ...database, ...(SQLITE3 && { driver: require(SQLITE3) }) } }
  }
  if (adapter === "original Prisma") {
    const { open } = await import("../presets/packages/peers/prisma-v3.mjs")
    return { adapter: await open(database) }
  }
  const key = JSON.stringify([adapter, database])
  if (!made.has(key)) made.set(key, failing(adapterOf(adapter, database)))
  return { adapter: made.get(key) }
}

/** The adapter, as an application of v3 writes it. */
function adapterOf(adapter, config) {
  if (adapter === "SqlxAdapter") return require("../..").SqlxAdapter(config)
  const { default: Adapters, fromDatabase } = require("../../v3.js")
  const adapters = {
    Default: () => Adapters.Default(config),
    TypeORM: () => Adapters.TypeORM(config),
    "TypeORM.Adapter": () => Adapters.TypeORM.Adapter(config),
    fromDatabase: () => fromDatabase(config),
    Prisma: () => Adapters.Prisma.Adapter(config),
  }
  return adapters[adapter]()
}

/** The adapter, of which one function of the application's fails. */
function failing(adapter) {
  const fail = async () => {
    throw new Error("no room")
  }
  return FAILING ? { ...adapter, [FAILING]: fail } : adapter
}

async function answer(req, res, handler) {
  const url = new URL(req.url, "http://localhost")
  const parts = url.pathname.split("/").filter(Boolean)
  if (parts[0] === "provider") return provide(parts[1], url, res)
  if (parts[0] !== "api") return res.end("the page that one is sent to")
  req.query = { ...Object.fromEntries(url.searchParams), nextauth: parts.slice(2) }
  req.cookies = cookies(req.headers.cookie)
  req.body = Object.fromEntries(new URLSearchParams(await text(req)))
  res.status = (status) => Object.assign(res, { statusCode: status })
  res.send = (body) => res.end(typeof body === "object" ? JSON.stringify(body) : body)
  res.json = (body) => {
    res.setHeader("content-type", "application/json")
    res.end(JSON.stringify(body))
  }
  await handler(req, res)
}

function provide(path, url, res) {
  if (path === "authorize") {
    const back = new URL(url.searchParams.get("redirect_uri"))
    back.searchParams.set("code", "code")
    const state = url.searchParams.get("state")
    if (state !== null) back.searchParams.set("state", state)
    res.writeHead(302, { location: back.href }).end()
    return
  }
  res.setHeader("content-type", "application/json")
  if (path === "token") {
    const token = {
      access_token: "access",
      refresh_token: "refresh",
      token_type: "bearer",
      expires_in: 60,
      scope: "user",
    }
    res.end(JSON.stringify({ ...token, "not-before-policy": 0 }))
  } else {
    res.end(PROFILE)
  }
}

async function text(req) {
  let body = ""
  for await (const piece of req) body += piece
  return body
}

function cookies(header = "") {
  const pairs = header.split("; ").filter(Boolean)
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=")
      return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))]
    }),
  )
}
