const fs = require("node:fs")
const os = require("node:os")
const path = require("node:path")
const { startApp } = require("../../core/app")
const { startOutside } = require("../../core/outside")
const gate = require("../../servers/gate")
const { smallDisk } = require("../../support/small-disk")
const mysqlReader = require("../../support/mysql").readerOf
const postgresReader = require("../../support/postgres").readerOf
const { query } = require("../../support/sqlite")

/** Short waits, so that each fault is over before the next. */
const OPTIONS = {
  pool: { max: 5, connectTimeout: 1000, acquireTimeout: 1000 },
  retry: { attempts: 3, maxTime: 2000 },
}

/** Room for what a run writes; ballast fills the rest. */
const KINDS = {
  sqlite: { disk: "96m", options: { ...OPTIONS, sqlite: { busyTimeout: 1000 } } },
  postgres: {
    disk: "640m",
    options: OPTIONS,
    start: require("../../servers/postgres").start,
    settings: { max_connections: 30, max_wal_size: "64MB" },
    readerOf: postgresReader,
  },
  mariadb: {
    disk: "512m",
    options: OPTIONS,
    start: require("../../servers/mariadb").start,
    settings: { "max-connections": 30 },
    readerOf: mysqlReader,
  },
  mysql: {
    disk: "640m",
    options: OPTIONS,
    // Without TLS it takes no password from a client that it has not seen since it was started.
    encrypted: true,
    start: require("../../servers/mysql").start,
    settings: { "max-connections": 30 },
    readerOf: mysqlReader,
  },
}

/**
 * An application on two servers, its database on a disk of its own, and the network between: all of
 * what harm is done to. `reclaims`: whether whom a crash has left in a sign-in makes way later.
 */
async function startSubject(name, { reclaims }) {
  const kind = KINDS[name]
  const disk = smallDisk(kind.disk)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "journals-"))
  const outside = await startOutside()
  const database = kind.start
    ? await server(kind, name, disk?.folder)
    : await file(disk?.folder ?? folder)
  const journals = []
  const apps = []
  for (const n of [0, 1]) {
    const journal = path.join(folder, `${n}`)
    journals.push(journal)
    const options = { ...kind.options, reclaimUnfinishedUsers: reclaims }
    const settings = { url: database.url, options, outside: outside.url, journal }
    apps.push(await startApp(settings))
  }
  return {
    name,
    apps,
    outside,
    journals,
    disk,
    daemon: database.daemon,
    gate: database.gate,
    place: database.place,
    /** Through connections made now: those from before a fault are of no use. */
    reader: database.reader,
    async stop() {
      await Promise.all(apps.map((app) => app.stop()))
      await database.stop()
      await outside.stop()
      disk?.remove()
      fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function file(folder) {
  const place = path.join(folder, "auth.db")
  return {
    url: `sqlite:${place}`,
    place,
    reader: () => ({ rows: (sql, params) => query(place, sql, params), end: async () => {} }),
    async stop() {},
  }
}

async function server({ start, settings, readerOf, encrypted }, name, within) {
  const version = process.env[`TEST_${name.toUpperCase()}_VERSION`] || undefined
  const daemon = await start({ version, settings, within })
  const way = await gate.start({ to: daemon })
  return {
    url: `${way.through(daemon.url)}${encrypted ? "" : "?sslmode=disable"}`,
    daemon,
    gate: way,
    reader: () => readerOf(daemon.url),
    async stop() {
      await way.stop()
      await daemon.stop()
    },
  }
}

module.exports = { SUBJECTS: Object.keys(KINDS), startSubject }
