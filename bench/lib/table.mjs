// The report as tables, which can be printed or be part of a page.

import { DATABASES } from "./databases.mjs"
import { fullTitle, median, ratio, series } from "./summary.mjs"
import { judged } from "./targets.mjs"
import { WORK } from "./work.mjs"

/** @typedef {{ title: string, columns: string[], rows: string[][] }} Table */

/** One table for each kind of work and number of callers, and one for whole processes. */
export function tablesOf(database, { peers }) {
  const cells = [...new Set(Object.values(peers).flatMap((peer) => Object.keys(peer.cells)))]
  const order = Object.keys(WORK)
  const place = (cell) => order.indexOf(cell.split("@")[0])
  cells.sort((a, b) => place(a) - place(b) || a.split("@")[1] - b.split("@")[1])
  const tables = cells.map((cell) => workTable(cell, peers))
  const processes = processTable(peers)
  if (processes.rows.length > 0) tables.push(processes)
  return tables.map((table) => ({ ...table, title: `${DATABASES[database]}: ${table.title}` }))
}

function workTable(cell, peers) {
  const [kind, callers] = cell.split("@")
  const { title, unit } = WORK[kind]
  const one = callers === "1"
  const ours = series(peers.ours, cell, one ? "p50" : "perSecond")
  const rows = sorted(peers, cell).flatMap(([id, peer]) => {
    if (peer.unavailable) return [[fullTitle(peer), `could not run: ${peer.unavailable}`]]
    const values = (metric) => series(peer, cell, metric)
    if (values("perSecond").length === 0) return []
    const theirs = values(one ? "p50" : "perSecond")
    const isOurs = id === "ours" || peer.kind === "nothing"
    return [
      [
        fullTitle(peer),
        spread(values("perSecond"), whole),
        spread(values("p50"), short),
        short(median(values("p99"))),
        short(median(values("cpu"))),
        isOurs ? "" : times(ratio(ours, theirs, !one)),
      ],
    ]
  })
  return {
    title: `${title}, ${one ? "one at a time" : `${callers} callers`}`,
    columns: ["", `${unit}/s`, "p50 µs", "p99 µs", "CPU µs", one ? "ours, p50" : `ours, ${unit}/s`],
    rows,
  }
}

function processTable(peers) {
  const nothing = series(peers.nothing, "cold")
  const rows = sorted(peers, "delay").flatMap(([, peer]) => {
    const cold = series(peer, "cold")
    const shown = (what) => {
      const values = series(peer, what)
      return values.length ? spread(values, short) : ""
    }
    const row = [
      shown("delay"),
      cold.length && nothing.length ? short(Math.max(0, median(cold) - median(nothing))) : "",
      shown("coldMemory"),
      shown("memory"),
    ]
    return row.some(Boolean) ? [[fullTitle(peer), ...row]] : []
  })
  return {
    title: "the process",
    columns: [
      "",
      "event loop's delay at 64, p99 ms",
      "cold start, ms more than nothing",
      "memory at first, MiB",
      "memory after 2,000 reads, MiB",
    ],
    rows,
  }
}

/** Ours first, then the adapters, then those by hand; the best of each first. */
function sorted(peers, cell) {
  const kinds = ["ours", "adapter", "floor", "limit", "nothing"]
  const speed = (peer) => {
    const values = series(peer, cell, "perSecond")
    return values.length ? median(values) : -1
  }
  return Object.entries(peers).sort(
    ([, a], [, b]) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || speed(b) - speed(a),
  )
}

const UNITS = { p50: "p50", perSecond: "per second", cpu: "CPU" }
const NAMES = {
  delay: "event loop's delay, p99",
  cold: "cold start",
  coldMemory: "memory after the first call",
  memory: "memory after 2,000 reads",
}

/** The targets of a run, one table. */
export function targetsTable(report) {
  const rows = judged(report).map((target) => {
    const { database, cell, metric, times: wanted, within, other, found, more, met } = target
    const [kind, callers] = cell.split("@")
    const what = NAMES[cell] ?? `${WORK[kind].title} at ${callers}, ${UNITS[metric]}`
    const [goal, reached] =
      within === undefined
        ? [`${short(wanted)}x`, times(found)]
        : [`${within} ms more at most`, `${short(more)} ms more`]
    return [
      DATABASES[database],
      what,
      fullTitle(other.peer),
      goal,
      reached,
      met ? "met" : "NOT MET",
    ]
  })
  return { title: "Targets", columns: ["", "", "against", "at least", "measured", ""], rows }
}

/** What is slower than somebody else's, of everything measured; ratios below 1. */
export function slowerTable(report) {
  const rows = []
  for (const [database, { peers }] of Object.entries(report.databases)) {
    const cells = Object.keys(peers.ours?.cells ?? {})
    for (const cell of cells) {
      const [kind, callers] = cell.split("@")
      const metric = callers === "1" ? "p50" : "perSecond"
      const ours = series(peers.ours, cell, metric)
      for (const [id, peer] of sorted(peers, cell)) {
        if (id === "ours" || peer.kind === "nothing") continue
        const found = ratio(ours, series(peer, cell, metric), metric === "perSecond")
        if (!found || found.median >= 1) continue
        const what = `${WORK[kind].title} at ${callers}, ${UNITS[metric]}`
        rows.push([DATABASES[database], what, fullTitle(peer), times(found)])
      }
    }
  }
  return { title: "Slower", columns: ["", "", "than", "ours"], rows }
}

export function printReport(report) {
  const { machine, versions, settings } = report
  console.log(`\n${Object.values(machine).join(", ")}`)
  console.log(listed(versions))
  const { rounds, milliseconds, users, pool } = settings
  console.log(
    `${users} users and sessions; rounds: ${rounds} of ${milliseconds} ms; connections: ${pool}`,
  )
  for (const [database, result] of Object.entries(report.databases)) {
    console.log(`\n${DATABASES[database]} ${result.version}: ${listed(settings.servers[database])}`)
    for (const table of tablesOf(database, result)) console.log(asText(table))
  }
  const targets = targetsTable(report)
  if (targets.rows.length > 0) console.log(asText(targets))
}

export const listed = (object) =>
  Object.entries(object)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ")

export function asText({ title, columns, rows }) {
  const all = [columns, ...rows]
  const widths = columns.map((_, column) =>
    Math.max(...all.map((row) => (row.length > 2 ? (row[column]?.length ?? 0) : 0))),
  )
  const line = (row) =>
    row.map((cell, n) => (isNumeric(cell) ? cell.padStart(widths[n]) : cell.padEnd(widths[n])))
  const lines = all.map((row) => `  ${line(row).join("  ").trimEnd()}`)
  return `\n${title}\n${lines.join("\n")}`
}

export function asMarkdown({ columns, rows }) {
  const line = (row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`
  const fill = (row) => [...row, ...Array(columns.length - row.length).fill("")]
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((row) => line(fill(row))),
  ].join("\n")
}

const isNumeric = (cell) => /^[\d.]/.test(cell)

const whole = (value) =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",")

/** Three digits, or all before the point. */
export function short(value) {
  if (value >= 100) return whole(value)
  return value.toPrecision(3).replace(/\.?0+$/, "")
}

/** The median, and from where to where it went. */
function spread(values, format) {
  const middle = format(median(values))
  if (values.length < 2) return middle
  return `${middle} (${format(Math.min(...values))}..${format(Math.max(...values))})`
}

/** How many times better ours is. */
export function times(found) {
  if (!found) return ""
  const { median: middle, min, max } = found
  const range = min === max ? "" : ` (${short(min)}..${short(max)})`
  return `${short(middle)}x${range}`
}
