const fs = require("node:fs")
const { startNode } = require("../support/child")

jest.setTimeout(60_000)

// Linux lets a parent read its child's memory.
const define = process.platform === "linux" ? describe : describe.skip

define("a key in memory", () => {
  /** How often a process has these bytes in memory that it can write to. */
  function occurrences(pid, needle) {
    const memory = fs.openSync(`/proc/${pid}/mem`, "r")
    let found = 0
    for (const line of fs.readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const region = line.match(/^([0-9a-f]+)-([0-9a-f]+) rw/)
      if (!region) continue
      const [start, end] = [region[1], region[2]].map((hex) => BigInt(`0x${hex}`))
      const bytes = Buffer.alloc(Number(end - start))
      let read
      try {
        read = fs.readSync(memory, bytes, 0, bytes.length, start)
      } catch {
        continue // not of the kind that can be read, such as the kernel's own
      }
      for (
        let at = bytes.indexOf(needle);
        at >= 0 && at < read;
        at = bytes.indexOf(needle, at + 1)
      ) {
        found += 1
      }
    }
    fs.closeSync(memory)
    return found
  }

  test("is there while the adapter is, and gone with it", async () => {
    const { child, ended } = startNode(
      `
        const key = require("node:crypto").randomBytes(32)
        // The parent is told the key without its bytes being in this process once more.
        say(Array.from(key, (byte) => byte ^ 255))
        let adapter = SqlxAdapter("sqlite::memory:", { encryption: { keys: [{ id: "a", key }] } })
        key.fill(0)
        const account = { type: "oauth", provider: "p", providerAccountId: "1", access_token: "t" }
        const steps = [
          async () => {
            const { id: userId } = await adapter.createUser({ name: "Ada" })
            await adapter.linkAccount({ ...account, userId })
            if ((await adapter.getAccount("1", "p")).access_token !== "t") throw new Error("not read")
          },
          async () => {
            await adapter.close()
            adapter = undefined
            for (let round = 0; round < 20; round += 1) {
              gc()
              await new Promise((resolve) => setTimeout(resolve, 10))
            }
          },
        ]
        process.stdin.on("data", () => steps.shift()().then(() => say("done")))
      `,
      { flags: ["--expose-gc"] },
    )
    let output = ""
    const said = (lines) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const all = output.split("\n").slice(0, -1)
          if (all.length >= lines) resolve(JSON.parse(all[lines - 1]))
        }
        child.stdout.on("data", look)
        child.once("close", () => reject(new Error("the child has ended")))
        look()
      })
    child.stdout.on("data", (piece) => (output += piece))

    const key = Buffer.from((await said(1)).map((byte) => byte ^ 255))
    expect(key).toHaveLength(32)
    child.stdin.write("use\n")
    await said(2)
    expect(occurrences(child.pid, key)).toBeGreaterThan(0)
    child.stdin.write("end\n")
    await said(3)
    expect(occurrences(child.pid, key)).toBe(0)
    child.kill()
    await ended.catch(() => {})
  })
})
