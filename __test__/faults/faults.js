const { SqlxAdapter } = require("../..")
const { server } = require("../servers")
const gate = require("../servers/gate")
const { sleep } = require("../servers/run")
const mysqlReader = require("../support/mysql").readerOf
const postgresReader = require("../support/postgres").readerOf
const { mixedLoad } = require("../support/mixed-load")
const { unique } = require("../support/samples")

const KINDS = {
  postgres: { start: require("../servers/postgres").start, readerOf: postgresReader },
  mariadb: { start: require("../servers/mariadb").start, readerOf: mysqlReader },
  mysql: { start: require("../servers/mysql").start, readerOf: mysqlReader },
}

/** Short enough for a test to see every one of them pass. */
const OPTIONS = {
  pool: { max: 5, connectTimeout: 1000, acquireTimeout: 1000 },
  retry: { attempts: 3, maxTime: 2000 },
}

/** What a call that was not answered may be told. */
const ABOUT_THE_SERVER = ["ERR_CONNECT", "ERR_TIMEOUT"]
const READS = /^(get|list)/

/**
 * Why faults of this server cannot be tested here, if so: only servers that were started here are
 * killed.
 */
function whyNot(name) {
  const { unavailable, yours } = server(name)
  return unavailable ?? (yours ? "the user has one" : undefined)
}

/**
 * A server of one's own to do harm to, with an adapter and a driver to read back with. With a
 * `network`, the adapter reaches it through a gate.
 */
async function victim(name, { network = false } = {}) {
  const { start, readerOf } = KINDS[name]
  const version = process.env[`TEST_${name.toUpperCase()}_VERSION`] || undefined
  const daemon = await start({ version })
  const way = network ? await gate.start({ to: daemon }) : undefined
  // Without TLS connecting takes less time than there is between two cuts. MySQL insists.
  const plain = name === "mysql" ? "" : "?sslmode=disable"
  const url = way ? way.through(daemon.url) + plain : daemon.url
  const adapter = SqlxAdapter(url, OPTIONS)
  try {
    await adapter.getUser("nobody")
  } catch (error) {
    await daemon.stop()
    throw error
  }
  let reader = readerOf(daemon.url)
  return {
    daemon,
    gate: way,
    adapter,
    /** Through connections made now: those before the fault are of no use. */
    async fresh() {
      await reader.end().catch(() => {})
      reader = readerOf(daemon.url)
      return reader
    },
    async end() {
      await adapter.close()
      await way?.stop()
      await reader.end().catch(() => {})
      await daemon.stop()
    },
  }
}

/**
 * Runs a mixed load, every answer checked, and beside it writers that note what became of each
 * write; does the harm in the midst of it, and ends both some time after.
 *
 * @returns `{ wrong, codes, slowest, writes }`: answers that are wrong, how often each code was
 *   given, the longest that a call took, and each write's id with its code, or `undefined` for one
 *   that was acknowledged
 */
async function loadThrough(adapter, harm) {
  const codes = {}
  let slowest = 0
  let over = false
  const until = () => over

  function tolerates(error) {
    codes[error.code] = (codes[error.code] ?? 0) + 1
    if (ABOUT_THE_SERVER.includes(error.code)) return true
    return error.code === "ERR_OUTCOME_UNKNOWN" && !READS.test(error.operation)
  }

  const timed = Object.fromEntries(
    Object.entries(adapter).map(([name, call]) => [
      name,
      async (...args) => {
        const begun = performance.now()
        try {
          return await call(...args)
        } finally {
          slowest = Math.max(slowest, performance.now() - begun)
        }
      },
    ]),
  )

  const writes = []
  const alien = []
  async function write() {
    while (!over) {
      const id = unique("written")
      try {
        await timed.createUser({ id, name: "Ada" })
        writes.push({ id })
      } catch (error) {
        if (!tolerates(error)) alien.push(`createUser: ${error.stack}`)
        writes.push({ id, code: error.code })
      }
    }
  }

  const load = mixedLoad(timed, { until, concurrency: 24, tolerates })
  const writers = Array.from({ length: 8 }, write)
  try {
    await sleep(700)
    await harm()
    await sleep(1500)
  } finally {
    over = true
  }
  const { calls, wrong } = await load
  await Promise.all(writers)
  return { calls, wrong: [...wrong, ...alien], codes, slowest, writes }
}

/** The ids that are stored, of these. */
async function stored(reader, ids) {
  const found = new Set()
  for (let n = 0; n < ids.length; n += 500) {
    const some = ids.slice(n, n + 500)
    const marks = some.map(() => "?").join(", ")
    const rows = await reader.rows(`SELECT id FROM users WHERE id IN (${marks})`, some)
    for (const { id } of rows) found.add(id)
  }
  return found
}

module.exports = { OPTIONS, whyNot, victim, loadThrough, stored }
