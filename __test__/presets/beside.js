const { fork } = require("node:child_process")
const path = require("node:path")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")

const SCRIPT = path.join(__dirname, "packages/peer.mjs")

/**
 * Defines tests on a database that another adapter's package has made, in a process of its own,
 * where it stays at work; `define` gets `{ theirs, ours, rows }`.
 */
function beside(name, on, define) {
  for (const database of databases.filter((one) => on.includes(one.name))) {
    const reason = database.unavailable ? `: ${database.unavailable}` : ""
    describeOn(database.name)(
      `${name} and ours on one database (${database.name}${reason})`,
      () => {
        const both = { database: database.name }
        let place
        let child

        beforeAll(async () => {
          place = await database.fresh()
          both.rows = place.rows
          child = await start(name, database.kind, place.url)
          both.theirs = child.adapter
          await both.theirs.create()
          both.ours = SqlxAdapter(place.url, { schema: name })
        })

        afterAll(async () => {
          await child?.stop()
          await both.ours?.close()
          await place?.drop()
        })

        define(both)
      },
    )
  }
}

/** Starts a process with another adapter: `{ adapter, stop }`. */
async function start(name, kind, url) {
  const child = fork(SCRIPT, [name, kind, url], {
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, NODE_ENV: "development" },
  })
  const waiting = new Map()
  let calls = 0
  const ended = new Promise((resolve) => child.once("exit", resolve))
  const ready = new Promise((resolve, reject) => {
    child.once("exit", (code) => {
      const error = new Error(`the process of ${name} ended with ${code}`)
      for (const { reject } of waiting.values()) reject(error)
      reject(error)
    })
    child.on("message", (message) => {
      if (message.ready) return resolve()
      const { resolve: answer, reject: refuse } = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.error) refuse(new Error(message.error))
      else answer(message.answer)
    })
  })
  await ready
  const call = (name, args) =>
    new Promise((resolve, reject) => {
      const id = ++calls
      waiting.set(id, { resolve, reject })
      child.send({ id, call: name, args })
    })
  const adapter = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args) =>
          call(name, args),
    },
  )
  return {
    adapter,
    async stop() {
      await call("close", []).catch(() => {})
      child.disconnect()
      await ended
    },
  }
}

module.exports = { beside }
