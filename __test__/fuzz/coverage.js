// `npm run fuzz:coverage`: libFuzzer, which sees what code an input reaches and goes on from those that
// reach more, under AddressSanitizer; the targets are in tests/coverage.
//
//   npm run fuzz:coverage                                 two million executions of each target
//   npm run fuzz:coverage -- --seconds 60                 a minute of each
//   npm run fuzz:coverage -- --executions 100000 --target url
//
// What was found to reach something is kept in target/coverage/corpus, and is where the next run begins.

const { spawnSync } = require("node:child_process")
const fs = require("node:fs")
const path = require("node:path")
const { parseArgs } = require("node:util")

const TARGETS = ["options", "url", "identifier", "envelope"]

/** As cargo-fuzz has them, which needs a nightly compiler for the first. */
const FLAGS = [
  "-Zsanitizer=address",
  "-Cpasses=sancov-module",
  "-Cllvm-args=-sanitizer-coverage-level=4",
  "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
  "-Cllvm-args=-sanitizer-coverage-pc-table",
  "-Cllvm-args=-sanitizer-coverage-trace-compares",
  "-Cforce-frame-pointers=yes",
  "--cfg=fuzzing",
]

const { values } = parseArgs({
  options: {
    executions: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string" },
    target: { type: "string" },
  },
})
const executions = Number(values.executions ?? (values.seconds === undefined ? 2_000_000 : -1))
const seed = values.seed ?? "1"
const targets = values.target === undefined ? TARGETS : [values.target]

const root = path.join(__dirname, "../..")
const folder = path.join(root, "target/coverage")

/** Builds the targets, and gives the folder that they are in. */
function build() {
  const host = spawnSync("rustc", ["-vV"], { encoding: "utf8" }).stdout.match(/^host: (.+)$/m)[1]
  const { status } = spawnSync(
    "cargo",
    ["build", "--release", "--target", host, "--target-dir", folder],
    {
      cwd: path.join(root, "tests/coverage"),
      env: { ...process.env, RUSTC_BOOTSTRAP: "1", RUSTFLAGS: FLAGS.join(" ") },
      stdio: "inherit",
    },
  )
  if (status !== 0) process.exit(1)
  return path.join(folder, host, "release")
}

function run(programs, target) {
  const corpus = path.join(folder, "corpus", target)
  fs.mkdirSync(corpus, { recursive: true })
  const began = Date.now()
  const { status, stderr } = spawnSync(
    path.join(programs, target),
    [
      `-runs=${executions}`,
      `-seed=${seed}`,
      `-max_total_time=${values.seconds ?? 0}`,
      "-max_len=2048",
      "-timeout=30",
      "-rss_limit_mb=4096",
      "-print_final_stats=1",
      `-artifact_prefix=${folder}/found-${target}-`,
      corpus,
    ],
    { encoding: "utf8", maxBuffer: 1 << 28 },
  )
  if (status !== 0) console.error(stderr.slice(-8_000))
  const last = (pattern) => Number([...stderr.matchAll(pattern)].at(-1)?.[1] ?? Number.NaN)
  return {
    target,
    status,
    executions: last(/stat::number_of_executed_units:\s+(\d+)/g),
    edges: last(/ cov: (\d+)/g),
    first: Number(stderr.match(/INITED cov: (\d+)/)?.[1] ?? Number.NaN),
    seconds: Math.round((Date.now() - began) / 1000),
  }
}

const programs = build()
const results = targets.map((target) => {
  const result = run(programs, target)
  console.log(JSON.stringify(result))
  return result
})
const number = (value) => value.toLocaleString("en")
console.log(
  `\nSeed ${seed}.\n\n| target | executions | edges at first | edges at the end | wrong | seconds |`,
)
console.log("|---|---:|---:|---:|---:|---:|")
for (const { target, status, executions: times, first, edges, seconds } of results) {
  const wrong = status === 0 ? 0 : 1
  console.log(
    `| ${target} | ${number(times)} | ${number(first)} | ${number(edges)} | ${wrong} | ${seconds} |`,
  )
}
process.exit(results.filter(({ status }) => status !== 0).length)
