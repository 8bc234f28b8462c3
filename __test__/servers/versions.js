// Runs tests on every version of every server that can be had here, one after the other:
//
//   node __test__/servers/versions.js [only] [jest arguments]
//
// where `only` is the beginning of a name as printed, like "postgres" or "mariadb 11.8". Without
// jest arguments it is the contract suite that is run.

const { spawnSync } = require("node:child_process")
const { mkdtempSync, readFileSync, rmSync } = require("node:fs")
const { tmpdir } = require("node:os")
const { join } = require("node:path")
const { MARIADB_SUITES } = require("./mariadb")
const { POSTGRES_MAJORS } = require("./postgres-builds")

/** An empty version is the machine's own. */
const VERSIONS = {
  postgres: POSTGRES_MAJORS,
  mariadb: ["", ...Object.keys(MARIADB_SUITES)],
  mysql: [""],
  pgbouncer: ["", "newer"],
}

function main([first, ...rest]) {
  const known = Object.keys(VERSIONS).some((name) => first?.startsWith(name))
  const only = known ? first : ""
  const jest = known || first === undefined ? rest : [first, ...rest]
  const results = []
  for (const [name, versions] of Object.entries(VERSIONS)) {
    for (const version of versions) {
      const title = `${name} ${version || "here"}`
      if (title.startsWith(only)) results.push(`${title}: ${test(name, version, jest)}`)
    }
  }
  console.log(results.join("\n"))
  return results.some((line) => line.endsWith("FAILED")) ? 1 : 0
}

function test(name, version, jest) {
  const folder = mkdtempSync(join(tmpdir(), "auth-versions-"))
  const summary = join(folder, "summary.json")
  const args = jest.length > 0 ? jest : ["__test__/contract"]
  const { status } = spawnSync("npx", ["jest", ...args], {
    cwd: join(__dirname, "../.."),
    env: {
      ...process.env,
      CI: "",
      DATABASES: name,
      TEST_SERVERS_SUMMARY: summary,
      [`TEST_${name.toUpperCase()}_VERSION`]: version,
    },
    stdio: "inherit",
  })
  try {
    const { databases } = JSON.parse(readFileSync(summary, "utf8"))
    const about = databases.find((database) => database.name === name)
    if (!about.tested) return `skipped, ${about.reason}`
    return `${about.version} ${status === 0 ? "passed" : "FAILED"}`
  } catch {
    return "FAILED"
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (require.main === module) process.exitCode = main(process.argv.slice(2))

module.exports = { VERSIONS }
