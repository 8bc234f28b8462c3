// This checkout's adapter as users have it; BENCH_ADAPTER names another build's folder.

import { createRequire } from "node:module"
import { resolve } from "node:path"

const require = createRequire(import.meta.url)
const folder = process.env.BENCH_ADAPTER ? resolve(process.env.BENCH_ADAPTER) : "../.."
const { SqlxAdapter } = require(folder)

export function open({ database, place, pool }) {
  const { host, port, user, password, name, file } = place
  const parts =
    database === "sqlite"
      ? { type: "sqlite", database: file }
      : { type: database, host, port, username: user, password, database: name }
  const adapter = SqlxAdapter({ ...parts, pool: { max: pool } })
  return { adapter, close: () => adapter.close() }
}

/** Lets it make its own tables. */
export async function prepare(task) {
  const { adapter, close } = open(task)
  const user = await adapter.createUser({ email: "first@example.com" })
  await adapter.deleteUser(user.id)
  await close()
}
