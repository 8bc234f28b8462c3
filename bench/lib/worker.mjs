// A process that measures one peer: started anew for each peer in each round, by run.mjs, which
// says what to do in the first argument and reads a line of JSON for each thing measured.

import { load } from "./load.mjs"
import { watchEventLoop } from "./probe.mjs"
import { cellName, workOf } from "./work.mjs"

const task = JSON.parse(process.argv[2])
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

const { open } = await import(`../peers/${task.module}.mjs`)
const { adapter, close } = await open(task)
const work = workOf(adapter, task)

// Before anything is measured: connections, statements, V8. Core's own code is warmed up later.
for (const concurrency of [1, 64]) {
  await load(work.session, { concurrency, milliseconds: 300 })
}

for (const cell of task.cells) {
  const { kind, concurrency } = cell
  const job = kind === "core" ? await work.core() : work[kind]
  await load(job, { concurrency, milliseconds: task.warmUp })
  const result = await load(job, { concurrency, milliseconds: task.milliseconds })
  say({ cell: cellName(cell), result })
}

if (task.delay) {
  // Each call from a turn of its own, as requests come: the delay that is left is the adapter's.
  const how = { concurrency: 64, callsATurn: 1 }
  await load(work.session, { ...how, milliseconds: task.warmUp })
  const probe = await watchEventLoop()
  await load(work.session, { ...how, milliseconds: task.milliseconds })
  say({ delay: await probe.stop() })
}

say({ made: work.made })
await close()
