// Auth.js, which is NextAuth.js v5 and its kin, for app.mjs.

export { Auth } from "@auth/core"

export const provider = (outside) => ({
  id: "house",
  name: "House",
  type: "oidc",
  issuer: outside,
  clientId: "client",
  clientSecret: "secret",
  checks: ["pkce", "state", "nonce"],
})
