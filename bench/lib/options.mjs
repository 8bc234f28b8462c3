// What may be said on the command line.

import { parseArgs } from "node:util"
import { DATABASES } from "./databases.mjs"
import { WORK } from "./work.mjs"

const USAGE = `npm run bench -- [options]

  --quick              a look in under three minutes: less work, fewer users, one short round
  --only DATABASES     of ${Object.keys(DATABASES).join(",")}
  --work WORK          of ${Object.keys(WORK).join(",")}, delay,cold; or with the callers: session@64
  --peers PEERS        ids or kinds (see bench/peers/index.mjs), as in ours,floor
  --rounds N           how often everybody has a turn (5)
  --milliseconds N     how long each thing is measured in a round (1500)
  --users N            users, accounts and sessions in the tables (100000)
  --pool N             connections of everybody's pool (10)
  --analyze            SQLite's tables are analysed, after which better-sqlite3 plans each query anew
  --json FILE          writes everything that was measured
  --growth             instead: the cost of a read from ten thousand sessions to ten million
  --help               this

BENCH_ADAPTER names the folder of another build of our adapter, BENCH_DIR where SQLite's files are.`

const FULL = { rounds: 5, milliseconds: 1500, users: 100_000, cold: 3, work: Object.keys(WORK) }
const QUICK = {
  rounds: 1,
  milliseconds: 200,
  users: 20_000,
  cold: 1,
  work: ["session@1", "session@64", "session@256", "createSession@64", "oauthNew@32", "core@64"],
}

export function readOptions(args = process.argv.slice(2)) {
  const text = { type: "string" }
  const flag = { type: "boolean", default: false }
  let values
  try {
    values = parseArgs({
      args,
      options: {
        quick: flag,
        growth: flag,
        analyze: flag,
        help: flag,
        only: text,
        work: text,
        peers: text,
        rounds: text,
        milliseconds: text,
        users: text,
        pool: text,
        json: text,
      },
    }).values
  } catch (error) {
    stop(`${error.message}\n\n${USAGE}`)
  }
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }
  const preset = values.quick ? QUICK : FULL
  const number = (name, otherwise) => {
    const value = values[name] === undefined ? otherwise : Number(values[name])
    if (!Number.isInteger(value) || value < 1) stop(`--${name} must be a whole number above 0`)
    return value
  }
  const databases = list(values.only) ?? Object.keys(DATABASES)
  for (const name of databases) {
    if (!DATABASES[name]) stop(`--only names "${name}"; there are: ${Object.keys(DATABASES)}`)
  }
  return {
    quick: values.quick,
    growth: values.growth,
    analyze: values.analyze,
    databases,
    cells: cells(list(values.work) ?? preset.work),
    delay: wants(values.work, "delay"),
    cold: wants(values.work, "cold") ? preset.cold : 0,
    peers: list(values.peers),
    rounds: number("rounds", preset.rounds),
    milliseconds: number("milliseconds", preset.milliseconds),
    users: number("users", preset.users),
    pool: number("pool", 10),
    json: values.json,
  }
}

const list = (text) => text?.split(",").map((part) => part.trim())
const wants = (work, what) => !work || list(work).includes(what)

function cells(wanted) {
  return wanted.flatMap((name) => {
    if (name === "delay" || name === "cold") return []
    const [kind, callers] = name.split("@")
    if (!WORK[kind]) stop(`--work names "${kind}"; there are: ${Object.keys(WORK)}, delay, cold`)
    const concurrencies = callers ? [Number(callers)] : WORK[kind].concurrency
    return concurrencies.map((concurrency) => ({ kind, concurrency }))
  })
}

function stop(message) {
  console.error(message)
  process.exit(2)
}
