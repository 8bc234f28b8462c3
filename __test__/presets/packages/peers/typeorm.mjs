import { TypeORMAdapter } from "@auth/typeorm-adapter"

export function open(place) {
  const { kind, file, where } = place
  const options =
    kind === "sqlite"
      ? { type: "better-sqlite3", database: file, timeout: 10_000, enableWAL: true }
      : { type: kind, ...where, username: where.user, timezone: "Z" }
  // It synchronises at every call unless NODE_ENV is "production".
  const adapter = TypeORMAdapter({ ...options, synchronize: true })
  return { adapter, close: () => adapter.__disconnect() }
}

/** Its first call creates the tables. */
export async function create(_, adapter) {
  await adapter.getUserByEmail("nobody@example.com")
  process.env.NODE_ENV = "production"
}
