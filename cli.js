#!/usr/bin/env node
"use strict"

// The command `next-auth-sqlx-adapter`: what an adapter's functions for operations do, from a shell.

const { readFileSync } = require("node:fs")
const { resolve } = require("node:path")
const { pathToFileURL } = require("node:url")
const { parseArgs } = require("node:util")

const copy = require("./cli/copy.js")

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
  copy: {
    says: "Copy users and all that is theirs from one database to another: copy --help.",
    alone: copy.copy,
    help: copy.HELP,
    options: ["from", "from-schema", "to", "to-schema", "skip", "dry-run"],
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
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false },
}

const HELP = `Usage: npx next-auth-sqlx-adapter <command> [options]

Commands
${Object.entries(COMMANDS)
  .map(([name, { says }]) => `  ${name.padEnd(10)}${says}`)
  .join("\n")}

Options
  --url URL         the database; without it AUTH_DATABASE_URL or DATABASE_URL
  --dotenv FILE     read these variables from a file first, such as .env.local
  --schema NAME     a preset, such as prisma or pg-adapter
  --options FILE    a .json file, or a module whose default export is the adapter's options
  --dry-run         migrate: print the statements, run none
  --json            print one JSON value and nothing else
  --version         print the version of this package

Exit status
  ${EXIT.done}  done, and nothing that breaks sign-in was found
  ${EXIT.found}  check found what breaks a function of the adapter
  ${EXIT.usage}  the command line or an option is wrong
  ${EXIT.failed}  the database could not be asked, or refused

Examples
  npx next-auth-sqlx-adapter check --dotenv .env.local
  npx next-auth-sqlx-adapter migrate --dry-run --url postgres://app@db/app
  npx next-auth-sqlx-adapter check --schema pg-adapter --json
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

/** The adapter's options that the command line names. */
async function adapterOptions(values) {
  const options = { ...(values.options === undefined ? {} : await readOptions(values.options)) }
  if (values.url !== undefined) options.url = values.url
  if (values.schema !== undefined) options.schema = values.schema
  // A command looks before it makes anything: `migrate` is the one that creates.
  options.synchronize = false
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
    throw new UsageError(`--${option} is for ${others.join(" and ")}`)
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
    console.log(COMMANDS[name]?.help ?? HELP)
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
  const adapter = SqlxAdapter(await adapterOptions(values))
  try {
    return await command.run(adapter, { print, values })
  } finally {
    await adapter.close()
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
