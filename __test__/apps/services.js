// The example's own OpenID provider and mail server, one pair for each application.

const { generateKeyPairSync, randomBytes } = require("node:crypto")
const path = require("node:path")
const { root } = require("../package/project.js")
const { start } = require("./processes.js")

const folder = path.join(root, "examples/nextjs/services")
const secret = () => randomBytes(32).toString("base64url")

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const jwk = JSON.stringify({ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" })

/**
 * Starts both for an application whose OpenID Connect callback is this address, and which shows the
 * client's secret in this way. `env` is what the application has to know of them.
 */
async function startServices({ callback, authMethod = "client_secret_basic", logs }) {
  const client = { OIDC_CLIENT_ID: "app", OIDC_CLIENT_SECRET: secret() }
  const [openid, mail] = await Promise.all([
    startService("openid", logs, {
      ...client,
      OIDC_REDIRECT_URI: callback,
      OIDC_COOKIE_KEY: secret(),
      OIDC_JWK: jwk,
      OIDC_AUTH_METHOD: authMethod,
    }),
    startService("mail", logs, {}),
  ])
  return {
    mails: async () => (await fetch(`http://127.0.0.1:${mail.ports.api}/messages`)).json(),
    env: {
      ...client,
      OIDC_ISSUER: `http://127.0.0.1:${openid.ports.port}`,
      EMAIL_SERVER: `smtp://127.0.0.1:${mail.ports.smtp}`,
    },
    stop: () => Promise.all([openid.stop(), mail.stop()]),
  }
}

async function startService(name, logs, env) {
  const args = [path.join(folder, `${name}.mjs`)]
  const log = path.join(logs, `${name}.log`)
  const service = start(process.execPath, args, { cwd: folder, env, log, ipc: true })
  const ports = await Promise.race([
    new Promise((resolve) => service.child.once("message", resolve)),
    service.ended.then((code) => {
      throw new Error(`${name}.mjs ended (${code}): ${service.output()}`)
    }),
  ])
  return { ...service, ports }
}

module.exports = { startServices }
