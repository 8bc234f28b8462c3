// `npm run test:memory`: a million calls, four of nine of them refused, after as many as it takes to get
// warm, and what the process holds meanwhile. It ends with the table of docs/reliability.md, and with status 1 where memory grows.

const { ask } = require("../support/child")
const { sqlite } = require("../support/sqlite")

const MEGABYTE = 1_048_576
/** After these it is warm: every shape has been seen, every buffer and arena has its size. */
const WARM = 600_000
const CALLS = WARM + 1_000_000
const ALLOWED = 4 * MEGABYTE

const SCRIPT = `
  const [calls, url] = process.argv.slice(-2)
  const adapter = SqlxAdapter(url)
  const settled = async () => {
    for (let n = 0; n < 6; n += 1) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, heap: heapUsed + external }
  }
  const run = async () => {
    const user = await adapter.createUser({ name: "Ada", email: "ada@example.com" })
    const sessionToken = "a session"
    await adapter.createSession({ sessionToken, userId: user.id, expires: hence() })
    const kinds = [
      () => adapter.getSessionAndUser(sessionToken),
      () => adapter.getUser(Symbol("wrong")),
      () => adapter.getUserByEmail("ada@example.com"),
      () => adapter.getUser("nobody"),
      () => adapter.updateUser({ id: "nobody" }),
      () => adapter.getSessionAndUser("no session"),
      () => adapter.createUser({ email: "ada@example.com" }),
      () => adapter.listAccounts(user.id),
      () => adapter.getUserByAccount({ get provider() { throw new Error("getter") } }),
    ]
    const samples = []
    let refused = 0
    for (let done = 0; done < calls; ) {
      const wave = Array.from({ length: 500 }, (_, n) =>
        kinds[n % kinds.length]().catch(() => (refused += 1)))
      await Promise.all(wave)
      done += wave.length
      if (done % 100_000 === 0) samples.push({ done, refused, ...(await settled()) })
    }
    say(samples)
  }
  run()
`

async function main() {
  const place = await sqlite.fresh()
  const args = [String(CALLS), place.url]
  const samples = await ask(SCRIPT, { args, flags: ["--expose-gc"], timeout: 1_800_000 })
  await place.drop()
  console.log("| calls | refused | resident, MiB | heap, MiB |\n|---:|---:|---:|---:|")
  for (const { done, refused, rss, heap } of samples) {
    const cells = [done, refused].map((count) => count.toLocaleString("en"))
    const sizes = [rss, heap].map((bytes) => (bytes / MEGABYTE).toFixed(1))
    console.log(`| ${[...cells, ...sizes].join(" | ")} |`)
  }
  const warm = samples.find(({ done }) => done >= WARM)
  const grown = samples.at(-1).rss - warm.rss
  console.log(`\nSince ${WARM.toLocaleString("en")}: ${(grown / MEGABYTE).toFixed(1)} MiB`)
  process.exit(grown < ALLOWED ? 0 : 1)
}

main()
