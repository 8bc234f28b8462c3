/** Locks a user's row on a server, from a connection of its own; gives what unlocks it. */
async function lockedUser(name, url, id) {
  const sql = "SELECT id FROM users WHERE id = ? FOR UPDATE"
  if (name === "postgres") {
    const { Client } = require("pg")
    const client = new Client({ connectionString: url, application_name: "reader" })
    await client.connect()
    await client.query("BEGIN")
    await client.query(sql.replace("?", "$1"), [id])
    return () => client.end()
  }
  const { createConnection } = require("mysql2/promise")
  const connection = await createConnection(url)
  await connection.beginTransaction()
  await connection.execute(sql, [id])
  return () => connection.end()
}

module.exports = { lockedUser }
