const TITLES = { sqlite: "SQLite", postgres: "PostgreSQL", mariadb: "MariaDB", mysql: "MySQL" }

/** What was counted of each run, with what it is called. */
const FIGURES = [
  ["**faults**", ({ done }) => sum(done)],
  ["sign-ins that succeeded", ({ signIns }) => signIns],
  ["sessions read", ({ reads }) => reads],
  ["sign-outs that were acknowledged", ({ signOuts }) => signOuts],
  ["writes that the adapter acknowledged", ({ acknowledged }) => acknowledged],
  ["calls that were refused with an error", ({ refusals }) => sumOf(Object.values(refusals))],
  ["users left in the middle of a sign-in, all counted by `check()`", (r) => r.unfinished.length],
  [
    "those of them who signed in an hour later (`reclaimUnfinishedUsers`)",
    (r) => (r.reclaims ? r.cameBack : "off"),
  ],
  ["**anything lost, used twice, back from the dead, doubled or orphaned**", (r) => r.wrong.length],
  ["minutes", ({ seconds }) => (seconds / 60).toFixed(1)],
]

/** Two Markdown tables: faults × databases, and what came of them. */
function table(results) {
  const names = Object.keys(results)
  const head = (title) => [
    `| ${title} | ${names.map((name) => TITLES[name]).join(" | ")} |`,
    `|---|${names.map(() => "---:|").join("")}`,
  ]
  const harms = [...new Set(names.flatMap((name) => Object.keys(results[name].done)))]
  const cell = (done) => (done ? `${done.times} (${(done.worst / 1000).toFixed(2)} s)` : "")
  const faults = harms.map(
    (harm) => `| ${harm} | ${names.map((name) => cell(results[name].done[harm])).join(" | ")} |`,
  )
  const figures = FIGURES.map(
    ([title, of]) => `| ${title} | ${names.map((name) => of(results[name])).join(" | ")} |`,
  )
  return [
    ...head("fault: times (longest time until the next sign-in)"),
    ...faults,
    "",
    ...head("result"),
    ...figures,
  ].join("\n")
}

const sumOf = (numbers) => numbers.reduce((total, number) => total + number, 0)
const sum = (done) => sumOf(Object.values(done).map(({ times }) => times))

module.exports = { table }
