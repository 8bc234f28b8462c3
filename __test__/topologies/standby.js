const { readerOf } = require("../support/postgres")
const replication = require("../servers/replication")
const { sleep } = require("../servers/run")
const { expectKept, signInThrough } = require("./people")

/** Milliseconds: what the option `replicas` is told, and how long another process may show a session. */
const MAX_LAG = 1500

/** A look of the adapter at its replicas, and a request, are not instantaneous. */
const BOUND = MAX_LAG + 200

async function tell({ adminUrl }, ...statements) {
  const reader = readerOf(adminUrl)
  try {
    for (const sql of statements) await reader.rows(sql)
  } finally {
    await reader.end()
  }
}

/** Both hosts, the new primary is found among. */
function urlOfBoth({ primary, replica }) {
  const at = new URL(primary.url)
  const hosts = [primary, replica].map(({ port }) => `127.0.0.1:${port}`).join(",")
  return `postgres://${at.username}:${at.password}@${hosts}${at.pathname}?sslmode=disable`
}

/**
 * People sign in on a primary with a hot standby, from which users and sessions are read, while its
 * replay is paused, it is killed and started again, and at last the primary is killed and it is
 * promoted. `synchronous`: a commit is acknowledged when the standby has it; without it the standby
 * dies a moment before the primary, so that something is lost.
 */
async function failOver(pair, { synchronous, short = false }) {
  const { primary, replica } = pair
  if (synchronous) {
    await tell(
      primary,
      "ALTER SYSTEM SET synchronous_standby_names = '*'",
      "SELECT pg_reload_conf()",
    )
  }
  const url = urlOfBoth(pair)
  const paused = async () => {
    await replica.pause()
    await sleep(short ? 500 : 2 * MAX_LAG)
    await replica.resume()
  }
  const killed = async () => {
    await replica.kill()
    await sleep(short ? 0 : 1000)
    await replica.restart()
  }
  async function promoted(people) {
    if (!synchronous) {
      await replica.kill()
      await sleep(400)
    }
    await primary.kill()
    if (!synchronous) await replica.restart()
    await replica.promote()
    if (!synchronous) people.forgive()
  }
  const seen = await signInThrough({
    urls: [url, url],
    options: { replicas: { urls: [replica.url], maxLag: MAX_LAG } },
    bound: BOUND,
    acts: {
      "replay paused and resumed": paused,
      "standby killed and started again": killed,
      "primary killed, standby promoted": promoted,
    },
    readers: () => [readerOf(replica.url)],
    before: synchronous
      ? undefined
      : async () => {
          await primary.restart()
          return readerOf(primary.url)
        },
  })
  expectKept(seen)
  return seen
}

module.exports = { failOver, start: () => replication.start("postgres") }
