import { createRequire } from "node:module"
import { DrizzleAdapter } from "@auth/drizzle-adapter"
import { run } from "./documented.mjs"

const require = createRequire(import.meta.url)

export async function open(place) {
  const client = place.driver()
  const from = { sqlite: "better-sqlite3", postgres: "node-postgres" }[place.kind] ?? "mysql2"
  const { drizzle } = await import(`drizzle-orm/${from}`)
  const close = () => (place.kind === "sqlite" ? client.close() : client.end())
  return { adapter: DrizzleAdapter(drizzle(client)), close }
}

/** What drizzle-kit makes of the package's default tables. */
export async function create(place) {
  const dialect = { sqlite: "sqlite", postgres: "pg" }[place.kind] ?? "mysql"
  // Not among the package's exports.
  const file = new URL(`../node_modules/@auth/drizzle-adapter/lib/${dialect}.js`, import.meta.url)
  const { defineTables } = await import(file)
  const kit = require("drizzle-kit/api")
  const [snapshot, migration] = {
    sqlite: [kit.generateSQLiteDrizzleJson, kit.generateSQLiteMigration],
    pg: [kit.generateDrizzleJson, kit.generateMigration],
    mysql: [kit.generateMySQLDrizzleJson, kit.generateMySQLMigration],
  }[dialect]
  const statements = await migration(await snapshot({}), await snapshot(defineTables()))
  await run(place, statements.map((statement) => statement.replace(/;?\s*$/, ";\n")).join(""))
}
