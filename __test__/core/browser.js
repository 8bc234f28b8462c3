const { Agent, request } = require("node:http")

const SESSION = "authjs.session-token"

// Many persons share this process, and each of them would have connections of its own.
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

/**
 * A browser, as far as cookies make one.
 *
 * @param {() => { port: number }} server which of the application's servers is asked, at each request
 * @param {object} outside from `startOutside`
 */
function browser(server, outside, jar = new Map()) {
  /** Asks for a page; it rejects if the server goes away. */
  async function visit(path, form) {
    const answer = await ask(server().port, path, {
      cookie: [...jar].map((pair) => pair.join("=")).join("; "),
      form,
    })
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
      if (value === "") jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }

  async function post(path, form) {
    const { csrfToken } = JSON.parse((await visit("/auth/csrf")).body)
    return visit(path, { csrfToken, callbackUrl: "/", ...form })
  }

  const self = {
    visit,
    jar,
    get sessionToken() {
      return jar.get(SESSION)
    },

    /** A tab beside this one's: the same cookies from here on until they differ. */
    copy: () => browser(server, outside, new Map(jar)),

    /** The same browser, on one of the application's servers. */
    at: (app) => browser(() => app, outside, jar),

    /** Goes to the provider and consents; gives the path back to the application. */
    async consent(person, options) {
      const { headers } = await post("/auth/signin/house")
      if (!headers.location?.startsWith(outside.url)) throw new Error("not sent to the provider")
      return outside.consent(headers.location, person, options)
    },

    /** Asks for a magic link; gives the path that it leads to. */
    async askForLink(email) {
      await post("/auth/signin/email", { email })
      return outside.mails(email).at(-1)
    },

    /** Comes back from the provider, or from the mail: `{ error, refusals }`. */
    async comeBack(path) {
      const { status, headers } = await visit(path)
      const to = new URL(headers.location ?? "http://app.test/error", "http://app.test")
      const failed = status !== 302 || /\/(error|signin)$/.test(to.pathname)
      const error = failed ? (to.searchParams.get("error") ?? `status ${status}`) : undefined
      return { error, refusals: refusals(headers) }
    },

    /** The session as a page sees it, `null` without one: `{ session, refusals }`. */
    async session() {
      const { body, headers } = await visit("/auth/session")
      return { session: JSON.parse(body), refusals: refusals(headers) }
    },

    async signOut() {
      const { headers } = await post("/auth/signout")
      return { refusals: refusals(headers) }
    },
  }
  return self
}

const refusals = (headers) => headers["x-refusals"]?.split(" ") ?? []

function ask(port, path, { cookie, form, body = form && new URLSearchParams(form).toString() }) {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST"
    const asked = request({ host: "127.0.0.1", port, path, method, agent, headers: { cookie } })
    asked.on("error", reject)
    asked.on("response", (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (piece) => (text += piece))
      response.on("error", reject)
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: text }),
      )
    })
    asked.end(body)
  })
}

module.exports = { ask, browser }
