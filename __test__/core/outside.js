const { createHash, generateKeyPairSync, randomBytes, sign } = require("node:crypto")
const { createServer } = require("node:http")

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
const KEY_ID = "1"

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")

/**
 * What an application's sign-in needs of the outside: an OpenID Connect provider, which knows
 * whoever the test says, and a mail server, which keeps what it is sent.
 */
async function startOutside() {
  /** What was given for each code, until it is redeemed. */
  const codes = new Map()
  const mails = new Map()
  let issuer

  function redeem(form) {
    const grant = codes.get(form.get("code"))
    if (!grant) return undefined
    if (!grant.again) codes.delete(form.get("code"))
    const verifier = createHash("sha256").update(form.get("code_verifier")).digest("base64url")
    if (verifier !== grant.challenge) return undefined
    const now = Math.floor(Date.now() / 1000)
    const { sub, email, name } = grant.person
    const claims = { iss: issuer, aud: "client", sub, email, name, nonce: grant.nonce }
    const id_token = signed({ ...claims, iat: now, exp: now + 86_400 })
    const access_token = randomBytes(12).toString("hex")
    return { access_token, id_token, token_type: "bearer", expires_in: 3600 }
  }

  const pages = {
    "/.well-known/openid-configuration": () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
      code_challenge_methods_supported: ["S256"],
    }),
    "/jwks": () => ({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: KEY_ID }] }),
    "/token": (body) => redeem(new URLSearchParams(body)),
    "/mail": (body) => {
      const { to, link } = JSON.parse(body)
      mails.set(to, [...(mails.get(to) ?? []), link])
      return {}
    },
  }

  /** Whoever redeems a code, while others are waited for. */
  let gathering = { expected: 0, waiting: [] }
  function gathered() {
    const { expected, waiting } = gathering
    return new Promise((resolve) => {
      if (waiting.push(resolve) < expected) return
      gathering = { expected: 0, waiting: [] }
      for (const go of waiting) go()
    })
  }

  const server = createServer(async (request, response) => {
    let body = ""
    for await (const piece of request) body += piece
    const answer = pages[request.url]?.(body)
    if (request.url === "/token") await gathered()
    response.writeHead(answer ? 200 : 400, { "content-type": "application/json" })
    response.end(JSON.stringify(answer ?? { error: "invalid_grant" }))
  })
  server.keepAliveTimeout = 60_000
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  issuer = `http://127.0.0.1:${server.address().port}`

  return {
    url: issuer,
    /**
     * A person consents: gives where the provider sends the browser back to. `again`: the code may be
     * redeemed more than once, as some providers allow for a while.
     */
    consent(location, person, { again = false } = {}) {
      const asked = new URL(location).searchParams
      const code = randomBytes(12).toString("hex")
      const [challenge, nonce] = [asked.get("code_challenge"), asked.get("nonce")]
      codes.set(code, { person, challenge, nonce, again })
      const back = new URL(asked.get("redirect_uri"))
      back.searchParams.set("code", code)
      back.searchParams.set("state", asked.get("state"))
      back.searchParams.set("iss", issuer)
      return back.pathname + back.search
    },
    /** The next so many codes that are redeemed are answered together. */
    gather(expected) {
      gathering = { expected, waiting: [] }
    },
    /** The links that were sent to somebody, the newest last; they are forgotten. */
    mails(to) {
      const links = mails.get(to) ?? []
      mails.delete(to)
      return links.map((link) => new URL(link)).map(({ pathname, search }) => pathname + search)
    },
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function signed(claims) {
  const head = base64url({ alg: "ES256", typ: "JWT", kid: KEY_ID })
  const text = `${head}.${base64url(claims)}`
  const signature = sign("sha256", Buffer.from(text), {
    key: privateKey,
    dsaEncoding: "ieee-p1363",
  })
  return `${text}.${signature.toString("base64url")}`
}

module.exports = { startOutside }
