import { KyselyAdapter } from "@auth/kysely-adapter"
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from "kysely"

const dialect = {
  async sqlite({ place }) {
    const { openSqlite } = await import("./sqlite.mjs")
    return new SqliteDialect({ database: openSqlite(place.file) })
  },
  async postgres({ place, pool }) {
    const { host, port, user, password, name } = place
    const { default: pg } = await import("pg")
    const client = new pg.Pool({ host, port, user, password, database: name, max: pool })
    return new PostgresDialect({ pool: client })
  },
  async mariadb({ place, pool }) {
    const { host, port, user, password, name } = place
    const { createPool } = await import("mysql2")
    const where = { host, port, user, password, database: name }
    return new MysqlDialect({
      pool: createPool({ ...where, connectionLimit: pool, timezone: "Z" }),
    })
  },
}

export async function open(task) {
  const db = new Kysely({ dialect: await dialect[task.database](task) })
  return { adapter: KyselyAdapter(db), close: () => db.destroy() }
}
