const { randomUUID } = require("node:crypto")
const { findMysql } = require("./mysql")
const { startMysqld } = require("./mysqld")
const { freePort } = require("./ports")
const { sleep } = require("./run")

const RECOVERY = { user: "recovery", password: "recovery of a throw-away group" }

/**
 * Starts a group of MySQL servers, each of them a primary. Half a gigabyte each.
 *
 * @param {{ nodes?: number, checks?: boolean, settings?: Record<string, string> }} [options] `checks`: whether it refuses tables that
 * several primaries cannot keep alike: those whose foreign keys cascade, as the adapter's do
 */
async function start({ nodes: count = 3, checks = false, settings = {} } = {}) {
  const began = Date.now()
  const build = await findMysql()
  const group = randomUUID()
  const addresses = []
  for (let n = 0; n < count; n++) addresses.push(`127.0.0.1:${await freePort()}`)
  const nodes = []
  const stop = () => Promise.all(nodes.map((node) => node.stop()))
  const starting = await Promise.allSettled(
    addresses.map(async (_, n) => {
      const node = await startMysqld(build, {
        settings: { ...member(group, addresses, n, checks), ...settings },
      })
      nodes[n] = node
    }),
  )
  try {
    for (const { reason } of starting) if (reason) throw reason
    for (const [n, node] of nodes.entries()) {
      await prepare(node)
      await (n === 0 ? bootstrap(node) : join(node))
      await online(node, n + 1)
    }
  } catch (error) {
    await Promise.all(nodes.filter(Boolean).map((node) => node.stop()))
    throw error
  }
  return { nodes, version: build.version, startedIn: Date.now() - began, stop, online, join }
}

function member(group, addresses, n, checks) {
  return {
    "skip-log-bin": false,
    "log-bin": "b",
    "server-id": n + 1,
    "report-host": "127.0.0.1",
    "gtid-mode": "ON",
    "enforce-gtid-consistency": "ON",
    // Who belongs to the group is told in its tables.
    "performance-schema": "ON",
    "plugin-load-add": "group_replication.so",
    "group-replication-group-name": group,
    "group-replication-start-on-boot": "OFF",
    "group-replication-local-address": addresses[n],
    "group-replication-group-seeds": addresses.join(","),
    "group-replication-single-primary-mode": "OFF",
    "group-replication-enforce-update-everywhere-checks": checks ? "ON" : "OFF",
    "group-replication-ip-allowlist": "127.0.0.1",
    "group-replication-recovery-get-public-key": "ON",
  }
}

/** Makes the account that a member uses to catch up, in each of them by itself. */
async function prepare(node) {
  const account = `${RECOVERY.user}@'%'`
  await asked(node, [
    "SET sql_log_bin = 0",
    `CREATE USER ${account} IDENTIFIED BY '${RECOVERY.password}'`,
    `GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO ${account}`,
    "SET sql_log_bin = 1",
    `CHANGE REPLICATION SOURCE TO SOURCE_USER = '${RECOVERY.user}',
     SOURCE_PASSWORD = '${RECOVERY.password}' FOR CHANNEL 'group_replication_recovery'`,
  ])
}

const bootstrap = (node) =>
  asked(node, [
    "SET GLOBAL group_replication_bootstrap_group = ON",
    "START GROUP_REPLICATION",
    "SET GLOBAL group_replication_bootstrap_group = OFF",
  ])

/** Makes a server a member again, after a restart too. */
const join = (node) => asked(node, ["START GROUP_REPLICATION"])

/** Waits until a member, and this many in all, are online. */
async function online(node, size) {
  let members
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(200)) {
    members = await asked(node, [
      "SELECT member_port AS port, member_state AS state FROM performance_schema.replication_group_members",
    ]).catch(({ message }) => [{ message }])
    const up = members.filter(({ state }) => state === "ONLINE")
    if (up.length === size && up.some(({ port }) => port === node.port)) return
  }
  throw new Error(`a member did not get online within 60 s: ${JSON.stringify(members)}`)
}

/** Runs statements, and gives the rows of the last. */
async function asked({ adminUrl }, statements) {
  const { createConnection } = require("mysql2/promise")
  const connection = await createConnection({ uri: adminUrl, connectTimeout: 2000 })
  try {
    let rows
    for (const sql of statements) [rows] = await connection.query(sql)
    return rows
  } finally {
    connection.destroy()
  }
}

/** What has a member answer with all that the others had written. */
const IN_STEP = "SET group_replication_consistency = 'BEFORE'"

module.exports = { IN_STEP, start }
