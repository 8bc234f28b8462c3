// Who takes part. `kind`: "ours", an "adapter" that one could use instead, a "floor" (the least
// that the database's driver needs, by hand), "limit" (more than one would write by hand, for what the
// database itself can do; nothing is judged by it), or "nothing" (the benchmark itself). Who has `work` takes
// part in those kinds of it alone.

const POSTGRES = ["postgres"]

export const PEERS = [
  { id: "ours", kind: "ours", title: "next-auth-sqlx-adapter", module: "ours", schema: "ours" },
  {
    id: "drizzle",
    kind: "adapter",
    title: "@auth/drizzle-adapter",
    module: "drizzle",
    schema: "drizzle",
    drivers: { sqlite: "better-sqlite3", postgres: "pg", mariadb: "mysql2" },
  },
  {
    id: "drizzle-postgres",
    kind: "adapter",
    title: "@auth/drizzle-adapter",
    module: "drizzle",
    schema: "drizzle",
    databases: POSTGRES,
    drivers: { postgres: "postgres" },
    driver: "postgres",
  },
  {
    id: "kysely",
    kind: "adapter",
    title: "@auth/kysely-adapter",
    module: "kysely",
    schema: "kysely",
    drivers: { sqlite: "better-sqlite3", postgres: "pg", mariadb: "mysql2" },
  },
  {
    id: "prisma",
    kind: "adapter",
    title: "@auth/prisma-adapter",
    module: "prisma",
    schema: "prisma",
    drivers: { sqlite: "better-sqlite3", postgres: "pg", mariadb: "mariadb" },
  },
  {
    id: "typeorm",
    kind: "adapter",
    title: "@auth/typeorm-adapter",
    module: "typeorm",
    schema: "typeorm",
    drivers: { sqlite: "better-sqlite3", postgres: "pg", mariadb: "mysql2" },
  },
  {
    id: "pg-adapter",
    kind: "adapter",
    title: "@auth/pg-adapter, as shipped",
    module: "pg-adapter",
    schema: "pg-adapter",
    databases: POSTGRES,
    drivers: { postgres: "pg" },
    numericIds: true,
  },
  {
    id: "pg-adapter-indexed",
    kind: "adapter",
    title: "@auth/pg-adapter, with indexes",
    module: "pg-adapter",
    schema: "pg-adapter-indexed",
    databases: POSTGRES,
    drivers: { postgres: "pg" },
    numericIds: true,
  },
  {
    id: "better-sqlite3-12",
    kind: "floor",
    title: "better-sqlite3 12, by hand",
    module: "floor-sqlite",
    schema: "floor",
    databases: ["sqlite"],
    drivers: { sqlite: "better-sqlite3" },
  },
  {
    id: "better-sqlite3-13",
    kind: "floor",
    title: "better-sqlite3 13 (Node.js 22), by hand",
    module: "floor-sqlite",
    schema: "floor",
    databases: ["sqlite"],
    drivers: { sqlite: "better-sqlite3-13" },
    driver: "better-sqlite3-13",
    node: 22,
  },
  {
    id: "together",
    kind: "limit",
    title: "better-sqlite3 12, by hand, a turn's writes in one transaction",
    module: "limit-sqlite",
    schema: "floor",
    work: ["createSession", "oauthNew", "oauthKnown", "magicLink"],
    databases: ["sqlite"],
    drivers: { sqlite: "better-sqlite3" },
  },
  {
    id: "pg",
    kind: "floor",
    title: "pg, by hand",
    module: "floor-pg",
    schema: "floor",
    databases: POSTGRES,
    drivers: { postgres: "pg" },
  },
  {
    id: "pg-pipeline",
    kind: "floor",
    title: "pg in pipeline mode, by hand",
    module: "floor-pg",
    schema: "floor",
    databases: POSTGRES,
    drivers: { postgres: "pg" },
    driver: "pipeline",
  },
  {
    id: "postgres",
    kind: "floor",
    title: "postgres.js, by hand",
    module: "floor-postgres",
    schema: "floor",
    databases: POSTGRES,
    drivers: { postgres: "postgres" },
  },
  {
    id: "mysql2",
    kind: "floor",
    title: "mysql2, by hand",
    module: "floor-mysql2",
    schema: "floor",
    databases: ["mariadb"],
    drivers: { mariadb: "mysql2" },
  },
  {
    id: "nothing",
    kind: "nothing",
    title: "(nothing: the benchmark itself)",
    module: "nothing",
    work: ["session", "core"],
  },
]

/** Those of a database, and only those that are named, if any are. */
export function peersOf(database, named) {
  return PEERS.filter(
    ({ id, kind, databases = [database] }) =>
      databases.includes(database) && (!named || named.includes(id) || named.includes(kind)),
  )
}
