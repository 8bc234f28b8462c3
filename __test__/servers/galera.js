const { join } = require("node:path")
const { ADMIN_PASSWORD, url } = require("./credentials")
const debian = require("./debian")
const { findMariadb, MARIADB_SUITES } = require("./mariadb")
const { startMysqld } = require("./mysqld")
const { freePort } = require("./ports")
const { run, sleep } = require("./run")
const { Unavailable } = require("./unavailable")

/** Both come from one suite, so that they need the same libraries. */
const VERSION = "11.8"

/** A node that is silent for seconds has left, so that tests of that are short. */
const PATIENCE = {
  "evs.keepalive_period": "PT0.3S",
  "evs.inactive_check_period": "PT0.2S",
  "evs.suspect_timeout": "PT1S",
  "evs.inactive_timeout": "PT2S",
  "evs.install_timeout": "PT2S",
}

/**
 * Starts a Galera cluster of MariaDB servers, each of them a primary.
 *
 * They begin with equal data and keep what others need to catch up, so no node ever has to copy
 * another's files.
 *
 * @param {object} [options]
 * @param {number} [options.nodes]
 * @param {Record<string, string | number>} [options.settings]
 * @param {boolean} [options.patient] a node may be silent for as long as Galera itself lets it, which one
 *   on a busy machine is
 */
async function start({ nodes: count = 3, settings: more = {}, patient = false } = {}) {
  const patience = patient ? {} : PATIENCE
  const began = Date.now()
  const build = await findMariadb(VERSION)
  const provider = await findProvider()
  const places = []
  for (let n = 0; n < count; n++)
    places.push({ group: await freePort(), catchUp: await freePort() })
  const seeds = places.map(({ group }) => `127.0.0.1:${group}`).join(",")
  const nodes = []
  const stop = () => Promise.all(nodes.map((node) => node.stop()))
  try {
    for (const [n, { group, catchUp }] of places.entries()) {
      const role = n === 0 ? "first" : "next"
      const settings = {
        ...member(provider, group, { "ist.recv_addr": `127.0.0.1:${catchUp}`, ...patience }),
        "wsrep-cluster-address": `gcomm://${seeds}`,
        "wsrep-node-name": `n${n}`,
        "wsrep-sst-method": "position",
        "wsrep-slave-threads": 2,
        ...more,
      }
      const node = await admitted(() => startMysqld(launched(build, provider, role), { settings }))
      nodes.push({ ...node, restart: () => admitted(node.restart) })
      await synced(node, n + 1)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes, version: build.version, startedIn: Date.now() - began, stop, synced }
}

/** A node that asks another for help just when that one is occupied is told no, and ends. */
async function admitted(begin) {
  for (let tries = 1; ; tries++) {
    try {
      return await begin()
    } catch (error) {
      if (tries === 3 || !/ended while starting/.test(error.message)) throw error
      await sleep(1000)
    }
  }
}

/** The parameters of a server that is in a cluster and listens to the others on a port. */
function member(provider, group, more) {
  const options = {
    base_port: group,
    "gmcast.listen_addr": `tcp://127.0.0.1:${group}`,
    "gcache.size": "32M",
    ...more,
  }
  return {
    "binlog-format": "ROW",
    "innodb-autoinc-lock-mode": 2,
    "wsrep-on": "ON",
    "wsrep-provider": provider,
    "wsrep-provider-options": Object.entries(options)
      .map(([name, value]) => `${name}=${value}`)
      .join(";"),
    "wsrep-cluster-name": "t",
    "wsrep-node-address": `127.0.0.1:${group}`,
  }
}

function launched(build, provider, role) {
  const script = join(__dirname, "galera/node.sh")
  return {
    ...build,
    name: "Galera",
    program: ["/bin/sh", script, role, ...build.program],
    async initialise(at) {
      const alone = { ...at, program: build.program }
      await build.initialise(alone)
      await beginHistory(alone, provider)
    },
  }
}

/**
 * Lets a server be a cluster of its own for a moment, so that its data is a position in a history,
 * from which every copy goes on.
 */
async function beginHistory({ program: [file, ...first], data, parameters, options }, provider) {
  const port = await freePort()
  const settings = {
    ...member(provider, await freePort()),
    "wsrep-cluster-address": "gcomm://",
    "bind-address": "127.0.0.1",
    socket: join(data, "..", "tmp", "s"),
    "skip-log-bin": "",
    port,
  }
  const flags = Object.entries(settings).map(([name, value]) => `--${name}${value && `=${value}`}`)
  const ended = run(file, [...first, ...parameters, ...flags], options)
  const node = { adminUrl: url("mariadb", { user: "admin", password: ADMIN_PASSWORD, port }) }
  await Promise.race([synced(node, 1), ended])
  await asked(node, "SHUTDOWN")
  await ended
}

async function findProvider() {
  try {
    const { root } = await debian.sideBySide(MARIADB_SUITES[VERSION], "galera-4")
    const found = await run("find", [root, "-name", "libgalera_smm.so", "-type", "f"])
    return found.trim().split("\n")[0]
  } catch (cause) {
    throw new Unavailable("Galera", cause.message.split("\n")[0], { cause })
  }
}

/** Waits until a node takes part in a primary component of this size, or of any. */
async function synced(node, size) {
  let state
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    state = await status(node).catch(({ message }) => ({ message }))
    const whole = size === undefined || state.wsrep_cluster_size === String(size)
    if (state.wsrep_cluster_status === "Primary" && whole) {
      if (state.wsrep_local_state_comment === "Synced" && state.wsrep_ready === "ON") return
    }
  }
  throw new Error(`a Galera node did not get in sync within 60 s: ${JSON.stringify(state)}`)
}

async function status(node) {
  const rows = await asked(node, "SHOW STATUS LIKE 'wsrep_%'")
  return Object.fromEntries(rows.map((row) => [row.Variable_name, row.Value]))
}

async function asked({ adminUrl }, sql) {
  const { createConnection } = require("mysql2/promise")
  const connection = await createConnection({ uri: adminUrl, connectTimeout: 2000 })
  try {
    const [rows] = await connection.query(sql)
    return rows
  } finally {
    connection.destroy()
  }
}

/** What has a node answer with all that the others had written. */
const IN_STEP = "SET wsrep_sync_wait = 1"

module.exports = { IN_STEP, start }
