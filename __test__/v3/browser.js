const { fork } = require("node:child_process")
const path = require("node:path")

const SESSION_COOKIE = "next-auth.session-token"

/**
 * Starts an application on NextAuth and gives `{ origin, mail(), errors, stop() }`. `version` is
 * NextAuth's, `adapter` what `app.js` calls it, `database` its configuration, `profile` whom its OAuth
 * provider signs in, `env` more of the environment.
 */
async function startApp({ version = 3, adapter, database, ...rest }) {
  const { apps, stop } = await startApps([{ version, adapter, database }], rest)
  return { ...apps[0], stop }
}

/**
 * Several in one process, where those with the same adapter and database have one adapter object:
 * gives `{ apps, stop() }`, each application as above.
 */
async function startApps(servers, { profile = {}, env: more } = {}) {
  const env = { ...process.env, ...more, SERVERS: JSON.stringify(servers), NODE_ENV: "production" }
  const child = fork(path.join(__dirname, "app.js"), {
    env: { ...env, PROFILE: JSON.stringify(profile) },
    execArgv: [],
  })
  const heard = servers.map(() => ({ mails: [], errors: [], sent: () => {} }))
  const origins = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the application ended with ${code}`)))
    child.on("message", ({ origins, index, error, mail }) => {
      if (origins) return resolve(origins)
      if (error) heard[index].errors.push(error)
      if (mail) heard[index].mails.push(mail)
      heard[index].sent()
    })
  })
  const apps = heard.map((one, index) => ({
    origin: origins[index],
    errors: one.errors,
    /** The next mail, which is sent before or after it is asked for. */
    async mail() {
      while (one.mails.length === 0) await new Promise((resolve) => (one.sent = resolve))
      return one.mails.shift()
    },
  }))
  return {
    apps,
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
      // v5 has null where there is none.
      return (await (await request(`${app.origin}/api/auth/session`)).response.json()) ?? {}
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

module.exports = { SESSION_COOKIE, browser, startApp, startApps }
