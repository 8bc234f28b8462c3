// A process that starts, is answered once and tells how long that took and how much memory it has;
// and then, if asked to, how much after as many reads as `reads`. Until the first answer it loads
// nothing but the peer.

const task = JSON.parse(process.argv[2])
const { open } = await import(`../peers/${task.module}.mjs`)
const { adapter, close } = await open(task)
const answer = await adapter.getSessionAndUser(task.token)
const milliseconds = performance.now() // since the process was started
if (answer?.user.email !== task.email) throw new Error("this is not the session's user")
const cold = { milliseconds, memory: process.memoryUsage.rss() }

if (task.reads) {
  const { tokenOf } = await import("./data.mjs")
  let next = 0
  const caller = async () => {
    while (next < task.reads) await adapter.getSessionAndUser(tokenOf(next++ % task.count))
  }
  await Promise.all(Array.from({ length: 64 }, caller))
  // Garbage is not what a peer needs, and how much there is depends on when one looks.
  globalThis.gc()
  cold.memoryAfterReads = process.memoryUsage.rss()
}
process.stdout.write(`${JSON.stringify(cold)}\n`)
await close()
