// NextAuth's releases as handlers of Node.js's requests, each as an application of its time sets it up.
// A handler gets requests with what Next.js adds to them.

const { Readable } = require("node:stream")

const SECRET = "the application's secret"
const MAX_AGE = 24 * 60 * 60

/** A handler that reads its site from the environment as it begins, where there is one for each process. */
function sited(origin, handler) {
  return (req, res) => {
    process.env.NEXTAUTH_URL = origin
    return handler(req, res)
  }
}

function nextAuth3({ origin, place, jwt, tell }) {
  const NextAuth = require("next-auth-3").default
  const { Email } = require("next-auth-3/providers").default
  const handler = NextAuth({
    ...place,
    secret: SECRET,
    providers: [Email({ from: "app@example.com", ...mailer(tell) }), oauth3(origin)],
    session: { jwt },
    logger: { error: (...said) => tell({ error: said.map(String) }), warn() {}, debug() {} },
  })
  return sited(origin, handler)
}

/** As v2's documentation has it: the site is an option, and errors are written to the console. */
function nextAuth2({ origin, place, jwt, tell }) {
  const NextAuth = require("next-auth-2").default
  const { Email } = require("next-auth-2/providers")
  console.error = (...said) => tell({ error: said.map(String) })
  const options = {
    ...place,
    secret: SECRET,
    providers: [Email({ from: "app@example.com", ...mailer(tell) }), oauth3(origin)],
    session: { jwt },
    site: origin,
  }
  return (req, res) => NextAuth(req, res, { ...options })
}

function oauth3(origin) {
  return {
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
}

/** v4's own handler of Next.js's API routes. */
function nextAuth4({ origin, place, jwt, tell }) {
  const NextAuth = require("next-auth-4/next").default
  const mock = {
    ...oauth4(origin),
    token: `${origin}/provider/token`,
    userinfo: `${origin}/provider/user`,
  }
  const handler = NextAuth({
    ...place,
    secret: SECRET,
    providers: [email4(tell), mock],
    session: { strategy: jwt ? "jwt" : "database" },
    logger: {
      error: (code, { error, ...rest }) => tell({ error: [code, String(error ?? rest)] }),
      warn() {},
      debug() {},
    },
  })
  return sited(origin, handler)
}

/** v5 is Auth.js's core within Next.js of today; its session's cookie gets the name of v3's and v4's. */
async function nextAuth5({ origin, place, jwt, tell }) {
  const { Auth } = await import("@auth/core")
  const mock = {
    ...oauth4(origin),
    token: { url: `${origin}/provider/token` },
    userinfo: { url: `${origin}/provider/user` },
  }
  const options = {
    ...place,
    basePath: "/api/auth",
    trustHost: true,
    secret: SECRET,
    providers: [email4(tell), mock],
    session: { strategy: jwt ? "jwt" : "database" },
    cookies: { sessionToken: { name: "next-auth.session-token" } },
    logger: {
      error({ name, message, cause }) {
        // The others do not log that a link was used before.
        if (name !== "Verification") tell({ error: [name, message, String(cause?.err)] })
      },
    },
  }
  return async (req, res) => {
    const isRead = req.method === "GET"
    const body = isRead ? undefined : new URLSearchParams(req.body).toString()
    const request = new Request(new URL(req.url, origin), {
      method: req.method,
      headers: Object.entries(req.headers).filter(([name]) => name !== "content-length"),
      body,
    })
    const response = await Auth(request, options)
    res.statusCode = response.status
    for (const [name, value] of response.headers) {
      if (name !== "set-cookie") res.setHeader(name, value)
    }
    res.setHeader("set-cookie", response.headers.getSetCookie())
    if (response.body) Readable.fromWeb(response.body).pipe(res)
    else res.end()
  }
}

function oauth4(origin) {
  return {
    id: "mock",
    name: "Mock",
    type: "oauth",
    authorization: { url: `${origin}/provider/authorize`, params: { scope: "user" } },
    clientId: "app",
    clientSecret: "provider's",
    profile: (profile) => ({ ...profile, id: String(profile.id) }),
  }
}

/** What the providers of magic links have in common; their own entry points need nodemailer. */
function email4(tell) {
  const from = "app@example.com"
  return { id: "email", name: "Email", type: "email", from, maxAge: MAX_AGE, ...mailer(tell) }
}

function mailer(tell) {
  const sendVerificationRequest = async ({ url, site, baseUrl }) =>
    tell({ mail: { url, site, baseUrl } })
  const { LINK_MAX_AGE } = process.env
  return { sendVerificationRequest, ...(LINK_MAX_AGE && { maxAge: Number(LINK_MAX_AGE) }) }
}

module.exports = { 2: nextAuth2, 3: nextAuth3, 4: nextAuth4, 5: nextAuth5 }
