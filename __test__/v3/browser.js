const { fork } = require("node:child_process")
const path = require("node:path")

const SESSION_COOKIE = "next-auth.session-token"

/**
 * Starts an application on NextAuth and gives `{ origin, mail(), errors, stop() }`. `version` is 2 or
 * 3, `adapter` what `app.js` calls it, `database` its configuration, `profile` whom its OAuth provider
 * signs in, `env` more of the environment.
 */
async function startApp({ version = 3, adapter, database, profile = {}, env: more }) {
  const config = { VERSION: version, ADAPTER: adapter, DATABASE: JSON.stringify(database) }
  const env = { ...process.env, ...config, ...more }
  const child = fork(path.join(__dirname, "app.js"), {
    env: { ...env, PROFILE: JSON.stringify(profile), NODE_ENV: "production" },
    execArgv: [],
  })
  const mails = []
  const errors = []
  let sent = () => {}
  const origin = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the application ended with ${code}`)))
    child.on("message", (message) => {
      if (message.origin) resolve(message.origin)
      if (message.error) errors.push(message.error)
      if (message.mail) mails.push(message.mail)
      sent()
    })
  })
  return {
    origin,
    errors,
    /** The next mail, which is sent before or after it is asked for. */
    async mail() {
      while (mails.length === 0) await new Promise((resolve) => (sent = resolve))
      return mails.shift()
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve))
      child.disconnect()
      await ended
    },
  }
}

/** A browser, as far as it has cookies and follows the forms of NextAuth's pages. */
function browser() {
  const jar = new Map()

  async function request(url, form) {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair] = cookie.split(";")
      const at = pair.indexOf("=")
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
      if (value === "") jar.delete(name)
      else jar.set(name, value)
    }
    return { response, location: response.headers.get("location") }
  }

  /** Follows redirects to where they end, and gives that URL. */
  async function follow(url) {
    const { location } = await request(url)
    return location === null ? url : follow(new URL(location, url).href)
  }

  async function post(app, action, form) {
    const { response } = await request(`${app.origin}/api/auth/csrf`)
    const { csrfToken } = await response.json()
    const { location } = await request(`${app.origin}/api/auth/${action}`, { ...form, csrfToken })
    return location
  }

  return {
    get token() {
      return jar.get(SESSION_COOKIE)
    },
    follow,
    async session(app) {
      return (await request(`${app.origin}/api/auth/session`)).response.json()
    },
    /** Signs in by OAuth and gives where that ends. */
    async signIn(app) {
      return follow(await post(app, "signin/mock"))
    },
    /** Asks for a magic link and gives it. */
    async link(app, email) {
      const location = await post(app, "signin/email", { email })
      if (!location.includes("verify-request")) throw new Error(`no mail, but ${location}`)
      return (await app.mail()).url
    },
    async signOut(app) {
      return post(app, "signout")
    },
  }
}

module.exports = { SESSION_COOKIE, browser, startApp }
