// `npm run fuzz`: random input for the addon's functions and for what reads options, URLs, names and
// envelopes (tests/fuzz.rs).
//
//   npm run fuzz                                     ten million executions in all
//   npm run fuzz -- --executions 100000 --seed 7
//   npm run fuzz -- --only calls --executions 1000000     or options, or core

const { spawnSync } = require("node:child_process")
const { parseArgs } = require("node:util")
const { sqlite } = require("../support/sqlite")
const { fuzz, fuzzOptions } = require("./fuzz")

/** The tests in tests/fuzz.rs. */
const CORE = 4
/** Of a hundred executions so many are calls from JavaScript. */
const CALLS = 1
const OPTIONS = 1

const { values } = parseArgs({
  options: {
    executions: { type: "string" },
    seed: { type: "string" },
    only: { type: "string" },
  },
})
const executions = Number(values.executions ?? 10_000_000)
const seed = values.seed ?? "1"
const shares = { calls: CALLS, options: OPTIONS, core: 100 - CALLS - OPTIONS }
if (values.only !== undefined && !Object.hasOwn(shares, values.only)) {
  throw new Error(`--only: give one of ${Object.keys(shares).join(", ")}`)
}

/** How many executions a part has: none, if it is not asked for. */
function share(part) {
  if (values.only !== undefined) return values.only === part ? executions : 0
  return Math.ceil((executions * shares[part]) / 100)
}

async function main() {
  const results = []
  const timed = async (what, part, run) => {
    if (share(part) === 0) return
    const began = Date.now()
    const result = await run()
    results.push({ what, ...result, seconds: Math.round((Date.now() - began) / 1000) })
    for (const line of result.wrong) console.error(`WRONG (${what}): ${line}`)
  }

  await timed("calls of the adapter's functions", "calls", async () => {
    const place = await sqlite.fresh()
    const result = await fuzz(place.url, { executions: share("calls"), seed, log: console.log })
    await place.drop()
    return result
  })
  await timed("options given to `SqlxAdapter`", "options", () =>
    fuzzOptions({ executions: share("options"), seed }),
  )
  await timed("option parser, URL parser, identifier quoting, envelopes", "core", () => {
    const each = Math.ceil(share("core") / CORE)
    const env = {
      ...process.env,
      FUZZ_EXECUTIONS: String(each),
      FUZZ_SEED: String(Number(seed) || 1),
    }
    const { status } = spawnSync(
      "cargo",
      ["test", "--profile", "quick", "--locked", "--test", "fuzz"],
      {
        env,
        stdio: "inherit",
      },
    )
    return { executions: each * CORE, wrong: status === 0 ? [] : ["see above"] }
  })

  console.log(`\nSeed ${seed}.\n\n| what | executions | wrong | seconds |\n|---|---:|---:|---:|`)
  for (const { what, executions: times, wrong, seconds } of results) {
    console.log(`| ${what} | ${times.toLocaleString("en")} | ${wrong.length} | ${seconds} |`)
  }
  const failed = results.filter(({ wrong }) => wrong.length > 0).length
  console.log(`\n${results.length - failed} passed, ${failed} failed`)
  process.exit(failed)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
