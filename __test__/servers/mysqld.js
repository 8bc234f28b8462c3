const { createHash } = require("node:crypto")
const { chownSync, mkdirSync } = require("node:fs")
const { connect } = require("node:net")
const { join } = require("node:path")
const { serverAccount } = require("./account")
const { cached } = require("./cache")
const { makeCertificates, CERTIFIED } = require("./certificates")
const { TESTER, ADMIN_PASSWORD, DATABASE, url } = require("./credentials")
const { serverFolder, dropFolder, startDaemon } = require("./daemon")
const { mysqlDatabases } = require("./databases")
const { run } = require("./run")

const ADMIN = "admin"

/** Our accounts, for MariaDB and MySQL alike. One statement a line. */
const ACCOUNTS = [
  `create database ${DATABASE} character set utf8mb4;`,
  `create user ${ADMIN}@'%' identified by '${ADMIN_PASSWORD}';`,
  `grant all on *.* to ${ADMIN}@'%' with grant option;`,
  `create user ${TESTER.user}@'%' identified by '${TESTER.password}';`,
  `grant all on *.* to ${TESTER.user}@'%';`,
  `create user ${CERTIFIED}@'%' require x509;`,
  `grant all on ${DATABASE}.* to ${CERTIFIED}@'%';`,
].join("\n")

const SETTINGS = {
  "bind-address": "127.0.0.1",
  "max-connections": 300,
  "innodb-buffer-pool-size": "64M",
  "skip-name-resolve": "ON",
  "skip-log-bin": true,
}

/**
 * Written at each commit, so that what was acknowledged survives a SIGKILL; forced to the disk only
 * where a test asks for `durable`.
 */
const FAST = { "innodb-flush-log-at-trx-commit": 2, "innodb-flush-method": "nosync" }
const DURABLE = { "innodb-flush-log-at-trx-commit": 1 }

/**
 * The zone of `TIME_ZONE` as a POSIX rule: these servers ask the C library, which may have no zone
 * files.
 */
const TZ = "NST3:30NDT,M3.2.0,M11.1.0"

/**
 * Starts a private server that speaks MySQL's protocol, with TLS.
 *
 * @param {object} build what kind of server
 * @param {string} build.name for messages
 * @param {string} build.scheme of its URLs
 * @param {string} build.version
 * @param {string[]} build.program the command, without arguments
 * @param {Record<string, string | number | boolean>} build.always parameters of this kind, also
 * while initialising
 * @param {Record<string, string | number | boolean>} build.serving parameters of this kind, while
 * serving
 * @param {Record<string, string | number | boolean>} [build.fast] more of them where nothing needs
 * to be durable
 * @param {(at: { data: string, accounts: string, parameters: string[], options: object }) =>
 * Promise<void>} build.initialise makes a data folder with the accounts in it
 * @param {{ settings?: Record<string, string | number | boolean>, durable?: boolean, within?: string }} options
 */
async function startMysqld(build, { settings = {}, durable = false, within }) {
  const began = Date.now()
  const { name, version, program } = build
  const account = serverAccount("mysql")
  const template = await dataTemplate(build, account)
  const folder = serverFolder(account, { durable, within })
  const data = join(folder, "data")
  let tls
  try {
    ;[tls] = await Promise.all([
      makeCertificates(folder, account),
      run("cp", ["-a", template, data]),
    ])
  } catch (error) {
    await dropFolder(folder)
    throw error
  }
  const socket = join(folder, "run", "s.sock")
  const all = {
    ...build.always,
    ...SETTINGS,
    ...build.serving,
    ...(durable ? DURABLE : { ...FAST, ...build.fast }),
    datadir: data,
    tmpdir: join(folder, "tmp"),
    socket,
    "pid-file": join(folder, "run", "pid"),
    "ssl-ca": tls.caFile,
    "ssl-cert": tls.serverCert,
    "ssl-key": tls.serverKey,
    ...settings,
  }
  const daemon = await startDaemon({
    name: `${name} ${version}`,
    folder,
    account,
    command(port) {
      const [file, ...first] = program
      return {
        file,
        args: [...first, "--no-defaults", `--port=${port}`, ...flags(all)],
        env: { TZ },
      }
    },
    ready: greets,
    shutdown: "SIGTERM",
  })
  const { port } = daemon
  const place = { ...TESTER, host: "127.0.0.1", port, database: DATABASE }
  const urls = {
    url: url(build.scheme, place),
    adminUrl: url(build.scheme, { user: ADMIN, password: ADMIN_PASSWORD, port }),
  }
  return {
    ...daemon,
    ...place,
    ...urls,
    certifiedUrl: url(build.scheme, { user: CERTIFIED, port }),
    socketPath: socket,
    ...tls,
    version,
    startedIn: Date.now() - began,
    ...mysqlDatabases(urls),
  }
}

/** Parameters as arguments; `true` is a bare flag, and what is `false` is left out. */
function flags(parameters) {
  return Object.entries(parameters)
    .filter(([, value]) => value !== false)
    .map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`))
}

/**
 * An initialised data folder with our accounts, made once for each version and then only copied.
 */
function dataTemplate(build, account) {
  const { name, version, program, always, initialise } = build
  const recipe = createHash("sha256")
    .update(JSON.stringify([always, ACCOUNTS, account, String(initialise)]))
    .digest("hex")
  const key = `${name.toLowerCase()}-data-${version}-${recipe.slice(0, 8)}`
  return cached(key, async (draft) => {
    const tmp = join(draft, "..", "tmp")
    mkdirSync(tmp)
    if (account.uid !== undefined)
      for (const path of [draft, tmp]) chownSync(path, account.uid, account.gid)
    const parameters = ["--no-defaults", ...flags({ ...always, datadir: draft, tmpdir: tmp })]
    const options = {
      cwd: tmp,
      ...account,
      env: { PATH: process.env.PATH, LANG: "C.UTF-8", TZ: "UTC" },
    }
    await initialise({ program, data: draft, accounts: ACCOUNTS, parameters, options })
  })
}

/** A server that serves greets whoever connects, with protocol version 10. */
function greets(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" })
    const end = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => end(false))
    socket.once("error", () => end(false))
    socket.once("close", () => end(false))
    socket.once("data", (bytes) => end(bytes[4] === 10))
  })
}

module.exports = { startMysqld }
