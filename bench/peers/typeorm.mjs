import { TypeORMAdapter } from "@auth/typeorm-adapter"
import { setPragmas } from "./sqlite.mjs"

function source({ database, place, pool }, synchronize) {
  const { host, port, user, password, name, file } = place
  if (database === "sqlite") {
    return { type: "better-sqlite3", database: file, synchronize, prepareDatabase: setPragmas }
  }
  const where = { host, port, username: user, password, database: name, synchronize }
  return database === "postgres"
    ? {
        ...where,
        type: "postgres",
        poolSize: pool,
        uuidExtension: "pgcrypto",
        installExtensions: false,
      }
    : { ...where, type: "mariadb", poolSize: pool, timezone: "Z" }
}

export function open(task) {
  const adapter = TypeORMAdapter(source(task, false))
  return { adapter, close: () => adapter.__disconnect() }
}

/** Its tables are made by TypeORM. */
export async function prepare(task) {
  const adapter = TypeORMAdapter(source(task, true))
  await adapter.getUserByEmail("nobody@example.com")
  await adapter.__disconnect()
}
