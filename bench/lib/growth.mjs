// `npm run bench -- --growth`: what one of our session reads takes as the table grows. The database
// makes the rows itself, and the sizes take turns, so that a slow minute of the machine is nobody's.

import { writeFileSync } from "node:fs"
import { PEERS } from "../peers/index.mjs"
import { schemaOf } from "../schemas/index.mjs"
import { digestOf, growthTokenOf } from "./data.mjs"
import { DATABASES, start } from "./databases.mjs"
import { machine, versions } from "./machine.mjs"
import { run } from "./process.mjs"
import { median } from "./summary.mjs"
import { asText, short } from "./table.mjs"

const SIZES = {
  sqlite: [10_000, 100_000, 1_000_000, 5_000_000],
  postgres: [10_000, 1_000_000, 10_000_000],
}
const QUICK_SIZES = [10_000, 100_000]
const USERS = 10_000

/** A server that has room for its tables, as one that large would. */
const SERVER = { postgres: { shared_buffers: "4GB", maintenance_work_mem: "1GB" } }

export async function growth({ databases, rounds, milliseconds, pool, quick, json }) {
  const report = { measured: new Date().toISOString(), machine: machine(), versions: versions() }
  report.growth = {}
  for (const database of databases.filter((name) => SIZES[name])) {
    const server = await start(database, { settings: SERVER[database] })
    try {
      const sizes = quick ? QUICK_SIZES : SIZES[database]
      report.growth[database] = await measure(database, server, sizes, {
        rounds,
        milliseconds,
        pool,
      })
    } finally {
      await server.stop()
    }
  }
  for (const [database, sizes] of Object.entries(report.growth)) {
    console.log(asText(growthTable(database, sizes)))
  }
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`)
}

/** @returns {Promise<{ sessions: number, p50: number[], cpu: number[] }[]>} by size */
async function measure(database, server, sizes, { rounds, milliseconds, pool }) {
  const peer = PEERS.find(({ id }) => id === "ours")
  const results = []
  for (const sessions of sizes) {
    const begun = Date.now()
    const place = await server.place(`bench_${sessions}`)
    const task = { database, place: place.at, module: peer.module, pool }
    await run(peer, "prepare", task, () => {})
    await place.withAdmin((admin) => fill[database](admin, sessions))
    results.push({ task, sessions, p50: [], cpu: [] })
    const seconds = Math.round((Date.now() - begun) / 1000)
    console.log(`# ${DATABASES[database]} has ${sessions} sessions (${seconds} s)`)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { task, sessions, p50, cpu } of results) {
      const how = { ...task, sessions, milliseconds }
      await run(peer, "growth-worker", how, (measured) => {
        p50.push(measured.p50)
        cpu.push(measured.cpu)
      })
      console.log(`# round ${round} of ${rounds}, ${sessions} sessions: ${short(p50.at(-1))} µs`)
    }
  }
  return results.map(({ sessions, p50, cpu }) => ({ sessions, p50, cpu }))
}

/** Far enough away that nobody's has expired when it is read. */
const EXPIRES = Date.UTC(2100, 0, 1)

const fill = {
  async sqlite(admin, sessions) {
    const { users, sessions: model } = schemaOf("ours", "sqlite")
    const people = Array.from({ length: USERS }, (_, n) => [`user-${n}`, `${n}@example.com`])
    await admin.insert(users.table, ["id", "email"], people)
    // In the order of their keys: into a table of this size at random it would take an hour.
    const digests = []
    for (let n = 0; n < sessions; n++) digests.push([digestOf(growthTokenOf(n)), n % USERS])
    digests.sort(([a], [b]) => (a < b ? -1 : 1))
    const columns = ["session_token", "user_id", "expires"]
    for (let from = 0; from < sessions; from += 100_000) {
      const rows = digests.slice(from, from + 100_000)
      const whole = rows.map(([digest, n]) => [digest, `user-${n}`, EXPIRES])
      await admin.insert(model.table, columns, whole)
    }
    await admin.settle()
  },

  async postgres(admin, sessions) {
    await admin.execute(`INSERT INTO users (id, email)
      SELECT 'user-' || n, n || '@example.com' FROM generate_series(0, ${USERS - 1}) n`)
    await admin.execute(`INSERT INTO sessions (session_token, user_id, expires)
      SELECT 'sha256:' || encode(sha256(convert_to('session ' || n, 'UTF8')), 'hex') AS token,
        'user-' || n % ${USERS}, '2100-01-01'
      FROM generate_series(0, ${sessions - 1}) n ORDER BY token`)
    await admin.settle()
  },
}

/** What a read takes at each size, as a table. */
export function growthTable(database, sizes) {
  const smallest = median(sizes[0].p50)
  const rows = sizes.map(({ sessions, p50, cpu }) => [
    sessions.toLocaleString("en"),
    short(median(p50)),
    `${short(Math.min(...p50))}..${short(Math.max(...p50))}`,
    short(median(cpu)),
    `${short(median(p50) / smallest)}x`,
  ])
  const columns = ["sessions", "p50 µs", "from..to", "CPU µs", "of the smallest"]
  return { title: `${DATABASES[database]}: session read, one at a time`, columns, rows }
}
