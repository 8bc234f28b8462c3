// A process that starts, is answered once and tells how long that took and how much memory it has.
// It loads nothing but the peer.

const task = JSON.parse(process.argv[2])
const { open } = await import(`../peers/${task.module}.mjs`)
const { adapter, close } = await open(task)
const answer = await adapter.getSessionAndUser(task.token)
const milliseconds = performance.now() // since the process was started
if (answer?.user.email !== task.email) throw new Error("this is not the session's user")
process.stdout.write(`${JSON.stringify({ milliseconds, memory: process.memoryUsage.rss() })}\n`)
await close()
