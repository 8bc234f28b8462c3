// A project with the package installed from the tarballs that npm would publish; needs npm alone,
// and runs on Windows too. As a command it runs the core of the contract there, on SQLite:
//
//   node __test__/runtimes/packed.js

const { execSync, spawnSync } = require("node:child_process")
const { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require("node:fs")
const { tmpdir } = require("node:os")
const path = require("node:path")
const { localFile, platform } = require("../../platform.js")

const root = path.resolve(__dirname, "../..")

/** Runs a line of the shell, which finds npm under whatever name it has there. */
const shell = (line, cwd) => execSync(line, { cwd, encoding: "utf8", stdio: "pipe" })

/** Packs the package and this platform's binary into a folder; gives both tarballs. */
function packInto(folder) {
  const place = path.join(folder, platform)
  cpSync(path.join(root, "npm", platform), place, { recursive: true })
  copyFileSync(path.join(root, localFile), path.join(place, localFile))
  return [root, place].map((source) => {
    const said = shell(`npm pack --json --ignore-scripts --pack-destination "${folder}"`, source)
    const [packed] = Object.values(JSON.parse(said))
    return path.join(folder, packed.filename)
  })
}

/** A new project in a folder, with these installed by npm, which asks nobody. */
function installInto(project, tarballs) {
  mkdirSync(project, { recursive: true })
  writeFileSync(path.join(project, "package.json"), '{ "private": true }')
  const files = tarballs.map((file) => `"${file}"`).join(" ")
  shell(`npm install --offline --no-audit --no-fund ${files}`, project)
  copyFileSync(path.join(root, "__test__/runtimes/core.mjs"), path.join(project, "core.mjs"))
}

/** The checks that failed, of what `core.mjs` printed; all of them if it printed nothing. */
function failures({ status, signal, stdout, stderr, error }) {
  if (status !== 0) return [`ended with ${error?.message ?? signal ?? status}: ${stderr}${stdout}`]
  const { results } = JSON.parse(stdout)
  const failed = Object.entries(results).filter(([, result]) => result !== true)
  return failed.map(([name, result]) => `${name}: ${result}`)
}

function main() {
  const folder = mkdtempSync(path.join(tmpdir(), "next-auth-sqlx-adapter-"))
  try {
    const project = path.join(folder, "project")
    installInto(project, packInto(folder))
    const args = ["core.mjs", "sqlite:core.db"]
    const options = { cwd: project, encoding: "utf8", timeout: 120_000 }
    const said = spawnSync(process.execPath, args, options)
    const failed = failures(said)
    console.log(failed.length > 0 ? failed.join("\n") : said.stdout.trim())
    process.exitCode = failed.length > 0 ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

module.exports = { packInto, installInto, failures }

if (require.main === module) main()
