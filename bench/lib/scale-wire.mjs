// What a call costs on the way to the server: bytes in each direction, and round trips.

import { createRequire } from "node:module"
import { connect, createServer } from "node:net"
import { steps, take } from "./scale-calls.mjs"
import { median } from "./summary.mjs"

const require = createRequire(import.meta.url)
const { SqlxAdapter } = require("../..")

const CALLS = 50

/** @returns {Promise<Record<string, { sent: number, received: number, trips: number }>>} medians a call */
export async function wire(server, { url, sessions }) {
  const count = { sent: 0, received: 0, trips: 0, asking: false }
  const sockets = new Set()
  const proxy = createServer((client) => {
    const upstream = connect(server.port, "127.0.0.1")
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay().on("error", () => {}))
    }
    client.on("data", (bytes) => {
      count.sent += bytes.length
      // Whatever is sent before an answer comes is one flight.
      count.trips += count.asking ? 0 : 1
      count.asking = true
      upstream.write(bytes)
    })
    upstream.on("data", (bytes) => {
      count.received += bytes.length
      count.asking = false
      client.write(bytes)
    })
    client.on("close", () => upstream.destroy())
    upstream.on("close", () => client.destroy())
  })
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  const through = new URL(url)
  through.port = proxy.address().port
  const adapter = SqlxAdapter(through.href, { autoCleanup: false, pool: { max: 1 }, pooler: false })
  const choose = (of) => Math.floor(Math.random() * of)
  const result = {}
  try {
    for (const step of steps(adapter, sessions, choose)) await take(step, 3)
    for (const step of steps(adapter, sessions, choose)) {
      const all = { sent: [], received: [], trips: [] }
      for (let i = 0; step.before && i < CALLS; i++) await step.before(i)
      const { before: _, ...plain } = step
      const counted = {
        ...plain,
        async call(i) {
          Object.assign(count, { sent: 0, received: 0, trips: 0, asking: false })
          const answer = await step.call(i)
          for (const [name, values] of Object.entries(all)) values.push(count[name])
          return answer
        },
      }
      await take(counted, CALLS)
      result[step.name] = Object.fromEntries(
        Object.entries(all).map(([name, values]) => [name, median(values)]),
      )
    }
  } finally {
    await adapter.close()
    for (const socket of sockets) socket.destroy()
    proxy.close()
  }
  return result
}
