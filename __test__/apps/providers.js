/** The providers of an application on `@auth/core`, as source: both services are those of the tests. */
const providers = `[
  {
    id: "loopback",
    name: "Loopback ID",
    type: "oidc",
    issuer: process.env.OIDC_ISSUER,
    clientId: process.env.OIDC_CLIENT_ID,
    clientSecret: process.env.OIDC_CLIENT_SECRET,
    checks: ["pkce", "state", "nonce"],
    authorization: { params: { scope: "openid email profile" } },
  },
  Nodemailer({ server: process.env.EMAIL_SERVER ?? "smtp://127.0.0.1", from: "app@example.test" }),
]`

module.exports = { providers }
