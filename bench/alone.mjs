// What a lone call pays for the code that brings calls together: look-ups one at a time, by the addon
// as it is and by one built without that code (the crate's feature "unbatched"), in turn, on the same
// database.
//
//   node bench/alone.mjs            builds both, and measures on PostgreSQL and MariaDB
//   node bench/alone.mjs --rounds 9

import { fork, spawnSync } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { root } from "../.ci/setup.mjs"

const require = createRequire(import.meta.url)
const MILLISECONDS = 300

if (process.send) await work(process.argv[2], process.argv[3])
else await compare(Number(process.argv[process.argv.indexOf("--rounds") + 1]) || 21)

async function compare(rounds) {
  const folder = mkdtempSync(join(tmpdir(), "alone-"))
  try {
    const packages = [
      build(join(folder, "unbatched"), ["--features", "unbatched"]),
      build(join(folder, "batched"), []),
    ]
    for (const kind of ["postgres", "mariadb"]) {
      const server = await require(`../__test__/servers/${kind}.js`).start()
      const workers = []
      try {
        for (const path of packages) workers.push(await start(path, server.url))
        const times = [[], []]
        for (let round = 0; round < rounds; round += 1) {
          for (const [n, worker] of workers.entries()) {
            worker.send("run")
            const [median] = await once(worker, "message")
            // The first round warms up.
            if (round > 0) times[n].push(median)
          }
        }
        const [without, with_] = times
        const ratios = without.map((time, n) => with_[n] / time).sort((a, b) => a - b)
        const quarter = (part) => ratios[Math.floor((ratios.length - 1) * part)].toFixed(3)
        console.log(
          `${kind} ${server.version}: ${middle(without).toFixed(1)} µs without, ` +
            `${middle(with_).toFixed(1)} µs with; ${quarter(0.5)}x (half of the rounds: ` +
            `${quarter(0.25)}..${quarter(0.75)}), ${ratios.length} rounds`,
        )
      } finally {
        for (const worker of workers) worker.kill()
        await server.stop()
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The package with an addon that is built for this, in a folder of its own. */
function build(to, features) {
  console.log(`# building ${["the addon", ...features].join(" ")}`)
  const { status } = spawnSync("cargo", ["build", "--profile", "quick", "--lib", ...features], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  })
  if (status !== 0) process.exit(1)
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  for (const name of ["package.json", ...files]) {
    if (/\.m?js$|^package|^v3$|^compose$/.test(name)) {
      cpSync(join(root, name), join(to, name), { recursive: true })
    }
  }
  const addon = readdirSync(root).find((name) => name.endsWith(".node"))
  const library = process.platform === "darwin" ? "dylib" : "so"
  cpSync(join(root, "target/quick", `libnext_auth_sqlx_adapter.${library}`), join(to, addon))
  return to
}

async function start(path, url) {
  const worker = fork(fileURLToPath(import.meta.url), [path, url])
  await once(worker, "message")
  return worker
}

async function work(path, url) {
  const adapter = require(path).SqlxAdapter(url)
  const user = await adapter.createUser({ email: `${process.pid}@example.com` })
  const sessionToken = `session of ${process.pid}`
  const expires = new Date(Date.now() + 86_400_000)
  await adapter.createSession({ sessionToken, userId: user.id, expires })
  process.on("message", async () => {
    const times = []
    for (const end = performance.now() + MILLISECONDS; performance.now() < end; ) {
      const began = performance.now()
      const found = await adapter.getSessionAndUser(sessionToken)
      times.push((performance.now() - began) * 1000)
      if (found?.user.id !== user.id) throw new Error("a wrong answer")
    }
    process.send(middle(times))
  })
  process.send("ready")
}

function middle(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
