// A process that reads sessions of a table of some size, one at a time and at random.

import { growthTokenOf } from "./data.mjs"
import { load } from "./load.mjs"

const task = JSON.parse(process.argv[2])
const { open } = await import(`../peers/${task.module}.mjs`)
const { adapter, close } = await open(task)

const read = {
  choose: () => growthTokenOf(Math.floor(Math.random() * task.sessions)),
  call: (token) => adapter.getSessionAndUser(token),
  check(answer, token) {
    if (answer?.session.sessionToken !== token) throw new Error("this is not the session")
  },
}
await load(read, { concurrency: 1, milliseconds: Math.max(500, task.milliseconds) })
const { p50, cpu } = await load(read, { concurrency: 1, milliseconds: task.milliseconds })
process.stdout.write(`${JSON.stringify({ p50, cpu })}\n`)
await close()
