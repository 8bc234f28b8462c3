const { chmodSync, chownSync, mkdirSync, writeFileSync } = require("node:fs")
const { join } = require("node:path")
const { run } = require("./run")

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

const SERVER = `basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost,IP:127.0.0.1`

const CLIENT = `basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth`

/** The database account that logs in with the client certificate. */
const CERTIFIED = "certified"

/**
 * A certificate authority with a server certificate for localhost and 127.0.0.1 and a client
 * certificate, and another authority that has signed nothing: the one a client must not be
 * satisfied with.
 *
 * @param {string} folder the server's; they go to `tls` in it
 * @param {{ uid?: number, gid?: number }} account who must be able to read the server's key
 */
async function makeCertificates(folder, account) {
  const at = join(folder, "tls")
  mkdirSync(at, { recursive: true, mode: 0o755 })
  await Promise.all([
    authority(at, "ca").then(() =>
      Promise.all([
        leaf(at, "server", "/CN=localhost", SERVER),
        leaf(at, "client", `/CN=${CERTIFIED}`, CLIENT),
      ]),
    ),
    authority(at, "other-ca"),
  ])
  // Both keys are private in the servers' and the clients' eyes; only the server's belongs to the
  // server.
  for (const name of ["server", "client"]) chmodSync(join(at, `${name}.key`), 0o600)
  if (account.uid !== undefined) chownSync(join(at, "server.key"), account.uid, account.gid)
  return {
    caFile: join(at, "ca.crt"),
    otherCaFile: join(at, "other-ca.crt"),
    serverCert: join(at, "server.crt"),
    serverKey: join(at, "server.key"),
    clientCert: join(at, "client.crt"),
    clientKey: join(at, "client.key"),
  }
}

function authority(cwd, name) {
  const subject = `/CN=next-auth-sqlx-adapter test ${name}`
  const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`]
  return run("openssl", ["req", "-x509", ...KEY, "-days", "2", "-subj", subject, ...files], { cwd })
}

async function leaf(cwd, name, subject, extensions) {
  writeFileSync(join(cwd, `${name}.ext`), extensions)
  const request = ["-keyout", `${name}.key`, "-out", `${name}.csr`]
  await run("openssl", ["req", "-new", ...KEY, "-subj", subject, ...request], { cwd })
  const signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", String(Date.now())]
  const files = ["-in", `${name}.csr`, "-extfile", `${name}.ext`, "-out", `${name}.crt`]
  await run("openssl", ["x509", "-req", ...files, ...signer, "-days", "2", "-sha256"], { cwd })
}

module.exports = { makeCertificates, CERTIFIED }
