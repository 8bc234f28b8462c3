// By hand over postgres.js, which prepares each statement and sends many at once by itself.

import postgres from "postgres"
import { adapterOver } from "./by-hand.mjs"

export function open({ place, pool }) {
  const { host, port, user, password, name } = place
  const where = { host, port, user, password, database: name, fetch_types: false }
  // As in pg's pipeline mode: reads are fastest on one connection, writes on several.
  const reader = postgres({ ...where, max: 1 })
  const writers = postgres({ ...where, max: pool - 1 })
  const query = ({ text }, values) => {
    const sql = text.startsWith("SELECT") ? reader : writers
    return sql.unsafe(text, values, { prepare: true })
  }
  const close = () => Promise.all([reader.end(), writers.end()])
  return { adapter: adapterOver("postgres", query), close }
}
