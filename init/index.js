"use strict"

// `npx next-auth-sqlx-adapter init`: the adapter in a Next.js application that has NextAuth. It says
// what it would write, as a diff, and writes it once that is agreed to; what is there already stays.

const { mkdirSync, writeFileSync } = require("node:fs")
const path = require("node:path")
const { createInterface } = require("node:readline/promises")
const { planAuth } = require("./auth.js")
const { diff } = require("./diff.js")
const { database, planEnvironment } = require("./environment.js")
const { planNextConfig } = require("./next-config.js")
const { findProject } = require("./project.js")

/**
 * Runs it in a folder. `usageError` makes the error of a command that cannot be carried out as it
 * was given.
 */
async function init({ root, url, yes, dryRun, colours, usageError }) {
  const project = findProject(root)
  if (project.problem) throw usageError(project.problem)
  const isAsked = process.stdin.isTTY && process.stdout.isTTY && !yes && !dryRun
  const ask = isAsked ? questions() : undefined
  try {
    const chosen = database(project) ? undefined : await chooseDatabase(url, ask)
    if (chosen !== undefined && !isUrl(chosen)) {
      throw usageError(
        "the database's URL begins with sqlite:, postgres://, mysql:// or mariadb://",
      )
    }
    const plans = [
      planAuth(project),
      planNextConfig(project),
      planEnvironment(project, chosen ?? ""),
    ]
    const changes = plans.flatMap((plan) => plan.changes)
    for (const change of changes) show(change, colours)
    const notes = plans.flatMap((plan) => plan.notes)
    if (!project.installed) notes.push("Install it, too: npm install next-auth-sqlx-adapter")
    for (const note of notes) console.log(note)
    if (changes.length === 0) {
      console.log("There is nothing to write.")
      return
    }
    if (dryRun) return
    if (!yes && !ask) throw usageError("nothing was written: init --yes writes what is shown above")
    if (!yes && !(await agrees(ask))) {
      console.log("Nothing was written.")
      return
    }
    for (const change of changes) write(root, change)
    console.log(`Written: ${changes.map(({ file }) => file).join(", ")}`)
    console.log("Start the application, and open /api/auth/signin.")
  } finally {
    ask?.close()
  }
}

function questions() {
  return createInterface({ input: process.stdin, output: process.stdout })
}

async function chooseDatabase(url, ask) {
  if (url !== undefined) return url
  const usual = "sqlite:auth.db"
  if (!ask) return usual
  const said = await ask.question(
    `Which database? sqlite:, postgres://, mysql:// or mariadb:// [${usual}] `,
  )
  return said.trim() || usual
}

// Of the URLs that the adapter takes, those that are the same wherever the application is started.
const isUrl = (text) =>
  /^(?:sqlite:.|file:.|\.\.?\/|\/|(?:postgres(?:ql)?|mysql|mariadb):\/\/.)/.test(text)

async function agrees(ask) {
  const said = (await ask.question("Write this? [Y/n] ")).trim().toLowerCase()
  return said === "" || said === "y" || said === "yes"
}

function show({ file, before, after, hidden }, { red, green, bold }) {
  console.log(bold(before === undefined ? `${file} (new)` : file))
  const masked = (text) =>
    (hidden ?? []).reduce((shown, value) => shown.replaceAll(value, "…"), text)
  for (const [sign, text] of diff(before, after)) {
    // What was in a file with secrets before is not for the screen either.
    const shown = sign === "+" ? masked(text) : hidden ? "…" : text
    const line = `${sign} ${shown}`.trimEnd()
    console.log(sign === "+" ? green(line) : sign === "-" ? red(line) : line)
  }
  console.log()
}

function write(root, { file, after, mode }) {
  const place = path.join(root, file)
  mkdirSync(path.dirname(place), { recursive: true })
  writeFileSync(place, after, { mode })
}

module.exports = { init }
