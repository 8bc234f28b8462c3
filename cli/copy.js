"use strict"

// The command `copy`: users, accounts, sessions, verification tokens and passkeys from one database
// to another.

const { number, progress } = require("./progress.js")

const HELP = `Usage: npx next-auth-sqlx-adapter copy --from URL --to URL [options]

Copies users, accounts, sessions, verification tokens and passkeys from one database to another: any of
SQLite, PostgreSQL, MySQL and MariaDB, and any schema. Nothing in the target is changed or overwritten, and
nothing in the source. Interrupted, it is run again, and inserts what is missing.

Options
  --from URL           the source; without it FROM_DATABASE_URL
  --from-schema NAME   its schema: a preset, or a file with the options of its adapter, as --options takes
  --to URL             the target; without it AUTH_DATABASE_URL or DATABASE_URL
  --to-schema NAME     its schema, likewise; our own if nothing is said
  --skip MODELS        leave these out: account, session, verificationToken, authenticator, with commas
  --dry-run            read everything, say what would be copied, write nothing
  --dotenv FILE        read variables from a file first
  --json               print one JSON value and nothing else

Stop what writes to either before the last run. Session tokens are hashed on the way into a schema that hashes
them; the other way round is refused.

Exit status
  0  every row is there, and was read back as it should be
  1  some rows were left out, or are not as they should be: it says which model's and why
  2  the command line or an option is wrong
  3  a database could not be asked, or refused; run it again to go on

Examples
  npx next-auth-sqlx-adapter copy --from ./auth.db --to postgres://app@db/app --dry-run
  npx next-auth-sqlx-adapter copy --from mysql://app@old/app --from-schema typeorm-v3 --dotenv .env.local
`

const MODELS = ["account", "session", "verificationToken", "authenticator"]

const NAMES = {
  user: "users",
  account: "accounts",
  session: "sessions",
  verificationToken: "verification tokens",
  authenticator: "passkeys",
}

const FILE = /[/\\]|\.(json|[cm]?[jt]s)$/

/** The options of one side's adapter. */
async function side(url, schema, readSchema) {
  const options = {}
  if (schema !== undefined && FILE.test(schema)) Object.assign(options, await readSchema(schema))
  else if (schema !== undefined) options.schema = schema
  if (url !== undefined) options.url = url
  // A page of rows is more than a call, and a table is counted first.
  options.retry = { maxTime: 60_000, ...options.retry }
  return options
}

async function copy({ values, print, EXIT, UsageError, readOptions, colours }) {
  const skip = (values.skip ?? "").split(",").filter((model) => model !== "")
  const unknown = skip.find((model) => !MODELS.includes(model))
  if (unknown !== undefined) {
    throw new UsageError(`--skip takes ${MODELS.join(", ")}, not "${unknown}"`)
  }
  const read = (option) => (file) => readOptions(file, option)
  const source = values.from ?? process.env.FROM_DATABASE_URL
  const from = await side(source, values["from-schema"], read("--from-schema"))
  const to = await side(values.to, values["to-schema"], read("--to-schema"))
  if (from.url === undefined && from.type === undefined) {
    throw new UsageError("copy needs a source: --from URL, or the variable FROM_DATABASE_URL")
  }
  const dryRun = values["dry-run"]
  const copier = require("../realm.js").copy(from, to, { dryRun, skip })
  const shown = values.json ? undefined : progress(process.stderr)
  const start = performance.now()
  let state
  try {
    do {
      state = await copier.next()
      const doing = state.phase === "verify" ? "Verifying" : dryRun ? "Reading" : "Copying"
      if (state.phase !== "done") {
        const { done, total } = state
        shown?.update({ label: `${doing} ${NAMES[state.model]}`, done, total })
      }
    } while (state.phase !== "done")
  } finally {
    shown?.end()
    await copier.close()
  }
  const seconds = (performance.now() - start) / 1000
  const bad = Object.values(state.models).some(
    ({ conflicts, refused, different, missing }) => conflicts + refused + different + missing > 0,
  )
  const { models, reasons, left, ids } = state
  // Of the whole process, in bytes.
  const peakMemory = process.resourceUsage().maxRSS * 1024
  print({ dryRun, complete: !bad, seconds, peakMemory, ids, models, reasons, left }, () =>
    report(state, { dryRun, seconds, bad, colours }),
  )
  return bad ? EXIT.found : EXIT.done
}

function* report({ models, reasons, left, ids }, { dryRun, seconds, bad, colours }) {
  const { bold, green, red, yellow } = colours
  for (const [model, counts] of Object.entries(models)) {
    const parts = [
      [counts.inserted, dryRun ? "would be inserted" : "inserted"],
      [counts.present, "there already"],
      [counts.conflicts, "in conflict"],
      [counts.refused, "refused"],
      [counts.verified, "read back and equal"],
      [counts.different, "read back and different"],
      [counts.missing, "not found when read back"],
    ]
    const said = parts
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${number(count)} ${what}`)
    yield `${bold(NAMES[model])}: ${number(counts.read)} read${said.map((part) => `, ${part}`).join("")}`
    const { source, target } = counts.checksums
    if (counts.verified > 0 && source === target) yield `  checksum ${source}`
    else if (counts.verified + counts.different > 0) yield `  checksums ${source} and ${target}`
  }
  for (const { model, kind, message, rows } of reasons) {
    yield `${kind === "conflict" ? red(kind) : yellow(kind)} ${number(rows)} of the ${model} model: ${message}`
  }
  if (left.length > 0)
    yield `${yellow("left out")}: the target has no column for ${left.join(", ")}`
  if (ids === "derived") yield "Users' ids that are no UUIDs became such, which follow from them."
  if (ids === "mapped") {
    yield "Users got new numbers. The target's table next_auth_sqlx_copied_users says which; drop it when the source is not needed any more."
  }
  if (dryRun) yield bold("Nothing was written.")
  else if (bad) yield red("Not everything was copied: see above.")
  else yield green(`Everything was copied and read back, in ${seconds.toFixed(1)} s.`)
}

module.exports = { copy, HELP }
