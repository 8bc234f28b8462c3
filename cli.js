#!/usr/bin/env node
"use strict"

// The command `next-auth-sqlx-adapter`: what an adapter's functions for operations do, from a shell;
// and `init`, which puts the adapter into an application.

const { readFileSync } = require("node:fs")
const { resolve } = require("node:path")
const { pathToFileURL } = require("node:url")
const { parseArgs } = require("node:util")

const copy = require("./cli/copy.js")
const { helpOf } = require("./cli/help.js")

/** What a command ends with. */
const EXIT = { done: 0, found: 1, usage: 2, failed: 3 }

const COMMANDS = {
  ping: {
    says: "Ask the database for an answer, and say how long it took.",
    run: ping,
  },
  check: {
    says: "Compare the live tables with what the adapter expects. Changes nothing.",
    run: check,
  },
  migrate: {
    says: "Add what is missing: tables, columns, keys, indexes. Drops and retypes nothing.",
    run: migrate,
    options: ["url", "schema", "options", "dry-run"],
  },
  cleanup: {
    says: "Delete sessions and verification tokens that have expired, in batches.",
    run: cleanup,
  },
  rekey: {
    says: "Encrypt the OAuth tokens that are plain, or under another key than the first.",
    run: rekey,
    options: ["url", "schema", "options", "dry-run", "decrypt"],
  },
  sql: {
    says: "Print the statements that create the tables. Asks no database.",
    alone: sql,
    options: ["url", "schema", "options", "dialect"],
  },
  copy: {
    says: "Copy users and all that is theirs from one database to another: copy --help.",
    alone: copy.copy,
    help: copy.HELP,
    options: ["from", "from-schema", "to", "to-schema", "skip", "dry-run"],
  },
  init: {
    says: "Put the adapter into a Next.js application: shows a diff, then asks.",
    alone: initialise,
    options: ["url", "yes", "dry-run"],
  },
}

const OPTIONS = {
  url: { type: "string" },
  schema: { type: "string" },
  options: { type: "string" },
  dotenv: { type: "string" },
  from: { type: "string" },
  "from-schema": { type: "string" },
  to: { type: "string" },
  "to-schema": { type: "string" },
  skip: { type: "string" },
  dialect: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  decrypt: { type: "boolean", default: false },
  yes: { type: "boolean", short: "y", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false },
}

const HELP = `Usage: npx next-auth-sqlx-adapter <command> [options]

Commands
${Object.entries(COMMANDS)
  .map(([name, { says }]) => `  ${name.padEnd(10)}${says}`)
  .join("\n")}

\`npx next-auth-sqlx-adapter <command> --help\` says more of one.

Options
  --url URL         the database; without it AUTH_DATABASE_URL or DATABASE_URL
  --dotenv FILE     read these variables from a file first, such as .env.local
  --schema NAME     a preset, such as prisma or pg-adapter
  --dialect NAME    sql: sqlite, postgres, mysql or mariadb; without it, what the URL says
  --options FILE    a .json file, or a module whose default export is the adapter's options
  --dry-run         migrate: print the statements, run none; rekey: count, change nothing;
                    init: show the diff, write nothing
  --yes, -y         init: write without asking
  --decrypt         rekey: make all tokens plain again
  --json            print one JSON value and nothing else
  --version         print the version of this package

Exit status
  ${EXIT.done}  done, and nothing that breaks sign-in was found
  ${EXIT.found}  check found what breaks a function of the adapter; rekey, what does not open; copy left something out
  ${EXIT.usage}  the command line or an option is wrong
  ${EXIT.failed}  the database could not be asked, or refused

Examples
  npx next-auth-sqlx-adapter init --dry-run
  npx next-auth-sqlx-adapter check --dotenv .env.local
  npx next-auth-sqlx-adapter migrate --dry-run --url postgres://app@db/app
  npx next-auth-sqlx-adapter check --schema pg-adapter --json
  npx next-auth-sqlx-adapter sql --dialect postgres > tables.sql
  npx next-auth-sqlx-adapter copy --from ./auth.db --to postgres://app@db/app --dry-run
  AUTH_ENCRYPTION_KEYS=2026:...,2025:... npx next-auth-sqlx-adapter rekey --dry-run
`

/** A mistake of whoever typed the command: told without a stack. */
class UsageError extends Error {}

/** Text in a colour, on a terminal that has not said no. */
function coloured(code, text) {
  const wanted = process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb"
  return wanted ? `\u001b[${code}m${text}\u001b[0m` : text
}
const red = (text) => coloured(31, text)
const yellow = (text) => coloured(33, text)
const green = (text) => coloured(32, text)
const bold = (text) => coloured(1, text)

const several = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`

async function initialise({ values: { url, yes, "dry-run": dryRun } }) {
  const { init } = require("./init/index.js")
  const colours = { red, green, bold }
  const usageError = (message) => new UsageError(message)
  await init({ root: process.cwd(), url, yes, dryRun, colours, usageError })
  return EXIT.done
}

async function ping(adapter, { print }) {
  const milliseconds = await adapter.ping()
  const { database } = await adapter.stats()
  print({ database, milliseconds }, () => [
    `${database} answered in ${milliseconds.toFixed(1)} ms.`,
  ])
  return EXIT.done
}

async function check(adapter, { print }) {
  const findings = await adapter.check()
  print(findings, function* () {
    if (findings.length === 0) yield green("The tables are as the adapter expects them.")
    for (const { level, code, table, column, message, sql } of findings) {
      const where = column === undefined ? table : `${table}.${column}`
      yield `${level === "error" ? red("error") : yellow("warning")} ${bold(where)} ${code}`
      yield `  ${message}`
      if (sql !== undefined) yield* `${sql};`.split("\n").map((line) => `    ${line}`)
    }
  })
  return findings.some(({ level }) => level === "error") ? EXIT.found : EXIT.done
}

async function migrate(adapter, { print, values }) {
  const dryRun = values["dry-run"]
  const statements = await adapter.migrate({ dryRun })
  print(statements, function* () {
    for (const statement of statements) yield `${statement};`
    if (statements.length === 0) yield green("Nothing is missing.")
    else if (dryRun) yield bold(`${several(statements.length, "statement")} would be run.`)
    else yield green(`${several(statements.length, "statement")} run.`)
  })
  return EXIT.done
}

async function cleanup(adapter, { print }) {
  const counts = await adapter.cleanup()
  print(counts, () => [
    `Deleted ${several(counts.sessions, "expired session")} and ${several(
      counts.verificationTokens,
      "expired verification token",
    )}.`,
  ])
  return EXIT.done
}

async function rekey(adapter, { print, progress, values }) {
  const { decrypt, "dry-run": dryRun } = values
  const total = { rows: 0, encrypted: 0, rekeyed: 0, decrypted: 0, left: 0, failed: [] }
  for (let after = null; ; ) {
    const { failed, next, ...counts } = await adapter.rekey({ decrypt, dryRun, after })
    for (const [name, count] of Object.entries(counts)) total[name] += count
    for (const { column, keyId, values: count } of failed) {
      const same = total.failed.find((one) => one.column === column && one.keyId === keyId)
      if (same) same.values += count
      else total.failed.push({ column, keyId, values: count })
    }
    if (next === null) break
    after = next
    progress(`${several(total.rows, "account")} so far`)
  }
  print({ ...total, dryRun }, function* () {
    const done = dryRun ? "would be " : ""
    yield `${several(total.rows, "account")}: ${several(total.encrypted, "value")} ${done}encrypted, ${
      total.rekeyed
    } ${done}under the first key now, ${total.decrypted} ${done}plain again.`
    if (total.left > 0) {
      yield yellow(
        `${several(total.left, "value")} left: another process goes on writing what it should not. Run this again once every process has these options.`,
      )
    }
    for (const { column, keyId, values: count } of total.failed) {
      const key = keyId === undefined ? "broken" : `encrypted under the key "${keyId}"`
      yield `${red("error")} ${bold(column)} ${several(count, "value")}, ${key}: does not open with the keys given, and was left as it is`
    }
  })
  return total.left > 0 || total.failed.length > 0 ? EXIT.found : EXIT.done
}

const DIALECTS = ["sqlite", "postgres", "mysql", "mariadb"]

async function sql({ values, print }) {
  const { url, ...options } = await adapterOptions(values, "sql")
  const dialect =
    values.dialect ?? dialectOf(url ?? process.env.AUTH_DATABASE_URL ?? process.env.DATABASE_URL)
  if (!DIALECTS.includes(dialect)) {
    throw new UsageError(`sql needs to know for which database: --dialect ${DIALECTS.join(" or ")}`)
  }
  const statements = require("./realm.js").sql(dialect, options)
  print(statements, () => statements.map((statement) => `${statement};`))
  return EXIT.done
}

/** The database that a URL is of, as far as its scheme says. */
function dialectOf(url = "") {
  const [scheme] = url.toLowerCase().split(":")
  if (scheme === "postgresql") return "postgres"
  if (scheme === "file" || /^[./]|\.(db3?|sqlite3?)$/.test(url)) return "sqlite"
  return scheme
}

/** The adapter's options that the command line names. */
async function adapterOptions(values, name) {
  const options = { ...(values.options === undefined ? {} : await readOptions(values.options)) }
  if (values.url !== undefined) options.url = values.url
  if (values.schema !== undefined) options.schema = values.schema
  // A command looks before it makes anything: `migrate` is the one that creates.
  options.synchronize = false
  if (name === "rekey") options.encryption ??= true
  return options
}

async function readOptions(file, option = "--options") {
  const path = resolve(file)
  let options
  try {
    options = path.endsWith(".json")
      ? JSON.parse(readFileSync(path, "utf8"))
      : (await import(pathToFileURL(path).href)).default
  } catch (error) {
    throw new UsageError(`${option} ${file} cannot be read: ${error.message}`)
  }
  if (typeof options !== "object" || options === null) {
    throw new UsageError(`${option} ${file} has to hold, or to export as default, an object`)
  }
  return options
}

function readEnvironment(file) {
  if (typeof process.loadEnvFile !== "function") {
    throw new UsageError("--dotenv needs Node.js 20.12 or newer; set the variable instead")
  }
  try {
    process.loadEnvFile(file)
  } catch (error) {
    throw new UsageError(`--dotenv ${file} cannot be read: ${error.code ?? error.message}`)
  }
}

/** What every command takes. */
const COMMON = ["dotenv", "json", "help", "version"]

/** What a command takes that says nothing else. */
const USUAL = ["url", "schema", "options"]

/** Refuses an option that is another command's. */
function checkOptions(name, values) {
  const takes = (command) => [...COMMON, ...(COMMANDS[command].options ?? USUAL)]
  for (const [option, value] of Object.entries(values)) {
    if (value === false || value === undefined || takes(name).includes(option)) continue
    const others = Object.keys(COMMANDS).filter((command) => takes(command).includes(option))
    throw new UsageError(`--${option} is for ${others.join(", ")}`)
  }
}

async function main(argv) {
  let parsed
  try {
    parsed = parseArgs({ args: argv, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error.message.split(". ")[0])
  }
  const { values, positionals } = parsed
  if (values.version) {
    console.log(require("./package.json").version)
    return EXIT.done
  }
  const [name, ...more] = positionals
  if (values.help || name === undefined) {
    const command = Object.hasOwn(COMMANDS, name ?? "") ? COMMANDS[name] : undefined
    const { says, options = USUAL } = command ?? {}
    console.log(command ? (command.help ?? helpOf(name, { says, options })) : HELP)
    return values.help ? EXIT.done : EXIT.usage
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    const known = Object.keys(COMMANDS).join(", ")
    throw new UsageError(`there is no command "${name}": there are ${known}`)
  }
  if (more.length > 0) throw new UsageError(`"${more[0]}" is one argument too many`)
  const command = COMMANDS[name]
  checkOptions(name, values)
  if (values.dotenv !== undefined) readEnvironment(values.dotenv)
  const print = (value, lines) => {
    if (values.json) console.log(JSON.stringify(value))
    else for (const line of lines()) console.log(line)
  }
  if (command.alone !== undefined) {
    const colours = { bold, green, red, yellow }
    return command.alone({ values, print, EXIT, UsageError, readOptions, colours })
  }

  const { SqlxAdapter } = require("./index.js")
  const adapter = SqlxAdapter(await adapterOptions(values, name))
  const progress = throttled((text) => console.error(text))
  try {
    return await command.run(adapter, { print, progress, values })
  } finally {
    await adapter.close()
  }
}

/** The function, called once a second at most. */
function throttled(run) {
  let last = Date.now()
  return (...given) => {
    if (Date.now() - last < 1000) return
    last = Date.now()
    run(...given)
  }
}

/** Says what went wrong, in a sentence; a stack only for what is nobody's mistake but ours. */
function explain(error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}. --help says what there is.`)
    return EXIT.usage
  }
  if (error?.name === "SqlxAdapterError") {
    console.error(`${error.code}: ${error.message}`)
    return error.code === "ERR_CONFIG" ? EXIT.usage : EXIT.failed
  }
  console.error(error)
  return EXIT.failed
}

main(process.argv.slice(2))
  .catch(explain)
  .then((status) => {
    process.exitCode = status
  })
