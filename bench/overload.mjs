// What is served of ten times what can be served, as in docs/reliability.md:
//
//   node bench/overload.mjs
//
// The databases are PostgreSQL and MariaDB, 25 ms away in each direction, so that what they can serve
// is little for this machine, and the callers' process is not what is short. It ends with status 1
// where less than nine tenths of the peak is served.

import { execFileSync } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

const require = createRequire(import.meta.url)
const LATENCY = 25
const LIMIT = 2000
const CALLS = { getUser: 512, listAccounts: 96, createUser: 512 }

const [url, operation] = process.argv.slice(2)
if (url) await measure()
else await report()

/** In a process of its own. */
async function measure() {
  const { SqlxAdapter } = require("..")
  const { overload } = require("../__test__/support/overload")
  const adapter = SqlxAdapter(url, { pool: { queueLimit: LIMIT } })
  await adapter.getUser("nobody")
  const call = (n) =>
    operation === "createUser" ? adapter.createUser({ name: "Ada" }) : adapter[operation](`n ${n}`)
  const result = await overload(call, { seconds: 8, callers: CALLS[operation] })
  await adapter.close()
  console.log(JSON.stringify(result))
}

async function report() {
  const { spawn } = await import("node:child_process")
  const gate = require("../__test__/servers/gate")
  const rows = []
  let least = 1
  for (const name of ["postgres", "mariadb"]) {
    const daemon = await require(`../__test__/servers/${name}`).start()
    const far = await gate.start({ to: daemon })
    far.delay(LATENCY)
    for (const call of Object.keys(CALLS)) {
      const place = `${far.through(daemon.url)}?sslmode=disable`
      const args = ["--expose-gc", fileURLToPath(import.meta.url), place, call]
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
      let output = ""
      for await (const piece of child.stdout) output += piece
      const { peak, offered, served, refused, heap, slowest } = JSON.parse(output)
      least = Math.min(least, served / peak)
      const codes = Object.entries(refused).map(([code, times]) => `${times} ${code}`)
      const figures = [peak, offered, served].map((rate) => Math.round(rate).toLocaleString("en"))
      const ratio = (served / peak).toFixed(2)
      const memory = `${(heap / 2 ** 20).toFixed(0)} MiB`
      const cells = [name, call, ...figures, ratio, codes.join(", "), memory]
      rows.push([...cells, `${(slowest / 1000).toFixed(2)} s`])
    }
    await far.stop()
    await daemon.stop()
  }
  const [processor] = execFileSync("sh", ["-c", "grep -m1 'model name' /proc/cpuinfo; nproc"], {
    encoding: "utf8",
  }).match(/(?<=: ).*/)
  console.log(`${processor}, Node.js ${process.version}\n`)
  const head =
    "| database | call | peak, calls/s | offered | served | served / peak | refused | most memory | slowest served |"
  console.log(head)
  console.log("|---|---|---:|---:|---:|---:|---|---:|---:|")
  for (const row of rows) console.log(`| ${row.join(" | ")} |`)
  process.exit(least < 0.9 ? 1 : 0)
}
