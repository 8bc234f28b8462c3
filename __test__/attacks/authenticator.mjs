// An authenticator in software: it makes a key for a site, and signs what the site asks for, as WebAuthn
// Level 2 says (https://www.w3.org/TR/webauthn-2/).

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto"
import { origin } from "./application.mjs"

const USER_IS_THERE = 0x01
const USER_IS_VERIFIED = 0x04
const HAS_CREDENTIAL = 0x40
/** ECDSA on P-256 with SHA-256, in the registry of COSE. */
const ES256 = -7

const sha256 = (data) => createHash("sha256").update(data).digest()

/** CBOR (RFC 8949) of whole numbers, texts, bytes and maps: what an attestation is made of. */
function cbor(value) {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  const pairs = [...value].flat().map(cbor)
  return Buffer.concat([head(5, value.size), ...pairs])
}

function head(major, length) {
  if (length < 24) return Buffer.from([(major << 5) | length])
  if (length < 256) return Buffer.from([(major << 5) | 24, length])
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255])
}

/** One with a credential of this id. Whoever writes software can give it any id. */
export function authenticator(id = randomBytes(32)) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const { x, y } = publicKey.export({ format: "jwk" })
  const point = [x, y].map((coordinate) => Buffer.from(coordinate, "base64url"))
  const key = cbor(
    new Map([
      [1, 2],
      [3, ES256],
      [-1, 1],
      [-2, point[0]],
      [-3, point[1]],
    ]),
  )
  let counter = 0

  function data(flags, ...more) {
    counter += 1
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    const site = sha256(new URL(origin).hostname)
    return Buffer.concat([
      site,
      Buffer.from([flags | USER_IS_THERE | USER_IS_VERIFIED]),
      count,
      ...more,
    ])
  }

  const client = (type, challenge) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  /** In DER. The library that judges it does not take numbers of fewer than 32 bytes, one in 128. */
  function signature(authData, clientData) {
    for (;;) {
      const der = sign("sha256", Buffer.concat([authData, sha256(clientData)]), privateKey)
      const second = 4 + der[3]
      if ([2, second].every((at) => der[at + 1] - (der[at + 2] === 0 ? 1 : 0) === 32)) return der
    }
  }

  const credential = (response) => ({
    id: id.toString("base64url"),
    rawId: id.toString("base64url"),
    type: "public-key",
    clientExtensionResults: {},
    response: Object.fromEntries(
      Object.entries(response).map(([name, bytes]) => [name, bytes.toString("base64url")]),
    ),
  })

  return {
    /** As NextAuth stores it. */
    id: id.toString("base64"),

    register({ challenge }) {
      const length = Buffer.from([id.length >> 8, id.length & 255])
      const authData = data(HAS_CREDENTIAL, Buffer.alloc(16), length, id, key)
      const clientDataJSON = client("webauthn.create", challenge)
      const statement = new Map([
        ["alg", ES256],
        ["sig", signature(authData, clientDataJSON)],
      ])
      const attestation = new Map([
        ["fmt", "packed"],
        ["attStmt", statement],
        ["authData", authData],
      ])
      return credential({ clientDataJSON, attestationObject: cbor(attestation) })
    },

    authenticate({ challenge }) {
      const authenticatorData = data(0)
      const clientDataJSON = client("webauthn.get", challenge)
      const signed = signature(authenticatorData, clientDataJSON)
      return credential({ clientDataJSON, authenticatorData, signature: signed })
    },
  }
}
