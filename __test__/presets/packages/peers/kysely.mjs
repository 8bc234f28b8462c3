import { KyselyAdapter } from "@auth/kysely-adapter"
import { Kysely, PostgresDialect, sql } from "kysely"

const database = (place) => new Kysely({ dialect: new PostgresDialect({ pool: place.driver() }) })

export function open(place) {
  const db = database(place)
  return { adapter: KyselyAdapter(db), close: () => db.destroy() }
}

/** The migration of the documentation. */
export async function create(place) {
  const db = database(place)
  const id = (column) => column.primaryKey().defaultTo(sql`gen_random_uuid()`)
  const owner = (column) => column.references("User.id").onDelete("cascade").notNull()
  await db.schema
    .createTable("User")
    .addColumn("id", "uuid", id)
    .addColumn("name", "text")
    .addColumn("email", "text", (column) => column.unique().notNull())
    .addColumn("emailVerified", "timestamptz")
    .addColumn("image", "text")
    .execute()
  await db.schema
    .createTable("Account")
    .addColumn("id", "uuid", id)
    .addColumn("userId", "uuid", owner)
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("provider", "text", (column) => column.notNull())
    .addColumn("providerAccountId", "text", (column) => column.notNull())
    .addColumn("refresh_token", "text")
    .addColumn("access_token", "text")
    .addColumn("expires_at", "bigint")
    .addColumn("token_type", "text")
    .addColumn("scope", "text")
    .addColumn("id_token", "text")
    .addColumn("session_state", "text")
    .execute()
  await db.schema
    .createTable("Session")
    .addColumn("id", "uuid", id)
    .addColumn("userId", "uuid", owner)
    .addColumn("sessionToken", "text", (column) => column.notNull().unique())
    .addColumn("expires", "timestamptz", (column) => column.notNull())
    .execute()
  await db.schema
    .createTable("VerificationToken")
    .addColumn("identifier", "text", (column) => column.notNull())
    .addColumn("token", "text", (column) => column.notNull().unique())
    .addColumn("expires", "timestamptz", (column) => column.notNull())
    .execute()
  for (const table of ["Account", "Session"]) {
    await db.schema.createIndex(`${table}_userId_index`).on(table).column("userId").execute()
  }
  await db.destroy()
}
