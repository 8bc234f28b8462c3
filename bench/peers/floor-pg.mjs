// By hand over pg: named prepared statements; in pipeline mode also many at once on a connection.

import pg from "pg"
import { adapterOver } from "./by-hand.mjs"

export function open({ place, pool, driver }) {
  const { host, port, user, password, name } = place
  const where = { host, port, user, password, database: name }
  return driver === "pipeline" ? pipelined(where, pool) : pooled(where, pool)
}

function pooled(where, max) {
  const pool = new pg.Pool({ ...where, max })
  const query = async ({ name, text }, values) => (await pool.query({ name, text, values })).rows
  return { adapter: adapterOver("postgres", query), close: () => pool.end() }
}

/**
 * Reads share one connection, which has the more to do at once (two and more were slower here);
 * writes are shared out among the others, because each waits for its commit.
 */
function pipelined(where, max) {
  const connections = Array.from({ length: max }, () => ({
    client: new pg.Client({ ...where, pipeline: true }),
    connected: undefined,
    busy: 0,
  }))
  const [reader, ...writers] = connections
  const query = async ({ name, text }, values) => {
    const connection = text.startsWith("SELECT") ? reader : leastBusy(writers)
    connection.busy++
    try {
      connection.connected ??= connection.client.connect()
      await connection.connected
      return (await connection.client.query({ name, text, values })).rows
    } finally {
      connection.busy--
    }
  }
  const close = () =>
    Promise.all(connections.map(({ client, connected }) => connected && client.end()))
  return { adapter: adapterOver("postgres", query), close }
}

const leastBusy = (connections) =>
  connections.reduce((best, connection) => (connection.busy < best.busy ? connection : best))
