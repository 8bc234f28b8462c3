/** The providers of an application on `@auth/core`, as source: both services are those of the tests. */
const openId = `{
    id: "loopback",
    name: "Loopback ID",
    type: "oidc",
    issuer: process.env.OIDC_ISSUER,
    clientId: process.env.OIDC_CLIENT_ID,
    clientSecret: process.env.OIDC_CLIENT_SECRET,
    checks: ["pkce", "state", "nonce"],
    authorization: { params: { scope: "openid email profile" } },
  }`
const magicLink = `Nodemailer({ server: process.env.EMAIL_SERVER ?? "smtp://127.0.0.1", from: "app@example.test" })`
const providers = `[
  ${openId},
  ${magicLink},
]`

module.exports = { magicLink, openId, providers }
