// NextAuth.js v4's own handler, for app.mjs. Its entry point needs Next.js: this is what that does.

import core from "../../node_modules/next-auth-4/core/index.js"
import next from "../../node_modules/next-auth-4/next/utils.js"

/** The same provider as Auth.js's, in the words of v4. */
export const provider = (outside) => ({
  id: "house",
  name: "House",
  type: "oauth",
  wellKnown: `${outside}/.well-known/openid-configuration`,
  authorization: { params: { scope: "openid" } },
  idToken: true,
  clientId: "client",
  clientSecret: "secret",
  client: { id_token_signed_response_alg: "ES256" },
  checks: ["pkce", "state", "nonce"],
  // Many wait for one another at the provider.
  httpOptions: { timeout: 30_000 },
  profile: ({ sub, name, email }) => ({ id: sub, name, email }),
})

/** Answers a request as `Auth` of Auth.js does. */
export async function Auth(request, options) {
  const { origin, pathname, searchParams } = new URL(request.url)
  process.env.NEXTAUTH_URL = `${origin}${options.basePath}`
  const [action, providerId] = pathname.slice(options.basePath.length + 1).split("/")
  const query = Object.fromEntries(searchParams)
  const headers = Object.fromEntries(request.headers)
  const { method } = request
  const cookies = Object.fromEntries(
    headers.cookie
      .split("; ")
      .filter(Boolean)
      .map((pair) => pair.split(/=(.*)/s))
      .map(([name, value]) => [name, decodeURIComponent(value)]),
  )
  const body = method === "POST" ? Object.fromEntries(await request.formData()) : undefined
  const error = query.error ?? providerId
  const req = { action, providerId, query, headers, method, cookies, body, error }
  return next.toResponse(await core.AuthHandler({ req, options }))
}
