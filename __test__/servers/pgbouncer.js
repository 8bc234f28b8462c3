const { existsSync, writeFileSync } = require("node:fs")
const { connect } = require("node:net")
const { join } = require("node:path")
const { serverAccount } = require("./account")
const { makeCertificates } = require("./certificates")
const { TESTER, url, withDatabase } = require("./credentials")
const { serverFolder, dropFolder, startDaemon } = require("./daemon")
const debian = require("./debian")
const { ask } = require("./run")
const { Unavailable } = require("./unavailable")

/** What `newer` means: the suite that has the newest. */
const SUITE = "sid"

/**
 * Starts a private PgBouncer in transaction mode in front of a PostgreSQL from `postgres.js`. Every
 * database of that server can be reached through it, also those created later.
 *
 * @param {object} options
 * @param {Awaited<ReturnType<import("./postgres").start>>} options.postgres
 * @param {"newer" | string} [options.version] `newer`, or the beginning of a version; without it
 * the machine's own
 * @param {number} [options.poolSize] server connections for each database
 * @param {Record<string, string | number>} [options.settings] lines of the section `[pgbouncer]`
 */
async function start({ postgres, version: wanted, poolSize = 2, settings = {} }) {
  const began = Date.now()
  const { program, version } = await findPgbouncer(wanted)
  const account = serverAccount("postgres")
  const folder = serverFolder(account)
  let tls
  try {
    tls = await makeCertificates(folder, account)
    writeAccounts(join(folder, "users"), postgres)
  } catch (error) {
    await dropFolder(folder)
    throw error
  }
  const configuration = join(folder, "pgbouncer.ini")
  const daemon = await startDaemon({
    name: `PgBouncer ${version}`,
    folder,
    account,
    command(port) {
      const all = {
        listen_addr: "127.0.0.1",
        listen_port: port,
        unix_socket_dir: join(folder, "run"),
        pool_mode: "transaction",
        default_pool_size: poolSize,
        max_client_conn: 1000,
        auth_type: "scram-sha-256",
        auth_file: join(folder, "users"),
        admin_users: [TESTER.user, accountOf(postgres.adminUrl).user].join(","),
        client_tls_sslmode: "allow",
        client_tls_ca_file: tls.caFile,
        client_tls_cert_file: tls.serverCert,
        client_tls_key_file: tls.serverKey,
        // A test that stops the server wants the error now, not when the pooler next tries.
        server_login_retry: 1,
        ...settings,
      }
      const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
      const behind = `* = host=127.0.0.1 port=${postgres.port}`
      writeFileSync(configuration, ["[databases]", behind, "[pgbouncer]", ...lines, ""].join("\n"))
      const [file, ...first] = program
      return { file, args: [...first, configuration] }
    },
    ready: speaksPostgres,
    // Versions differ in what their gentle signals wait for, and it has nothing to lose.
    shutdown: "SIGKILL",
  })
  const { port } = daemon
  const { host, database } = postgres
  const place = { ...TESTER, host, port, database, url: url("postgres", { ...TESTER, port }) }
  return {
    ...daemon,
    ...place,
    /** The same database without the pooler. */
    directUrl: postgres.url,
    adminUrl: postgres.adminUrl,
    /** Its own console: `show pools` and the like, in the simple protocol. */
    consoleUrl: url("postgres", { ...TESTER, port, database: "pgbouncer" }),
    socketDirectory: join(folder, "run"),
    ...tls,
    version,
    postgresVersion: postgres.version,
    poolSize,
    startedIn: Date.now() - began,
    async createDatabase(name) {
      await postgres.createDatabase(name)
      return withDatabase(place.url, name)
    },
    dropDatabase: (name) => postgres.dropDatabase(name),
  }
}

/** In plain text, because it has to log in to the server with them. */
function writeAccounts(file, { adminUrl }) {
  const lines = [TESTER, accountOf(adminUrl)].map(({ user, password }) => `"${user}" "${password}"`)
  writeFileSync(file, `${lines.join("\n")}\n`)
}

function accountOf(place) {
  const { username, password } = new URL(place)
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

async function findPgbouncer(wanted) {
  const own = wanted === "newer" ? undefined : installed()
  if (own && (!wanted || own.version.startsWith(wanted))) return own
  if (!wanted && debian.canInstall()) {
    await debian.install(["pgbouncer"])
    const fresh = installed()
    if (fresh) return fresh
  }
  if (!wanted) {
    const command = debian.installCommand(["pgbouncer"])
    throw new Unavailable("PgBouncer", "there is no pgbouncer", { command })
  }
  const what = `PgBouncer ${wanted}`
  let fetched
  try {
    const { program } = await debian.sideBySide(SUITE, "pgbouncer")
    fetched = describe(program("usr/sbin/pgbouncer"))
    if (!fetched) throw new Error(`what Debian ${SUITE} has does not run here`)
  } catch (cause) {
    throw new Unavailable(what, cause.message.split("\n")[0], { cause })
  }
  if (wanted === "newer" || fetched.version.startsWith(wanted)) return fetched
  throw new Unavailable(what, `Debian ${SUITE} has ${fetched.version}`)
}

function installed() {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/opt/homebrew/bin"]
  const folder = folders.find((path) => path && existsSync(join(path, "pgbouncer")))
  return folder && describe([join(folder, "pgbouncer")])
}

function describe(program) {
  const [file, ...first] = program
  const version = /PgBouncer (\d+(\.\d+)+)/.exec(ask(file, [...first, "--version"]) ?? "")?.[1]
  return version && { program, version }
}

/** Whether something answers the question for TLS, which is how every PostgreSQL client begins. */
function speaksPostgres(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" })
    const end = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => end(false))
    socket.once("error", () => end(false))
    socket.once("close", () => end(false))
    socket.once("connect", () => socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])))
    socket.once("data", (bytes) => end(["S", "N"].includes(String.fromCharCode(bytes[0]))))
  })
}

module.exports = { start }
