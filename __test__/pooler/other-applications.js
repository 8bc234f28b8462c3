const { Client } = require("pg")

const { sleep } = require("../servers/run")

const CLIENTS = 12

/**
 * Other applications on the same pooler: plain clients, each with SQL of its own, half of them with
 * prepared statements, under names that the adapter's driver gives its own.
 */
async function newOthers(url) {
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = new Client({ connectionString: url, application_name: "another application" })
      client.on("error", () => {})
      await client.connect()
      return client
    }),
  )
  let answers = 0
  const wrong = []

  async function ask(client, n) {
    const value = Math.floor(Math.random() * 1e6)
    const name = n % 2 === 0 ? undefined : `sqlx_s_${1 + (n % 3)}`
    const text = `select $1::int + ${n} as sum, 'application ${n}' as whose`
    let row
    try {
      row = (await client.query({ name, text, values: [value] })).rows[0]
    } catch (error) {
      // What such a pooler does to those who prepare: a name is taken, or unknown, or another's
      // statement, which refuses their value.
      if (name && error.severity) return
      throw error
    }
    answers += 1
    // Who prepares through such a pooler may get another's answer. Who does not, never.
    if (!name && (row.sum !== value + n || row.whose !== `application ${n}`)) {
      wrong.push({ n, value, row })
    }
  }

  return {
    /** Has all of them ask now and then until the promise settles. */
    async work(promise) {
      let over = false
      const end = () => {
        over = true
      }
      promise.then(end, end)
      await Promise.all(
        clients.map(async (client, n) => {
          while (!over) {
            await ask(client, n)
            await sleep(10 * Math.random())
          }
        }),
      )
    },
    answers: () => answers,
    wrong: () => wrong.splice(0),
    end: () => Promise.all(clients.map((client) => client.end())),
  }
}

module.exports = { newOthers }
