// An application on the real NextAuth v3 or v2, in a process of its own: its handler behind Node.js's own
// HTTP server, which gives it what Next.js of that time did (`req.query`, `req.cookies`, `req.body`,
// `res.status`, `res.json`, `res.send`). That Next.js itself does not run on today's Node.js.
//
// An OAuth 2 provider is under /provider: it signs in whoever the environment's PROFILE says, whose
// id is a number, as GitHub's is.

const { createServer } = require("node:http")

const { VERSION, DATABASE, ADAPTER, PROFILE = "{}", SQLITE3 } = process.env
const SECRET = "the application's secret"

const server = createServer((req, res) => {
  answer(req, res).catch((error) => {
    console.error(error)
    res.destroy()
  })
})

server.listen(0, "127.0.0.1", () => {
  const origin = `http://127.0.0.1:${server.address().port}`
  process.env.NEXTAUTH_URL = origin
  handler = VERSION === "2" ? nextAuth2(origin) : nextAuth3(origin)
  process.send({ origin })
})
process.on("disconnect", () => process.exit())

let handler

function nextAuth3(origin) {
  const NextAuth = require("next-auth-3").default
  const { Email } = require("next-auth-3/providers").default
  return NextAuth({
    ...options(origin, Email),
    session: { jwt: false },
    logger: {
      error: (...said) => process.send({ error: said.map(String) }),
      warn() {},
      debug() {},
    },
  })
}

/** As v2's documentation has it: the site is an option, and errors are written to the console. */
function nextAuth2(origin) {
  const NextAuth = require("next-auth-2").default
  const { Email } = require("next-auth-2/providers")
  console.error = (...said) => process.send({ error: said.map(String) })
  return (req, res) => NextAuth(req, res, { ...options(origin, Email), site: origin })
}

function options(origin, Email) {
  const provider = {
    id: "mock",
    name: "Mock",
    type: "oauth",
    version: "2.0",
    scope: "user",
    params: { grant_type: "authorization_code" },
    accessTokenUrl: `${origin}/provider/token`,
    authorizationUrl: `${origin}/provider/authorize?response_type=code`,
    profileUrl: `${origin}/provider/user`,
    profile: (profile) => profile,
    clientId: "app",
    clientSecret: "provider's",
  }
  const sendVerificationRequest = async ({ url, site, baseUrl }) =>
    process.send({ mail: { url, site, baseUrl } })
  return {
    ...place(),
    secret: SECRET,
    providers: [Email({ from: "app@example.com", sendVerificationRequest }), provider],
  }
}

/** The adapter, as an application of v3 writes it. */
function place() {
  const config = JSON.parse(DATABASE)
  if (ADAPTER === "typeorm") {
    if (SQLITE3) config.driver = require(SQLITE3)
    return { database: config }
  }
  if (ADAPTER === "SqlxAdapter") return { adapter: require("../..").SqlxAdapter(config) }
  const { default: Adapters, fromDatabase } = require("../../v3.js")
  const adapters = {
    Default: () => Adapters.Default(config),
    TypeORM: () => Adapters.TypeORM(config),
    "TypeORM.Adapter": () => Adapters.TypeORM.Adapter(config),
    fromDatabase: () => fromDatabase(config),
    Prisma: () => Adapters.Prisma.Adapter(config),
  }
  return { adapter: adapters[ADAPTER]() }
}

async function answer(req, res) {
  const url = new URL(req.url, process.env.NEXTAUTH_URL)
  const parts = url.pathname.split("/").filter(Boolean)
  if (parts[0] === "provider") return provide(parts[1], url, res)
  if (parts[0] !== "api") return res.end("the page that one is sent to")
  req.query = { ...Object.fromEntries(url.searchParams), nextauth: parts.slice(2) }
  req.cookies = cookies(req.headers.cookie)
  req.body = Object.fromEntries(new URLSearchParams(await text(req)))
  res.status = (status) => Object.assign(res, { statusCode: status })
  res.send = (body) => res.end(body)
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
    back.searchParams.set("state", url.searchParams.get("state"))
    res.writeHead(302, { location: back.href }).end()
  } else if (path === "token") {
    const token = {
      access_token: "access",
      refresh_token: "refresh",
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
