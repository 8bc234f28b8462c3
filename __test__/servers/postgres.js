const { createHash } = require("node:crypto")
const { chownSync, readFileSync, writeFileSync } = require("node:fs")
const { join } = require("node:path")
const { serverAccount } = require("./account")
const { cached } = require("./cache")
const { makeCertificates, CERTIFIED } = require("./certificates")
const { TESTER, ADMIN_PASSWORD, DATABASE, TIME_ZONE, url } = require("./credentials")
const { serverFolder, dropFolder, startDaemon } = require("./daemon")
const { postgresDatabases } = require("./databases")
const { findPostgres } = require("./postgres-builds")
const { run, ask } = require("./run")

const ADMIN = "postgres"

const INITDB = ["-U", ADMIN, "--auth=scram-sha-256", "--no-sync", "-E", "UTF8"]
const LOCALE = process.platform === "darwin" ? "--locale=en_US.UTF-8" : "--locale=C.UTF-8"

/**
 * One statement a line: that is how the single-user mode reads. pg_monitor lets a test count
 * everybody's connections.
 */
const ACCOUNTS = [
  `create role ${TESTER.user} login createdb password '${TESTER.password}'`,
  `grant pg_monitor to ${TESTER.user}`,
  `create role ${CERTIFIED} login`,
  `create database ${DATABASE} owner ${TESTER.user}`,
].join("\n")

/** First match wins. The certified role has no password: its certificate is all it has. */
const HBA = `local   all all scram-sha-256
hostssl all ${CERTIFIED} 127.0.0.0/8 cert
host    all all 127.0.0.0/8 scram-sha-256
`

/**
 * What every server here gets; a caller's settings come after and win. `synchronous_commit` stays
 * on, so that what was acknowledged survives a SIGKILL also without `fsync`, which is only about
 * the machine's own crash.
 */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  max_connections: 300,
  shared_buffers: "64MB",
  timezone: TIME_ZONE,
  log_timezone: "UTC",
  // In the data folder, so that nothing is left in /dev/shm after a SIGKILL.
  dynamic_shared_memory_type: "mmap",
}

const FAST = { fsync: "off", max_wal_size: "256MB" }

/**
 * Starts a private PostgreSQL with TLS and SCRAM.
 *
 * @param {object} [options]
 * @param {string} [options.version] a major version; without it the machine's own
 * @param {Record<string, string | number>} [options.settings] server parameters
 * @param {boolean} [options.durable] with fsync, for tests about what survives; slower
 * @param {string} [options.within] the folder to keep it in
 */
async function start({ version: major, settings = {}, durable = false, within } = {}) {
  const began = Date.now()
  const { bin, version } = await findPostgres(major)
  const account = serverAccount("postgres")
  const template = await dataTemplate(bin, version, account)
  const quit = "SIGQUIT"
  const folder = serverFolder(account, { quit, durable, within })
  const data = join(folder, "data")
  let tls
  try {
    ;[tls] = await Promise.all([
      makeCertificates(folder, account),
      run("cp", ["-a", template, data]),
    ])
    writeFileSync(join(folder, "pg_hba.conf"), HBA)
  } catch (error) {
    await dropFolder(folder, quit)
    throw error
  }
  const all = {
    ...SETTINGS,
    ...(durable ? {} : FAST),
    unix_socket_directories: join(folder, "run"),
    hba_file: join(folder, "pg_hba.conf"),
    ssl: "on",
    ssl_ca_file: tls.caFile,
    ssl_cert_file: tls.serverCert,
    ssl_key_file: tls.serverKey,
    ...settings,
  }
  const parameters = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const daemon = await startDaemon({
    name: `PostgreSQL ${version}`,
    folder,
    account,
    command: (port) => ({
      file: join(bin, "postgres"),
      args: ["-D", data, "-p", String(port), ...parameters],
    }),
    ready: (_port, pid) => isReady(data, pid),
    shutdown: "SIGINT",
    quit,
  })
  const { port } = daemon
  const adminUrl = url("postgres", { user: ADMIN, password: ADMIN_PASSWORD, port })
  const place = {
    ...TESTER,
    host: "127.0.0.1",
    port,
    database: DATABASE,
    url: url("postgres", { ...TESTER, port }),
  }
  return {
    ...daemon,
    async kill() {
      const segment = sharedMemory(data)
      await daemon.kill()
      if (segment) ask("ipcrm", ["-m", segment])
    },
    ...place,
    adminUrl,
    /** Logs in with the client certificate and no password. */
    certifiedUrl: url("postgres", { user: CERTIFIED, port }),
    socketDirectory: join(folder, "run"),
    ...tls,
    version,
    startedIn: Date.now() - began,
    ...postgresDatabases({ url: place.url, adminUrl }),
  }
}

/**
 * An initialised data folder with our accounts, made once for each version and then only copied.
 */
function dataTemplate(bin, version, account) {
  const recipe = createHash("sha256")
    .update(JSON.stringify([INITDB, LOCALE, ACCOUNTS, account]))
    .digest("hex")
  return cached(`postgres-data-${version}-${recipe.slice(0, 8)}`, async (draft) => {
    if (account.uid !== undefined) chownSync(draft, account.uid, account.gid)
    const options = { cwd: draft, ...account, env: { PATH: process.env.PATH, TZ: "UTC" } }
    const passwordFile = join(draft, "..", "password")
    writeFileSync(passwordFile, ADMIN_PASSWORD)
    await run(
      join(bin, "initdb"),
      ["-D", draft, LOCALE, `--pwfile=${passwordFile}`, ...INITDB],
      options,
    )
    const single = [
      "--single",
      "-D",
      draft,
      "-c",
      "fsync=off",
      "-c",
      "dynamic_shared_memory_type=mmap",
      "postgres",
    ]
    await run(join(bin, "postgres"), single, { ...options, input: `${ACCOUNTS}\n` })
  })
}

/**
 * The postmaster says so in the last line of its lock file, which a killed predecessor may have
 * left behind.
 */
function isReady(data, pid) {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")
    return lines[0] === String(pid) && lines[7]?.trim() === "ready"
  } catch {
    return false
  }
}

/**
 * The few bytes of System V shared memory that mark the data folder as in use. Nobody removes them
 * after a SIGKILL.
 */
function sharedMemory(data) {
  try {
    return readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[6]?.trim().split(/\s+/)[1]
  } catch {
    return undefined
  }
}

module.exports = { start }
