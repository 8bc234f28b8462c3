// The short version of `npm run test:topologies`: the others of its files are in `npm test` as well,
// but for the clusters.

const { sayWhy } = require("../clusters/servers")
const { server } = require("../servers")
const { failOver, start } = require("./standby")

jest.setTimeout(120_000)

const { unavailable, yours } = server("postgres")
const why = unavailable ?? (yours ? "the user has one" : undefined)
const it = why ? test.skip : test

it(`people sign in while PostgreSQL's primary dies and its synchronous standby takes over${why ? ` (${why})` : ""}`, async () => {
  let pair
  try {
    pair = await start()
  } catch (error) {
    if (error.code !== "UNAVAILABLE") throw error
    return sayWhy(error.message)
  }
  try {
    await failOver(pair, { synchronous: true, short: true })
  } finally {
    for (const one of [pair.replica, pair.primary]) await one.stop()
  }
})
