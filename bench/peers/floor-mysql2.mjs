// By hand over mysql2: `execute`, which prepares each statement once a connection.

import { createPool } from "mysql2"
import { adapterOver } from "./by-hand.mjs"

export function open({ place, pool }) {
  const { host, port, user, password, name } = place
  const where = { host, port, user, password, database: name }
  const connections = createPool({ ...where, connectionLimit: pool, timezone: "Z" })
  const query = ({ text }, values) =>
    new Promise((resolve, reject) => {
      connections.execute(text, values, (error, rows) => {
        if (error) return reject(error)
        resolve(Array.isArray(rows) ? rows : [])
      })
    })
  const close = () => new Promise((resolve) => connections.end(resolve))
  return { adapter: adapterOver("mariadb", query), close }
}
