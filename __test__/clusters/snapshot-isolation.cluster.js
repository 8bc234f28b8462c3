const contention = require("./contention")
const { onServersOfItsOwn, withClients, rowsOf } = require("./servers")
const { withDatabase } = require("../servers/credentials")
const mariadb = require("../servers/mariadb")
const { unique } = require("../support/samples")

const start = () => mariadb.start({ version: "11.8" })

onServersOfItsOwn("MariaDB 11.8, whose snapshots are isolated", start, (it) => {
  let adapters = []

  afterEach(async () => {
    await contention.close(adapters)
    adapters = []
  })

  async function freshDatabase(server) {
    const name = unique("t").replace("-", "_")
    await server.createDatabase(name)
    return withDatabase(server.url, name)
  }

  it("refuses a change of a row that is newer than the snapshot, with 1020", async (server) => {
    const url = await freshDatabase(server)
    adapters = contention.open([url])
    const user = await contention.commonUser(adapters)
    const met = { "REPEATABLE READ": {}, "READ COMMITTED": {} }
    for (const level of Object.keys(met)) {
      await withClients([url, url], async ([reader, writer]) => {
        await reader.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`)
        for (let n = 0; n < 5; n++) {
          await reader.query("BEGIN")
          await reader.execute("SELECT name FROM users WHERE id = ?", [user.id])
          await writer.execute("UPDATE users SET name = ? WHERE id = ?", [`${n}`, user.id])
          try {
            await reader.execute("UPDATE users SET name = 'late' WHERE id = ?", [user.id])
            await reader.query("COMMIT")
          } catch ({ errno }) {
            met[level][errno] = (met[level][errno] ?? 0) + 1
            await reader.query("ROLLBACK")
          }
        }
      })
    }
    // The adapter's sessions are READ COMMITTED, where a statement reads what is there by then.
    expect(met).toEqual({ "REPEATABLE READ": { 1020: 5 }, "READ COMMITTED": {} })
  })

  it("no caller of the adapter sees 1020, whatever the server's default level", async (server) => {
    for (const level of ["REPEATABLE-READ", "SERIALIZABLE", "READ-COMMITTED"]) {
      await withClients([server.adminUrl], ([admin]) =>
        admin.query(`SET GLOBAL transaction_isolation = '${level}'`),
      )
      const url = await freshDatabase(server)
      const own = contention.open([url], { pool: { max: 24 } })
      adapters.push(...own)
      const user = await contention.commonUser(own)
      const told = await contention.contend(own, { user, writers: 32 })
      await contention.expectKept(told, rowsOf(url))
      console.log(level, "tries beyond the first:", await contention.retries(own))
    }
  })

  it("no caller sees 1020 where a trigger of the table's owner raises it now and then", async (server) => {
    const url = await freshDatabase(server)
    adapters = contention.open([url])
    const user = await contention.commonUser(adapters)
    // Every third change of a user is refused just as the server itself would.
    await withClients([url], async ([client]) => {
      await client.query("CREATE TABLE turns (n BIGINT) ENGINE = MyISAM")
      await client.query("INSERT INTO turns VALUES (0)")
      await client.query(
        `CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW
         BEGIN
           UPDATE turns SET n = n + 1;
           IF (SELECT n MOD 3 FROM turns) = 0 THEN
             SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1020, MESSAGE_TEXT = 'Record has changed';
           END IF;
         END`,
      )
    })
    const told = await contention.contend(adapters, { user, writers: 8, rounds: 8 })
    expect(await contention.retries(adapters)).toBeGreaterThan(16)
    await contention.expectKept(told, rowsOf(url))
  })
})
