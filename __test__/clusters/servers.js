const { withDatabase } = require("../servers/credentials")
const { unique } = require("../support/samples")
const { until } = require("./contention")

/**
 * Defines tests on servers that they start for themselves. Where these cannot be had, which is only
 * known once it has been tried, each test says so and passes.
 *
 * @param {string} title
 * @param {() => Promise<object>} start gives something with `stop()`
 * @param {(it: (name: string, body: (servers: object) => Promise<void>) => void) => void} define
 */
function onServersOfItsOwn(title, start, define) {
  describe(title, () => {
    let servers
    let lacking

    beforeAll(async () => {
      try {
        servers = await start()
        process.stderr.write(`# ${title}: ${servers.version}, started in ${servers.startedIn} ms\n`)
      } catch (error) {
        if (error.code !== "UNAVAILABLE") throw error
        lacking = error.message
      }
    })

    afterAll(async () => {
      await servers?.stop()
      const left = (servers?.nodes ?? []).flatMap((node) => node.processes())
      expect(left).toEqual([])
    })

    const it = (name, body) =>
      test(name, async () => {
        if (lacking) return sayWhy(lacking)
        await body(servers)
      })
    define(it)
  })
}

/** Says why the test that is running does nothing, for the table of the topologies as well. */
function sayWhy(lacking) {
  console.warn(`skipped: ${expect.getState().currentTestName}: ${lacking}`)
}

/** Connections of a driver that is not the adapter's, one for each URL, for as long as `body` runs. */
async function withClients(urls, body) {
  const { createConnection } = require("mysql2/promise")
  const clients = await Promise.all(urls.map((uri) => createConnection({ uri })))
  // Of one whose server is killed.
  for (const client of clients) client.on("error", () => {})
  try {
    return await body(clients)
  } finally {
    for (const client of clients) client.destroy()
  }
}

/** Rows as a driver that is not the adapter's reads them, in one server. */
function rowsOf(url) {
  return (sql, params = []) =>
    withClients([url], async ([client]) => {
      const [rows] = await client.execute(sql, params)
      return rows.map((row) => ({ ...row }))
    })
}

/**
 * Rows of a node, with all that the others had written when it was asked: it is told to wait for that
 * by a statement.
 */
function rowsInStep(url, statement) {
  return (sql, params = []) =>
    withClients([url], async ([client]) => {
      await client.query(statement)
      const [rows] = await client.execute(sql, params)
      return rows.map((row) => ({ ...row }))
    })
}

/** The URLs of a new database, one for each node, once all of them have it. */
async function freshDatabase({ nodes }) {
  const name = unique("t").replace("-", "_")
  await nodes[0].createDatabase(name)
  const urls = nodes.map(({ url }) => withDatabase(url, name))
  for (const url of urls) await until(() => rowsOf(url)("SELECT 1"))
  return urls
}

module.exports = { freshDatabase, onServersOfItsOwn, rowsInStep, rowsOf, sayWhy, withClients }
