"use strict"

// What `--help` says: of all commands, or of one.

const OPTIONS = {
  url: ["--url URL", "the database; without it AUTH_DATABASE_URL or DATABASE_URL"],
  schema: ["--schema NAME", "a preset, such as prisma or pg-adapter"],
  options: [
    "--options FILE",
    "a .json file, or a module whose default export is the adapter's options",
  ],
  dialect: ["--dialect NAME", "sqlite, postgres, mysql or mariadb; without it, what the URL says"],
  "dry-run": ["--dry-run", "change nothing: say what would be done"],
  decrypt: ["--decrypt", "make all tokens plain again"],
  yes: ["--yes, -y", "write without asking"],
  dotenv: ["--dotenv FILE", "read variables from a file first, such as .env.local"],
  json: ["--json", "print one JSON value and nothing else"],
}

const STATUS = {
  done: "0  done",
  usage: "2  the command line or an option is wrong",
  failed: "3  the database could not be asked, or refused",
}

/** What a command has to say beyond its first sentence. */
const MORE = {
  ping: { examples: ["ping --dotenv .env.local"] },
  check: {
    text: "An error is what breaks a function of the adapter, a warning what will matter one day. Both come with the\nstatements that mend them.",
    status: { done: "0  no error was found", found: "1  an error was found" },
    examples: ["check --dotenv .env.local", "check --schema pg-adapter --json"],
  },
  migrate: { examples: ["migrate --dry-run --url postgres://app@db/app"] },
  cleanup: {
    text: "Best once a day, from cron: sessions and tokens that have expired are not accepted anyway.",
    examples: ["cleanup --dotenv .env.production"],
  },
  rekey: {
    text: "The keys are in AUTH_ENCRYPTION_KEYS, or in the options: docs/encryption.md of the package. The application may go on meanwhile.",
    status: {
      found: "1  something does not open with the keys given, or is not as it should be yet",
    },
    examples: ["rekey --dry-run"],
  },
  sql: {
    status: { failed: undefined },
    examples: ["sql --dialect postgres > tables.sql", "sql --dialect mysql --schema prisma"],
  },
  init: {
    text: "Run it in the application's folder, with next-auth 4 or 5. What is there already stays.",
    takes: ["url", "yes", "dry-run"],
    status: { failed: undefined },
    examples: ["init", "init --dry-run", "init --yes --url postgres://app@db/app"],
  },
}

/** The help of one command, of which `says` is the first sentence and `options` what it takes. */
function helpOf(name, { says, options }) {
  const { text, takes, status, examples } = MORE[name]
  const listed = takes ?? [...options, "dotenv", "json"]
  const ends = Object.values({ done: STATUS.done, found: undefined, ...STATUS, ...status })
  return [
    `Usage: npx next-auth-sqlx-adapter ${name} [options]`,
    [says, text].filter(Boolean).join("\n"),
    ["Options", ...listed.map((option) => line(...OPTIONS[option]))].join("\n"),
    ["Exit status", ...ends.filter(Boolean).map((end) => `  ${end}`)].join("\n"),
    ["Examples", ...examples.map((one) => `  npx next-auth-sqlx-adapter ${one}`)].join("\n"),
  ].join("\n\n")
}

const line = (option, meaning) => `  ${option.padEnd(18)}${meaning}`

module.exports = { helpOf }
