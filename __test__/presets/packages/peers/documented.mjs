import { readFileSync } from "node:fs"

/** Runs the SQL of a package's documentation, or what its own tool made of its models. */
export async function documented(preset, place) {
  const kind = place.kind === "mariadb" ? "mysql" : place.kind
  const sql = readFileSync(new URL(`../../ddl/${preset}.${kind}.sql`, import.meta.url), "utf8")
  await run(place, sql)
}

/** Runs statements, one after the other. */
export async function run(place, sql) {
  const driver = place.driver()
  if (place.kind === "sqlite") {
    driver.exec(sql)
    driver.close()
    return
  }
  const lines = sql.split("\n").filter((line) => !line.startsWith("--"))
  for (const statement of lines.join("\n").split(/;\s*(?:\n|$)/)) {
    if (statement.trim() !== "") await driver.query(statement)
  }
  await driver.end()
}
