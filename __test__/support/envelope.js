const { createCipheriv, createDecipheriv, randomBytes } = require("node:crypto")

// The format of docs/encryption.md, by Node's own cryptography: nothing of the adapter's is used here.

function associatedData(id, property, { provider, providerAccountId }, scope) {
  const place = ["aes256gcm:v1", id, "account", property, provider, providerAccountId]
  for (const name of Object.keys(scope).sort()) place.push(name, String(scope[name]))
  return Buffer.from(place.join("\0"))
}

/** Encrypts a text for a column of an account; `scope` is whose it is, where there are tenants. */
function seal({ id, key }, property, account, text, scope = {}) {
  const nonce = randomBytes(12)
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key, "base64"), nonce)
  cipher.setAAD(associatedData(id, property, account, scope))
  const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]
  return `aes256gcm:v1:${id}:${Buffer.concat(sealed).toString("base64url")}`
}

/** Decrypts what a column of an account holds; throws where it was not made for it with this key. */
function open({ id, key }, property, account, envelope, scope = {}) {
  const [mark, version, keyId, payload, ...more] = envelope.split(":")
  if (mark !== "aes256gcm" || version !== "v1" || keyId !== id || more.length > 0) {
    throw new Error(`not an envelope under the key ${id}: ${envelope.slice(0, 40)}`)
  }
  const bytes = Buffer.from(payload, "base64url")
  const decipher = createDecipheriv(
    "aes-256-gcm",
    Buffer.from(key, "base64"),
    bytes.subarray(0, 12),
  )
  decipher.setAAD(associatedData(keyId, property, account, scope))
  decipher.setAuthTag(bytes.subarray(-16))
  return decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8")
}

/** A new key of this name. */
const newKey = (id) => ({ id, key: randomBytes(32).toString("base64") })

module.exports = { newKey, open, seal }
