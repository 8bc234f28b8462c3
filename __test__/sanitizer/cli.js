// `npm run test:sanitizer`: the tests of the bridge with an addon that AddressSanitizer watches, SQLite's C in it
// included. Every read and write of freed or foreign memory ends the process with a report.
//
//   npm run test:sanitizer                               the tests below
//   npm run test:sanitizer -- __test__/contract/shape.test.js
//
// Linux with gcc. What V8 allocates for JavaScript is not watched, and leaks are not looked for, as Node.js itself
// does not give back all it has at its end: `npm run test:memory` does that.

const { spawnSync } = require("node:child_process")
const fs = require("node:fs")
const path = require("node:path")

const root = path.join(__dirname, "../..")
const folder = path.join(root, "target/sanitizer")
const TESTS = [
  "__test__/contract",
  "__test__/fuzz",
  "__test__/process",
  "__test__/sqlite",
  "__test__/encryption",
  "__test__/tenants/(scope|databases|isolation)",
]

/** What measures memory or time, which are others here. */
const MEASURING = ["process/memory-use", "encryption/memory", "sqlite/event-loop"]

function read(program, ...args) {
  return spawnSync(program, args, { encoding: "utf8" }).stdout.trim()
}

function run(program, args, env = {}) {
  const { status } = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: "inherit",
  })
  return status
}

function need(status, what) {
  if (status === 0) return
  console.error(`${what} failed`)
  process.exit(1)
}

const host = read("rustc", "-vV").match(/^host: (.+)$/m)[1]

/** The addon, as `npm run build:quick` makes it, and its C code, with the sanitizer's checks. */
function build() {
  const status = run(
    "cargo",
    ["build", "--profile", "quick", "--locked", "--lib", "--target", host, "--target-dir", folder],
    {
      // The stable compiler has the sanitizer, too, but for this.
      RUSTC_BOOTSTRAP: "1",
      RUSTFLAGS: "-Zsanitizer=address -Cforce-frame-pointers=yes",
      [`CFLAGS_${host.replaceAll("-", "_")}`]: "-fsanitize=address -fno-omit-frame-pointer -O1",
    },
  )
  need(status, "cargo build")
  return path.join(folder, host, "quick/libnext_auth_sqlx_adapter.so")
}

/** The compiler's own runtime, as a library that can be there before Node.js is. */
function runtime() {
  const libraries = path.join(read("rustc", "--print", "sysroot"), "lib/rustlib", host, "lib")
  const name = fs.readdirSync(libraries).find((file) => /^librustc-\w+_rt\.asan\.a$/.test(file))
  const archive = path.join(folder, "runtime.a")
  fs.copyFileSync(path.join(libraries, name), archive)
  // What only a program may hold, and no library.
  need(run("ar", ["d", archive, "asan_preinit.cpp.o"]), "ar")
  // It takes a "libasan.so" for gcc's, and does not go together with that.
  const library = path.join(folder, "runtime.so")
  const whole = ["-Wl,--whole-archive", archive, "-Wl,--no-whole-archive"]
  need(run("gcc", ["-shared", "-o", library, ...whole, "-lpthread", "-ldl", "-lrt", "-lm"]), "gcc")
  return library
}

const watched = build()
const report = path.join(folder, "report")
const environment = {
  DATABASES: "sqlite",
  LD_PRELOAD: runtime(),
  NODE_OPTIONS: `--require=${path.join(__dirname, "preload.js")}`,
  WATCHED: watched,
  // Allocations that fail give null, as V8 expects. Each process writes a report of its own.
  ASAN_OPTIONS: `detect_leaks=0:allocator_may_return_null=1:log_path=${report}:exitcode=86`,
}

/** The reports of the processes that have ended since they were last taken. */
function takeReports() {
  const files = fs.readdirSync(folder).filter((name) => name.startsWith("report."))
  return files.map((name) => {
    const file = path.join(folder, name)
    const text = fs.readFileSync(file, "utf8")
    fs.rmSync(file)
    return text
  })
}

/** That the sanitizer sees what it should: else it would be content with anything. */
function checkSight() {
  const [object, addon] = ["canary.o", "canary.node"].map((name) => path.join(folder, name))
  const source = path.join(__dirname, "canary.c")
  need(run("gcc", ["-fsanitize=address", "-fPIC", "-c", source, "-o", object]), "gcc")
  need(run("gcc", ["-shared", object, "-o", addon]), "gcc")
  const status = run(process.execPath, ["-e", `require(${JSON.stringify(addon)})`], environment)
  const [seen] = takeReports()
  need(status === 86 && /heap-use-after-free/.test(seen) ? 0 : 1, "seeing a read of freed memory")
}

takeReports()
checkSight()
const asked = process.argv.slice(2)
const jest = path.join(root, "node_modules/jest/bin/jest.js")
const began = Date.now()
const status = run(
  process.execPath,
  [
    jest,
    "--forceExit",
    "--testTimeout=300000",
    ...(asked.length > 0 ? asked : TESTS),
    `--testPathIgnorePatterns=/node_modules/|${MEASURING.join("|")}`,
  ],
  environment,
)
const reports = takeReports()
for (const text of reports) console.error(text)
console.log(`${reports.length} reports in ${Math.round((Date.now() - began) / 1000)} s`)
process.exit(reports.length > 0 || status !== 0 ? 1 : 0)
