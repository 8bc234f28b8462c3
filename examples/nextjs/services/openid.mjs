// An OpenID Connect provider on loopback: a stand-in for GitHub, Google or the company's own, with
// the real protocol and no account to make. It believes whoever says who they are, so it is for
// trying things out and nothing else.

import { createServer } from "node:http"
import { Provider } from "oidc-provider"
import { page } from "./openid-page.mjs"

const { OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_REDIRECT_URI, OIDC_COOKIE_KEY, OIDC_JWK } =
  process.env

const hour = 60 * 60

const people = {
  ada: "Ada Lovelace",
  grace: "Grace Hopper",
  alan: "Alan Turing",
}

// Who somebody is follows from their account id alone, so there is nothing to keep.
function claims(id) {
  const name = people[id] ?? id.replace(/(^|[ .-])[a-z]/g, (start) => start.toUpperCase())
  const email = `${id.replaceAll(" ", ".")}@example.test`
  return { sub: id, name, email, email_verified: true, picture: portrait(id, name) }
}

const colours = ["#3b6ea8", "#8a5299", "#ad4f45", "#2b7f74", "#96682a", "#5a64b0"]

function portrait(id, name) {
  const sum = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1009, 5)
  const initials = name.split(/[ .-]/, 2).map((word) => word[0])
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">` +
    `<rect width="64" height="64" fill="${colours[sum % colours.length]}"/>` +
    `<text x="32" y="41" text-anchor="middle" font-family="Arial,sans-serif" ` +
    `font-size="26" font-weight="600" fill="#fff">${initials.join("")}</text></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

// The issuer is the address, and the port is the kernel's choice: listen first, then configure.
const server = createServer()
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const { port } = server.address()
const issuer = `http://127.0.0.1:${port}`

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: OIDC_CLIENT_ID,
      client_secret: OIDC_CLIENT_SECRET,
      redirect_uris: [OIDC_REDIRECT_URI],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      // NextAuth up to version 3 sends the secret in the body: "client_secret_post".
      token_endpoint_auth_method: process.env.OIDC_AUTH_METHOD ?? "client_secret_basic",
    },
  ],
  jwks: { keys: [JSON.parse(OIDC_JWK)] },
  cookies: { keys: [OIDC_COOKIE_KEY] },
  scopes: ["openid", "email", "profile"],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "picture"] },
  conformIdTokenClaims: false, // Auth.js reads the profile from the id token
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  ttl: { Session: hour, Grant: hour, Interaction: hour, AccessToken: hour, IdToken: hour },
  findAccount: async (_context, id) => ({ accountId: id, claims: async () => claims(id) }),
  // There is one client and it is ours: nobody needs to be asked for consent.
  async loadExistingGrant({ oidc }) {
    const grant = new provider.Grant({
      clientId: oidc.client.clientId,
      accountId: oidc.session.accountId,
    })
    grant.addOIDCScope("openid email profile")
    await grant.save()
    return grant
  },
})
provider.on("server_error", (_context, error) => console.error(error))
const protocol = provider.callback()

server.on("request", (request, response) => {
  if (!request.url.startsWith("/interaction/")) return protocol(request, response)
  interact(request, response).catch((error) => {
    // An old page of an interaction that is over, most likely.
    response.writeHead(400, { "content-type": "text/plain; charset=utf-8" })
    response.end(`${error.message}: go back to the example and sign in again.\n`)
  })
})

async function interact(request, response) {
  await provider.interactionDetails(request, response) // refuses a browser without its cookie
  const complaint = request.method === "POST" ? await signIn(request, response) : undefined
  if (complaint === null) return
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  })
  response.end(page(Object.keys(people).map(claims), complaint))
}

// `null`, or what to tell the person.
async function signIn(request, response) {
  let body = ""
  for await (const chunk of request) {
    body += chunk
    if (body.length > 1000) return "That is too long."
  }
  const id = new URLSearchParams(body).get("login")?.trim().toLowerCase() ?? ""
  if (!/^[a-z][a-z0-9 .-]{0,30}[a-z0-9]$/.test(id)) {
    return "A name has 2 to 32 letters from a to z, digits, spaces, dots or hyphens."
  }
  await provider.interactionFinished(request, response, { login: { accountId: id } })
  return null
}

process.send?.({ port })
