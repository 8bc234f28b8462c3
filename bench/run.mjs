// `npm run bench`: our adapter beside those that one could use instead, and beside the least that
// each database's driver needs. docs/performance.md says what is measured, and how.

import { writeFileSync } from "node:fs"
import { DATABASES, SETTINGS, start } from "./lib/databases.mjs"
import { machine, versions } from "./lib/machine.mjs"
import { readOptions } from "./lib/options.mjs"
import { setUp } from "./lib/setup.mjs"

const options = readOptions()
process.env.TZ = "UTC"
const unavailable = await setUp()

if (options.growth) {
  const { growth } = await import("./lib/growth.mjs")
  await growth(options)
} else {
  const { measure } = await import("./lib/measure.mjs")
  const { printReport } = await import("./lib/table.mjs")
  const { databases: wanted, quick, analyze, rounds, milliseconds, users, pool } = options
  const report = {
    measured: new Date().toISOString(),
    machine: machine(),
    versions: versions(),
    settings: { quick, analyze, rounds, milliseconds, users, pool, servers: SETTINGS },
    databases: {},
  }
  for (const database of wanted) {
    const server = await start(database, { analyze })
    try {
      const say = (text) => console.log(`# ${DATABASES[database]}: ${text}`)
      const peers = await measure(database, server, { ...options, unavailable, say })
      report.databases[database] = { version: server.version, peers }
    } finally {
      await server.stop()
    }
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
  printReport(report)
}
