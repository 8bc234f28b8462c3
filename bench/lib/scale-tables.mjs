// The tables of `bench/scale.mjs`: made by the adapter, filled by the database, and measured.

import { rowsIn, sizesOf } from "./scale-people.mjs"

/**
 * Fills the adapter's tables. Indexes are made after the rows, and all of it in one transaction that
 * has emptied the tables first, so that with `wal_level=minimal` nothing is logged.
 */
export async function fill(admin, sessions) {
  await admin.query("BEGIN")
  // The rows are made so that they have their users: looking for each would take an hour.
  await admin.query("SET LOCAL session_replication_role = replica")
  await admin.query(`TRUNCATE ${Object.keys(sizesOf(sessions)).join(", ")}`)
  for (const [table, insert] of Object.entries(rowsIn(sessions))) {
    const again = await dropIndexes(admin, table)
    await admin.query(insert)
    for (const statement of again) await admin.query(statement)
  }
  await admin.query("COMMIT")
  await admin.query("VACUUM (ANALYZE)")
  await admin.query("CHECKPOINT")
}

/** Drops a table's indexes but those that a foreign key needs, and gives what makes them again. */
async function dropIndexes(admin, table) {
  const { rows } = await admin.query(
    `SELECT i.relname AS name, pg_get_indexdef(i.oid) AS index, pg_get_constraintdef(c.oid) AS key
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
     LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.contype IN ('p', 'u')
     WHERE x.indrelid = $1::regclass
       AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.conindid = i.oid AND f.contype = 'f')`,
    [table],
  )
  for (const { name, key } of rows) {
    await admin.query(key ? `ALTER TABLE ${table} DROP CONSTRAINT ${name}` : `DROP INDEX ${name}`)
  }
  return rows.map(({ name, index, key }) =>
    key ? `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${key}` : index,
  )
}

/** Brings what a look-up of a session touches into the server's memory, as far as it has room. */
export async function warm(admin) {
  await admin.query("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
  for (const relation of ["sessions", "users", "users_pkey", "sessions_pkey"]) {
    await admin.query("SELECT pg_prewarm($1)", [relation])
  }
}

/** @returns bytes a row of each table and each index, and the indexes' depth in pages */
export async function sizes(admin) {
  await admin.query("CREATE EXTENSION IF NOT EXISTS pageinspect")
  const { rows } = await admin.query(
    `SELECT t.relname AS table, c.relname AS name, pg_relation_size(c.oid)::float AS bytes,
       t.reltuples::float AS rows,
       CASE WHEN c.relkind = 'i' THEN (bt_metap(c.relname)).level + 1 END AS depth
     FROM pg_class t
     LEFT JOIN pg_index x ON x.indrelid = t.oid
     JOIN pg_class c ON c.oid IN (t.oid, x.indexrelid)
     WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND t.reltuples > 0
     GROUP BY t.relname, c.relname, c.oid, t.reltuples, c.relkind
     ORDER BY t.relname, c.relkind DESC, c.relname`,
  )
  return rows.map((row) => ({ ...row, a_row: row.bytes / row.rows }))
}

/** The sizes of a table of sessions, and of its indexes, that have grown row by row. */
export async function grown(admin, sessions) {
  await admin.query("CREATE TABLE grown (LIKE sessions INCLUDING ALL)")
  await admin.query(`INSERT INTO grown SELECT * FROM sessions LIMIT ${sessions}`)
  const { rows } = await admin.query(
    `SELECT c.relname AS name, pg_relation_size(c.oid)::float / ${sessions} AS a_row
     FROM pg_class c WHERE c.relname LIKE 'grown%' ORDER BY c.relkind DESC, c.relname`,
  )
  await admin.query("DROP TABLE grown")
  return rows
}
