// `npm run test:apps`: real applications, made in a temporary folder, with the adapter from the
// tarballs that npm would publish, built, started, and signed in to by OpenID Connect and by magic
// link in a headless Chromium. Ends with a table of all of them, whatever happened.
//
//   npm run test:apps                      all
//   npm run test:apps -- 16.4.6 turbopack  those whose line has all of these words
//   KEEP=1 npm run test:apps               leaves the folder, with what each part said

const { execFileSync } = require("node:child_process")
const fs = require("node:fs")
const path = require("node:path")
const { chromium } = require("playwright-core")
const { freshFolder } = require("../package/project.js")
const { endAll } = require("./processes.js")

const applications = [
  "newcomer",
  "next",
  "next-auth-3",
  "express",
  "sveltekit",
  "solid-start",
  "qwik",
].flatMap((name) => require(`./${name}.js`).lines)

const describe = ({ application, bundler, way, versions }) =>
  [application, bundler, way, versions].join(" | ")

async function main(words) {
  const chosen = applications.filter((line) =>
    words.every((word) => describe(line).toLowerCase().includes(word.toLowerCase())),
  )
  await prepare()
  const folder = freshFolder()
  const stop = () => {
    endAll()
    if (!process.env.KEEP) fs.rmSync(folder, { recursive: true, force: true })
  }
  process.on("exit", stop)
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1))

  const executablePath =
    process.env.CHROMIUM || execFileSync("which", ["chromium"], { encoding: "utf8" }).trim()
  const browser = await chromium.launch({ executablePath })
  const results = []
  for (const [index, line] of chosen.entries()) {
    console.log(`# ${describe(line)}`)
    const logs = path.join(folder, `logs-${index}`)
    fs.mkdirSync(logs)
    const started = Date.now()
    let result
    try {
      result = `ok${suffix(await line.run({ browser, folder, logs }))}`
    } catch (error) {
      console.log(error.stack)
      result = `FAILED: ${error.message.split("\n")[0]}`
    }
    results.push({ ...line, result, seconds: Math.round((Date.now() - started) / 1000) })
  }
  await browser.close()
  if (process.env.KEEP) console.log(`\nWhat each part said is in ${folder}`)
  summarize(results)
}

const suffix = (said) => (said === undefined ? "" : `: ${said}`)

/** What the tests need besides the checkout: the addon, and the services of the example. */
async function prepare() {
  const setup = await import("../../.ci/setup.mjs")
  setup.ensureRootDependencies()
  setup.ensureSystemPackages(["sqlite3", "chromium", "fonts-liberation"])
  setup.ensureAddon()
  setup.ensureDependencies(path.join(setup.root, "examples/nextjs"))
}

function summarize(results) {
  const head = ["application", "bundler", "how it was run", "versions", "seconds", "result"]
  const rows = results.map(({ application, bundler, way, versions, seconds, result }) =>
    [application, bundler, way, versions, seconds, result].map(String),
  )
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)))
  const print = (cells) =>
    console.log(`| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`)
  console.log(`\nNode.js ${process.version}, ${process.platform} ${process.arch}\n`)
  print(head)
  print(widths.map((width) => "-".repeat(width)))
  for (const row of rows) print(row)
  const failed = results.filter(({ result }) => result.startsWith("FAILED")).length
  console.log(`\n${results.length - failed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && results.length > 0 ? 0 : 1
}

main(process.argv.slice(2))
