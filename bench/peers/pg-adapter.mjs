import PostgresAdapter from "@auth/pg-adapter"
import pg from "pg"

export function open({ place, pool }) {
  const { host, port, user, password, name } = place
  const client = new pg.Pool({ host, port, user, password, database: name, max: pool })
  return { adapter: PostgresAdapter(client), close: () => client.end() }
}
