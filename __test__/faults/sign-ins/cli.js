// `npm run test:faults`: the long run. It ends with the table of docs/reliability.md.
//
//   npm run test:faults                      340 faults on each of SQLite, PostgreSQL and MariaDB
//   npm run test:faults -- --faults 50 --seed 2
//   DATABASES=mysql npm run test:faults

const { parseArgs } = require("node:util")
const { wantedDatabases } = require("../../servers")
const { canMount } = require("../../support/small-disk")
const { FULL_DISK } = require("./harm")
const { DATABASES, run } = require("./run")
const { SUBJECTS } = require("./subject")
const { table } = require("./table")

const { values } = parseArgs({
  options: { faults: { type: "string" }, seed: { type: "string" } },
})
const faults = Number(values.faults ?? 340)
const seed = Number(values.seed ?? 1)

async function main() {
  const results = {}
  if (!canMount()) console.log(`Left out: ${FULL_DISK} (needs the right to mount a small tmpfs)`)
  const asked = process.env.DATABASES ? wantedDatabases() : DATABASES
  for (const name of asked.filter((one) => SUBJECTS.includes(one))) {
    const began = Date.now()
    results[name] = await run(name, { faults, seed, log: console.log })
    results[name].seconds = Math.round((Date.now() - began) / 1000)
    for (const line of results[name].wrong) console.error(`WRONG (${name}): ${line}`)
  }
  console.log(`\nSeed ${seed}.\n\n${table(results)}`)
  const failed = Object.values(results).filter(({ wrong }) => wrong.length > 0).length
  console.log(`\n${Object.keys(results).length - failed} passed, ${failed} failed`)
  process.exit(failed)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
