const { readFileSync } = require("node:fs")
const path = require("node:path")
const { SqlxAdapter } = require("../..")
const { presets } = require("./presets")

const page = readFileSync(path.join(__dirname, "../../docs/switching.md"), "utf8")

const KINDS = { PostgreSQL: "postgres", MySQL: "mysql", MariaDB: "mariadb", SQLite: "sqlite" }

const URLS = {
  sqlite: "sqlite::memory:",
  postgres: "postgres://localhost/app",
  mysql: "mysql://localhost/app",
  mariadb: "mariadb://localhost/app",
}

/** The rows of the page's table: the preset of the line to change, and where its package works. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("`SqlxAdapter("))
  .map((line) => {
    const [, from, code, on] = line.split("|").map((cell) => cell.trim())
    const [, name] = /^`SqlxAdapter\(url, \{ schema: "([a-z0-9-]+)" \}\)`$/.exec(code) ?? [
      undefined,
      code,
    ]
    return { from, name, databases: on.split(", ").map((one) => KINDS[one]) }
  })

test("the page on switching names every preset, with the databases that its tests run on", () => {
  const named = Object.fromEntries(rows.map(({ name, databases }) => [name, databases.sort()]))
  const known = Object.entries(presets).map(([name, { databases }]) => [
    name,
    [...databases].sort(),
  ])
  expect(named).toEqual(Object.fromEntries(known))
})

test.each(rows)("the one line of $from works as it stands", async ({ name, databases }) => {
  for (const database of databases) {
    const adapter = SqlxAdapter(URLS[database], { schema: name })
    await adapter.close()
  }
  for (const [database, url] of Object.entries(URLS)) {
    if (databases.includes(database)) continue
    expect(() => SqlxAdapter(url, { schema: name })).toThrow(`the preset "${name}"`)
  }
})
