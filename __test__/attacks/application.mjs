// An application with the real core of Auth.js, and browsers that visit it.

import { randomUUID } from "node:crypto"
import { Auth } from "@auth/core"

export const origin = "http://app.test"

/**
 * Makes browsers, as far as cookies make one. Each is a function that asks for a page, and has its `cookies`.
 *
 * @param {() => object} configure the rest of the configuration
 */
export function application(configure) {
  return (strategy = "database", cookies = new Map()) => {
    async function visit(path, form) {
      const headers = { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") }
      const body = form && new URLSearchParams(form)
      const method = form ? "POST" : "GET"
      const to = new URL(path, `${origin}/auth/`).href
      const config = {
        session: { strategy },
        secret: "a secret of this test alone",
        trustHost: true,
        basePath: "/auth",
        logger: { error() {}, warn() {}, debug() {} },
        ...configure(),
      }
      const response = await Auth(new Request(to, { method, headers, body }), config)
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
        if (value === "") cookies.delete(name)
        else cookies.set(name, value)
      }
      return response
    }
    return Object.assign(visit, { cookies })
  }
}

/** A form as the application's own pages send it. */
export async function form(visit, values = {}) {
  const { csrfToken } = await (await visit("csrf")).json()
  return { csrfToken, callbackUrl: "/", ...values }
}

/** Who is signed in. */
export async function user(visit) {
  return (await (await visit("session")).json())?.user?.email ?? null
}

/** Where a response leads: the home page, or an error. */
export function end(response) {
  const { pathname, searchParams } = new URL(response.headers.get("location"))
  return searchParams.get("error") ?? pathname
}

export const unique = (name) => `${name}-${randomUUID()}`

/** A provider of magic links, and the mails that it has sent. */
export function mailbox() {
  const mails = []
  const provider = {
    id: "mail",
    name: "Mail",
    type: "email",
    maxAge: 3600,
    sendVerificationRequest: ({ identifier, url }) => {
      mails.push({ identifier, url })
    },
  }
  async function askForLink(visit, email) {
    await visit("signin/mail", await form(visit, { email }))
    return mails.at(-1)
  }
  return { provider, askForLink }
}
