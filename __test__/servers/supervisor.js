// A process of its own that outlives the one which started the servers, however that one ends (kill
// -9 too), and then ends the servers and removes their folders. It learns of the end from its
// standard input, which closes by itself.

const { createInterface } = require("node:readline")
const { removeServer } = require("./processes")

const held = new Map()

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { hold, quit, release } = JSON.parse(line)
    if (hold) held.set(hold, quit)
    if (release) held.delete(release)
  })
  .on("close", async () => {
    await Promise.allSettled([...held].map(([folder, quit]) => removeServer(folder, quit)))
    process.exit()
  })

// Ctrl-C and a closing terminal reach the whole family; this one is needed after the others have
// gone.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => {})
