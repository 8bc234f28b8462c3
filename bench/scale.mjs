// What each statement of the adapter costs as the tables grow, as in docs/scale.md:
//
//   node bench/scale.mjs                                   PostgreSQL, to fifty million sessions
//   node bench/scale.mjs --sessions 10000,1000000          so many sessions, with a fifth as many users
//   node bench/scale.mjs --json FILE                       writes everything that was measured
//
// Fifty million sessions need 25 GB where temporary files are, and a quarter of an hour to be made. The
// sizes take turns, so that a slow minute of the machine is nobody's. `--rounds N`, `--calls N`.

import { writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { parseArgs } from "node:util"
import { isQuickBuild, machine } from "./lib/machine.mjs"
import { steps, take } from "./lib/scale-calls.mjs"
import { tokenOf } from "./lib/scale-people.mjs"
import * as plans from "./lib/scale-plans.mjs"
import { print } from "./lib/scale-report.mjs"
import * as tables from "./lib/scale-tables.mjs"
import { wire } from "./lib/scale-wire.mjs"
import { median } from "./lib/summary.mjs"

const require = createRequire(import.meta.url)
const pg = require("pg")
const { SqlxAdapter } = require("..")
const { withDatabase } = require("../__test__/servers/credentials.js")
const { start } = require("../__test__/servers/postgres.js")

/** People who are there at a time: their rows are in memory, however many others there are. */
const ACTIVE = 20_000

/** Without fsync: what the disk takes for it is the same at every size, and hides the rest. */
const SERVER = {
  ...plans.SETTINGS,
  shared_buffers: "6GB",
  maintenance_work_mem: "1GB",
  max_wal_size: "4GB",
  checkpoint_timeout: "1h",
  wal_level: "minimal",
  max_wal_senders: 0,
  autovacuum: "off",
}

const { values: options } = parseArgs({
  options: {
    sessions: { type: "string", default: "10000,1000000,10000000,50000000" },
    rounds: { type: "string", default: "9" },
    calls: { type: "string", default: "200" },
    json: { type: "string" },
  },
})
const numbers = (text) => text.split(",").filter(Boolean).map(Number)
const [rounds, calls] = [Number(options.rounds), Number(options.calls)]

async function measurePostgres(all) {
  const server = await start({ within: tmpdir(), settings: SERVER })
  const places = []
  report.postgres = { version: server.version, sizes: [] }
  try {
    for (const sessions of all) {
      const place = await open(server, sessions)
      places.push(place)
      const began = Date.now()
      const { admin, database } = place
      await tables.fill(admin, sessions)
      say(`${sessions} sessions are there (${Math.round((Date.now() - began) / 1000)} s)`)
      const result = {
        sessions,
        relations: await tables.sizes(admin),
        calls: {},
        reads: { any: [], active: [] },
      }
      if (sessions === 1_000_000) report.postgres.grown = await tables.grown(admin, sessions)
      report.postgres.sizes.push(result)
      await plans.explain(admin, database, true)
      await explainAll(server, place, result)
      await plans.explain(admin, database, false)
      keep()
    }
    report.postgres.wire = await wire(server, places[0])
    for (const place of places) await tables.warm(place.admin)
    await timeReads(places, report.postgres.sizes)
    keep()
    await timeCalls(places, report.postgres.sizes)
    keep()
  } finally {
    for (const { admin } of places) await admin.end()
    await server.stop()
  }
}

async function open(server, sessions) {
  const database = `scale_${sessions}`
  const url = `${await server.createDatabase(database)}?sslmode=disable`
  const adapter = SqlxAdapter(url, { synchronize: true })
  await adapter.ping()
  await adapter.migrate()
  await adapter.close()
  const admin = new pg.Client({ connectionString: withDatabase(server.adminUrl, database) })
  await admin.connect()
  return { sessions, database, url, admin }
}

/** One connection, and nothing but what is asked for. */
const connect = (url) => SqlxAdapter(url, { autoCleanup: false, pool: { max: 1 } })

const anyOf = (count) => Math.floor(Math.random() * count)
const activeOf = (count) => {
  const active = Math.min(count, ACTIVE)
  return Math.floor(Math.random() * active) * Math.floor(count / active)
}

async function explainAll(server, { url, sessions }, result) {
  const adapter = connect(url)
  try {
    // A statement has its final plan from the sixth time on.
    for (const step of steps(adapter, sessions, anyOf)) await take(step, 8)
    for (const step of steps(adapter, sessions, anyOf)) {
      for (let i = 0; step.before && i < calls; i++) await step.before(i)
      const run = () => take({ ...step, before: undefined }, calls)
      const explained = await plans.plansOf(server, run)
      result.calls[step.name] = { statements: plans.byStatement(explained), microseconds: [] }
    }
  } finally {
    await adapter.close()
  }
}

/** Whoever comes first in one round comes last in the next. */
const inTurn = (all, round) => (round % 2 ? [...all.entries()].reverse() : [...all.entries()])

/** A session read, one at a time: of anybody, and of those who are active. */
async function timeReads(places, results) {
  const adapters = places.map(({ url }) => connect(url))
  const read = (adapter, token) => ({
    name: "getSessionAndUser",
    call: () => adapter.getSessionAndUser(token()),
    right: (answer) => answer.user.email.endsWith("@example.com"),
  })
  const kinds = { any: anyOf, active: activeOf }
  try {
    for (const [kind, choose] of Object.entries(kinds)) {
      for (let round = 0; round <= rounds; round++) {
        for (const [n, { sessions }] of inTurn(places, round)) {
          const step = read(adapters[n], () => tokenOf(choose(sessions)))
          // The first round brings the active ones into memory.
          const times = await take(step, round === 0 && kind === "active" ? ACTIVE * 3 : 3000)
          if (round > 0) results[n].reads[kind].push(median(times))
        }
        say(`${kind} sessions, round ${round} of ${rounds}`)
      }
    }
  } finally {
    await Promise.all(adapters.map((adapter) => adapter.close()))
  }
}

/** Each function, one call at a time, of people who are active. */
async function timeCalls(places, results) {
  const adapters = places.map(({ url }) => connect(url))
  try {
    for (let round = 0; round <= rounds; round++) {
      const turns = places.map(({ sessions }, n) => steps(adapters[n], sessions, activeOf))
      for (const index of turns[0].keys()) {
        for (const [n, turn] of inTurn(turns, round)) {
          const times = await take(turn[index], calls)
          if (round > 0) results[n].calls[turn[index].name].microseconds.push(median(times))
        }
      }
      say(`each function, round ${round} of ${rounds}`)
    }
  } finally {
    await Promise.all(adapters.map((adapter) => adapter.close()))
  }
}

function say(text) {
  console.error(`# ${text}`)
}

const report = { measured: new Date().toISOString(), machine: machine(), quick: isQuickBuild() }
const keep = () => options.json && writeFileSync(options.json, JSON.stringify(report, null, 1))
await measurePostgres(numbers(options.sessions))
print(report)
