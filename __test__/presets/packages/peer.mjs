// A process in which another adapter runs: `node peer.mjs name kind url`. It does as it is told by
// messages, one call each.

import { connect } from "./peers/connect.mjs"

const [, , name, kind, url] = process.argv
const peer = await import(`./peers/${name}.mjs`)
const place = connect(kind, url)
const { adapter, close } = await peer.open(place)

const calls = {
  ...adapter,
  create: () => peer.create(place, adapter),
  close,
}

process.on("message", async ({ id, call, args }) => {
  let message
  try {
    message = { id, answer: plain(await calls[call](...args)) }
  } catch (error) {
    message = { id, error: `${name}.${call}: ${error?.stack ?? error}` }
  }
  if (process.connected) process.send(message)
})
process.on("disconnect", () => process.exit())
process.send({ ready: true })

/** What an ORM gives as an object with properties alone, ids as text. */
function plain(value) {
  if (value === undefined) return null
  if (value === null || typeof value !== "object" || value instanceof Date) return value
  const entries = Object.entries(value.get?.({ plain: true }) ?? value)
  return Object.fromEntries(
    entries.map(([key, one]) => [key, plain(/^id$|Id$/.test(key) ? String(one) : one)]),
  )
}
