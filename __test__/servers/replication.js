const mariadb = require("./mariadb")
const mysql = require("./mysql")
const postgres = require("./postgres")
const standbys = require("./standby")
const { withDatabase } = require("./credentials")

// A primary and a replica that follows it, of each database. `replica.pause()` stops the replica from
// showing what it is sent, `replica.resume()` has it catch up.

const STARTS = {
  postgres: startPostgres,
  mariadb: () => startMysql(mariadb, { settings: { "log-bin": "log" }, ...MARIADB }),
  mysql: ({ gtid = true }) => {
    const on = gtid ? "ON" : "OFF"
    const settings = { "log-bin": "log", "gtid-mode": on, "enforce-gtid-consistency": on }
    return startMysql(mysql, { settings, ...MYSQL, follow: followMysql(gtid) })
  },
}

/**
 * @param {"postgres" | "mariadb" | "mysql"} name
 * @param {{ gtid?: boolean }} [options] `gtid: false`: MySQL replicates by places in its log's files
 */
function start(name, options = {}) {
  return STARTS[name](options)
}

async function startPostgres() {
  const primary = await postgres.start()
  let replica
  try {
    replica = await standbys.start(primary)
  } catch (error) {
    await primary.stop()
    throw error
  }
  const tell = (sql) => onPostgres(replica.adminUrl, sql)
  return {
    primary,
    replica: {
      ...replica,
      pause: () => tell("select pg_wal_replay_pause()"),
      resume: () => tell("select pg_wal_replay_resume()"),
    },
  }
}

async function onPostgres(url, sql) {
  const { Client } = require("pg")
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

const MARIADB = {
  follow: ({ host, port, user, password }) => [
    `change master to master_host='${host}', master_port=${port}, master_user='${user}', ` +
      `master_password='${password}', master_use_gtid=slave_pos, master_connect_retry=1`,
    "start slave",
  ],
  pause: "stop slave sql_thread",
  resume: "start slave",
}

const followMysql =
  (gtid) =>
  ({ host, port, user, password }) => [
    `change replication source to source_host='${host}', source_port=${port}, source_user='${user}', ` +
      `source_password='${password}', source_ssl=1, source_connect_retry=1, ` +
      (gtid ? "source_auto_position=1" : "source_log_file='log.000001', source_log_pos=4"),
    "start replica",
  ]

const MYSQL = {
  pause: "stop replica sql_thread",
  resume: "start replica",
}

async function startMysql(build, { settings, follow, pause, resume }) {
  const at = (id) => ({ ...settings, "skip-log-bin": false, "server-id": id })
  const started = []
  try {
    const primary = await build.start({ settings: at(1) })
    started.push(primary)
    const server = await build.start({ settings: { ...at(2), "skip-replica-start": false } })
    started.push(server)
    const admin = new URL(primary.adminUrl)
    const account = { user: admin.username, password: decodeURIComponent(admin.password) }
    const tell = (...statements) => onMysql(server.adminUrl, statements)
    await tell(...follow({ host: "127.0.0.1", port: primary.port, ...account }))
    const database = new URL(primary.url).pathname.slice(1)
    const replica = {
      ...server,
      url: withDatabase(server.url, database),
      pause: () => tell(pause),
      resume: () => tell(resume),
    }
    return { primary, replica }
  } catch (error) {
    for (const server of started) await server.stop()
    throw error
  }
}

async function onMysql(url, statements) {
  const { createConnection } = require("mysql2/promise")
  const connection = await createConnection({ uri: url })
  try {
    for (const sql of statements) await connection.query(sql)
  } finally {
    await connection.end()
  }
}

module.exports = { start }
