// What crossing into the addon and back costs, without a database: `npm run micro` here. Each call
// ends before a statement would be run, or asks nothing of the database; beside them what the same
// costs in JavaScript alone. SQLite in memory, one at a time.

import { createRequire } from "node:module"
import { resolve } from "node:path"

const require = createRequire(import.meta.url)
const folder = process.env.BENCH_ADAPTER ? resolve(process.env.BENCH_ADAPTER) : ".."
const { SqlxAdapter } = require(folder)

const ROUNDS = 7
const MILLISECONDS = 200

const adapter = SqlxAdapter("sqlite::memory:")
const expires = new Date(Date.now() + 86_400_000)
const user = await adapter.createUser({ name: "Somebody", email: "a@example.com" })
await adapter.createSession({ sessionToken: "token", userId: user.id, expires })
const row = ["token", user.id, expires.getTime(), user.id, user.name, user.email, null, null]

const parts = {
  "nothing: an async function in JavaScript": async () => null,
  "a record in JavaScript, of what a row has": async () => ({
    session: { sessionToken: row[0], userId: row[1], expires: new Date(row[2]) },
    user: { id: row[3], name: row[4], email: row[5], emailVerified: row[6], image: row[7] },
  }),
  "a wrong argument: in, and an error out": () => adapter.getSessionAndUser(1).catch(() => null),
  "no argument: in, and null out": () => adapter.getUser(undefined),
  "stats(): in, and a record out": () => adapter.stats(),
  "a session that there is not": () => adapter.getSessionAndUser("nobody's"),
  "a session: a row to a record": () => adapter.getSessionAndUser("token"),
  "64 of them together, each": (n) => n % 64 === 0 && together(64),
}
const together = (count) =>
  Promise.all(Array.from({ length: count }, () => adapter.getSessionAndUser("token")))

const results = Object.fromEntries(Object.keys(parts).map((name) => [name, []]))
for (let round = -1; round < ROUNDS; round++) {
  for (const [name, call] of Object.entries(parts)) {
    const began = performance.now()
    let calls = 0
    while (performance.now() - began < MILLISECONDS) {
      for (let i = 0; i < 64; i++) await call(calls++)
      await new Promise(setImmediate)
    }
    const each = ((performance.now() - began) / calls) * 1000
    if (round >= 0) results[name].push(each) // the first round warms up
  }
}
await adapter.close()

for (const [name, values] of Object.entries(results)) {
  values.sort((a, b) => a - b)
  const [least, middle, most] = [values[0], values[values.length >> 1], values.at(-1)]
  const range = `(${least.toFixed(2)}..${most.toFixed(2)})`
  console.log(`${name.padEnd(42)} ${middle.toFixed(2).padStart(8)} µs ${range}`)
}
