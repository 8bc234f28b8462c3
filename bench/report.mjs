// `node bench/report.mjs FILE...`: writes what was measured (`npm run bench -- --json FILE`, and
// the same with --growth) into docs/performance.md, between its markers, and draws the charts. Of
// several runs each gives the databases that it measured.

import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { barChart } from "./lib/chart.mjs"
import { DATABASES } from "./lib/databases.mjs"
import { growthTable } from "./lib/growth.mjs"
import { fullTitle, median, series } from "./lib/summary.mjs"
import { asMarkdown, listed, short, slowerTable, tablesOf, targetsTable } from "./lib/table.mjs"
import { WORK } from "./lib/work.mjs"

const docs = fileURLToPath(new URL("../docs/", import.meta.url))
const CHARTS = ["session@64", "createSession@64"]

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error("Which files? Those that `npm run bench -- --json FILE` wrote.")
  process.exit(2)
}

const parts = {}
const runs = []
for (const file of files) {
  const report = JSON.parse(readFileSync(file, "utf8"))
  if (report.growth) {
    parts.growth = growth(report)
    continue
  }
  const { quick, analyze } = report.settings
  if (quick || analyze) {
    const flag = quick ? "--quick" : "--analyze"
    console.error(`${file} is a ${flag} run: it is for looking, not for telling others.`)
    process.exit(1)
  }
  runs.push(report)
}
if (runs.length > 0) {
  const all = Object.assign({}, ...runs.map(({ databases }) => databases))
  const inOrder = Object.keys(DATABASES).filter((name) => all[name])
  const report = { databases: Object.fromEntries(inOrder.map((name) => [name, all[name]])) }
  Object.assign(parts, {
    run: runs.map(run).join("\n\n"),
    charts: charts(report),
    targets: asMarkdown(targetsTable(report)),
    slower: slower(report),
    tables: Object.entries(report.databases).map(tables).join("\n\n"),
  })
}
let page = readFileSync(`${docs}performance.md`, "utf8")
for (const [name, text] of Object.entries(parts)) page = filled(page, name, text)
writeFileSync(`${docs}performance.md`, page)

function run({ measured, machine, versions, settings, databases }) {
  const { rounds, milliseconds, users, pool, servers } = settings
  const lines = [
    `Measured on ${measured.slice(0, 10)}: ${Object.values(machine).join(", ")}.`,
    `${users} users, accounts and sessions; ${rounds} rounds, ${milliseconds} ms for each measurement in each; pools of ${pool} connections.`,
    ...Object.entries(databases).map(
      ([name, { version }]) => `${DATABASES[name]} ${version}: ${listed(servers[name])}.`,
    ),
    `${listed(versions)}.`,
  ]
  return lines.map((line) => `- ${line}`).join("\n")
}

function charts(report) {
  const drawn = Object.entries(report.databases).flatMap(([database, { peers }]) =>
    CHARTS.flatMap((cell) => {
      const [kind, callers] = cell.split("@")
      const bars = Object.values(peers)
        .filter((peer) => peer.kind !== "nothing")
        .map((peer) => ({ peer, values: series(peer, cell, "perSecond") }))
        .filter(({ values }) => values.length > 0)
        .map(({ peer, values }) => ({
          label: fullTitle(peer),
          kind: peer.kind === "limit" ? "floor" : peer.kind,
          value: median(values),
          text: short(median(values)),
        }))
        .sort((a, b) => b.value - a.value)
      if (bars.length === 0) return []
      const { title, unit } = WORK[kind]
      const text = `${DATABASES[database]}: ${title}, ${callers} callers, ${unit} a second`
      const name = `performance-${database}-${kind}.svg`
      writeFileSync(docs + name, barChart(text, bars))
      return [`![${text}](${name})`]
    }),
  )
  return drawn.join("\n\n")
}

function slower(report) {
  const table = slowerTable(report)
  if (table.rows.length === 0) return "Nothing that was measured."
  return asMarkdown(table)
}

function growth({ measured, growth }) {
  const each = Object.entries(growth).map(([database, sizes]) => {
    const table = growthTable(database, sizes)
    return `${table.title}, measured on ${measured.slice(0, 10)}:\n\n${asMarkdown(table)}`
  })
  return each.join("\n\n")
}

function tables([database, result]) {
  const each = tablesOf(database, result).map(
    (table) => `### ${table.title}\n\n${asMarkdown(table)}`,
  )
  return each.join("\n\n")
}

/** The page with a text between two of its markers. */
function filled(page, name, text) {
  const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- /bench: ${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md lacks its markers of "${name}"`)
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
}
