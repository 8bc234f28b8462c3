import { DrizzleAdapter } from "@auth/drizzle-adapter"

const connect = {
  async sqlite({ place }) {
    const { drizzle } = await import("drizzle-orm/better-sqlite3")
    const { openSqlite } = await import("./sqlite.mjs")
    const client = openSqlite(place.file)
    return { db: drizzle(client), close: () => client.close() }
  },
  async postgres({ place, pool, driver }) {
    const { host, port, user, password, name } = place
    if (driver === "postgres") {
      const { drizzle } = await import("drizzle-orm/postgres-js")
      const { default: postgres } = await import("postgres")
      const client = postgres({ host, port, user, password, database: name, max: pool })
      return { db: drizzle(client), close: () => client.end() }
    }
    const { drizzle } = await import("drizzle-orm/node-postgres")
    const { default: pg } = await import("pg")
    const client = new pg.Pool({ host, port, user, password, database: name, max: pool })
    return { db: drizzle(client), close: () => client.end() }
  },
  async mariadb({ place, pool }) {
    const { host, port, user, password, name } = place
    const { drizzle } = await import("drizzle-orm/mysql2")
    const { default: mysql } = await import("mysql2/promise")
    const client = mysql.createPool({
      host,
      port,
      user,
      password,
      database: name,
      connectionLimit: pool,
    })
    return { db: drizzle(client), close: () => client.end() }
  },
}

export async function open(task) {
  const { db, close } = await connect[task.database](task)
  return { adapter: DrizzleAdapter(db), close }
}
