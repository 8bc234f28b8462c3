// What SQLite itself can write: by hand over better-sqlite3, all writes of a turn in one transaction, on
// JavaScript's thread, which so waits for the disk. One that fails would take the others along.

import { open as openByHand } from "./floor-sqlite.mjs"

const WRITES = [
  "createUser",
  "updateUser",
  "linkAccount",
  "createSession",
  "updateSession",
  "deleteSession",
  "createVerificationToken",
  "useVerificationToken",
]

export async function open(task) {
  const { adapter, database, close } = await openByHand(task)
  const begin = database.prepare("BEGIN IMMEDIATE")
  const commit = database.prepare("COMMIT")
  let waiting = []

  function flush() {
    const jobs = waiting
    waiting = []
    begin.run()
    // They write at once, and only their promises come later.
    const answers = jobs.map(({ write, args }) => write(...args))
    commit.run()
    for (const [n, { resolve }] of jobs.entries()) resolve(answers[n])
  }

  const together = Object.fromEntries(
    WRITES.map((name) => {
      const write = adapter[name]
      return [
        name,
        (...args) =>
          new Promise((resolve) => {
            if (waiting.push({ write, args, resolve }) === 1) setImmediate(flush)
          }),
      ]
    }),
  )
  return { adapter: { ...adapter, ...together }, close }
}
