const { appendFileSync, existsSync, readFileSync } = require("node:fs")
const { join } = require("node:path")
const { serverAccount } = require("./account")
const { withDatabase } = require("./credentials")
const { serverFolder, dropFolder, startDaemon } = require("./daemon")
const { findPostgres } = require("./postgres-builds")
const { run } = require("./run")
const { Unavailable } = require("./unavailable")

/** What the primary has on its command line and a copy of its folder lacks. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  max_connections: 300,
  shared_buffers: "64MB",
  dynamic_shared_memory_type: "mmap",
  fsync: "off",
}

/**
 * Starts a hot standby of a PostgreSQL that was started here: a copy of it that follows it and
 * answers reads.
 *
 * @param {object} primary what `start()` of ./postgres.js gave
 */
async function start(primary) {
  const { bin, version } = await findPostgres(primary.version.split(".")[0])
  const pgBasebackup = join(bin, "pg_basebackup")
  if (!existsSync(pgBasebackup)) {
    throw new Unavailable("A standby", `PostgreSQL ${version} came without pg_basebackup`)
  }
  const account = serverAccount("postgres")
  const quit = "SIGQUIT"
  const folder = serverFolder(account, { quit })
  const data = join(folder, "data")
  const admin = new URL(primary.adminUrl)
  try {
    await admitReplication(primary)
    const { username, password, port } = admin
    const whom = ["-h", "127.0.0.1", "-p", port, "-U", username, "-D", data]
    await run(pgBasebackup, [...whom, "-R", "-X", "stream", "-c", "fast", "--no-sync"], {
      ...account,
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, PGPASSWORD: decodeURIComponent(password) },
    })
  } catch (error) {
    await dropFolder(folder, quit)
    throw error
  }
  const all = {
    ...SETTINGS,
    unix_socket_directories: join(folder, "run"),
    hba_file: join(primary.folder, "pg_hba.conf"),
  }
  const parameters = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const daemon = await startDaemon({
    name: `PostgreSQL ${version}, a standby`,
    folder,
    account,
    command: (port) => ({
      file: join(bin, "postgres"),
      args: ["-D", data, "-p", String(port), ...parameters],
    }),
    ready: (_port, pid) => /^(standby|ready)$/.test(statusOf(data, pid)),
    shutdown: "SIGINT",
    quit,
  })
  const here = (place) => {
    const other = new URL(place)
    other.port = String(daemon.port)
    return other.href
  }
  return {
    ...daemon,
    version,
    url: here(primary.url),
    adminUrl: here(primary.adminUrl),
    /** The URL of a database that was made on the primary. */
    database: (name) => here(withDatabase(primary.url, name)),
    /** Makes it a primary of its own. */
    async promote() {
      const options = { ...account, cwd: folder, env: { PATH: process.env.PATH } }
      await run(join(bin, "pg_ctl"), ["promote", "-w", "-D", data], options)
    },
  }
}

/** "all" databases are not those of replication. */
async function admitReplication({ folder, adminUrl }) {
  const { Client } = require("pg")
  const { username } = new URL(adminUrl)
  const line = `host replication ${username} 127.0.0.0/8 scram-sha-256\n`
  appendFileSync(join(folder, "pg_hba.conf"), line)
  const client = new Client({ connectionString: adminUrl })
  await client.connect()
  await client.query("select pg_reload_conf()")
  await client.end()
}

/** What the postmaster says of itself in the last line of its lock file. */
function statusOf(data, pid) {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")
    return lines[0] === String(pid) ? (lines[7]?.trim() ?? "") : ""
  } catch {
    return ""
  }
}

module.exports = { start }
