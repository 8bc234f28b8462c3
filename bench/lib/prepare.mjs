// A process in which a peer makes its own tables.

const task = JSON.parse(process.argv[2])
const { prepare } = await import(`../peers/${task.module}.mjs`)
await prepare(task)
