// What `bench/scale.mjs` measured, as tables of Markdown.

import { median } from "./summary.mjs"
import { asMarkdown } from "./table.mjs"

const whole = (number) => number.toLocaleString("en")
const tenth = (number) => number.toFixed(1)
const times = (number) => `${number.toFixed(2)}x`

export function print(report) {
  for (const table of tablesOf(report)) console.log(`\n${table.title}:\n\n${asMarkdown(table)}`)
}

export function* tablesOf({ postgres }) {
  if (!postgres?.sizes.length) return
  const { sizes, wire = {}, grown } = postgres
  for (const [kind, title] of [
    ["any", "any session"],
    ["active", "20,000 active ones"],
  ]) {
    const all = sizes.map(({ sessions, reads }) => ({ sessions, p50: reads[kind] }))
    if (all[0].p50.length) yield reads(`PostgreSQL: session read, one at a time, ${title}`, all)
  }
  yield calls(sizes, wire)
  yield statements(sizes.at(-1))
  yield relations(sizes)
  if (grown) {
    yield {
      title: "PostgreSQL: bytes a row in a table of a million that has grown row by row",
      columns: ["", "bytes a row"],
      rows: grown.map(({ name, a_row }) => [name, tenth(a_row)]),
    }
  }
}

function reads(title, sizes) {
  const million = sizes.find(({ sessions }) => sessions === 1_000_000)
  // Each against another's of the same round.
  const ratio = (p50, of) => times(median(p50.map((time, round) => time / of.p50[round])))
  const rows = sizes.map(({ sessions, p50 }) => [
    whole(sessions),
    tenth(median(p50)),
    `${tenth(Math.min(...p50))}..${tenth(Math.max(...p50))}`,
    ratio(p50, sizes[0]),
    million ? ratio(p50, million) : "",
  ])
  return {
    title,
    columns: ["sessions", "p50 µs", "from..to", "of the smallest", "of a million"],
    rows,
  }
}

/** Pages that a call touches: those of each of its statements, and of the checks of foreign keys. */
const pagesOf = ({ statements }, calls) =>
  statements.reduce((sum, { pages, count }) => sum + pages * Math.round(count / calls), 0)

function calls(sizes, wire) {
  const names = Object.keys(sizes[0].calls)
  const counts = sizes.map(({ sessions }) => whole(sessions))
  const rows = names.map((name) => {
    const made = Math.max(...sizes[0].calls[name].statements.map(({ count }) => count))
    const of = sizes.map(({ calls }) => calls[name])
    const first = of[0].microseconds
    const ratio = (of) => median(of.microseconds.map((time, round) => time / first[round]))
    const { sent, received, trips } = wire[name] ?? {}
    return [
      name,
      ...of.map((of) => String(pagesOf(of, made))),
      ...of.map((of) => (of.microseconds.length ? tenth(median(of.microseconds)) : "")),
      ...of.slice(1).map((of) => (first.length ? times(ratio(of)) : "")),
      trips === undefined ? "" : `${sent} + ${received} in ${trips}`,
    ]
  })
  const columns = [
    "",
    ...counts.map((count) => `pages, ${count}`),
    ...counts.map((count) => `µs, ${count}`),
    ...counts.slice(1).map((count) => `${count} of ${counts[0]}`),
    "bytes sent + received in trips",
  ]
  return { title: "PostgreSQL: each function", columns, rows }
}

/** Those that every call, or nearly every one, sent: not what came along once. */
function statements({ sessions, calls }) {
  const found = new Map()
  for (const { statements } of Object.values(calls)) {
    const usual = Math.max(...statements.map(({ count }) => count)) / 2
    for (const statement of statements.filter(({ count }) => count > usual)) {
      found.set(statement.text, statement)
    }
  }
  const rows = [...found.values()].map(({ text, plan, pages, most, wal }) => [
    text,
    plan,
    `${pages} (${most})`,
    String(wal),
  ])
  const columns = ["statement", "plan", "pages (most)", "log, bytes"]
  return { title: `PostgreSQL: each statement, ${whole(sessions)} sessions`, columns, rows }
}

function relations(sizes) {
  const largest = sizes.at(-1).relations
  const rows = largest.map(({ table, name }) => {
    const of = sizes.map(({ relations }) => relations.find((one) => one.name === name))
    const depth = of.map((one) => one.depth ?? "")
    return [
      table === name ? table : `${table}: ${name}`,
      ...of.map((one) => tenth(one.a_row)),
      ...depth.map(String),
      `${(of.at(-1).bytes / 2 ** 20).toFixed(0)} MiB`,
    ]
  })
  const counts = sizes.map(({ sessions }) => whole(sessions))
  const columns = [
    "",
    ...counts.map((count) => `bytes a row, ${count}`),
    ...counts.map((count) => `depth, ${count}`),
    `in all, ${counts.at(-1)}`,
  ]
  return { title: "PostgreSQL: rows and indexes", columns, rows }
}
