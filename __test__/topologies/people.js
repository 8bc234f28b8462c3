const fs = require("node:fs")
const os = require("node:os")
const path = require("node:path")
const { startApp } = require("../core/app")
const { startOutside } = require("../core/outside")
const { aliens, audit } = require("../faults/sign-ins/audit")
const { populate } = require("../faults/sign-ins/population")
const { randomOf } = require("../faults/sign-ins/run")
const { sleep } = require("../servers/run")

/** After each act the next must be signed in within this time. */
const RECOVERY = 20_000

/** Sign-ins between two acts. */
const BETWEEN = 10

/** Short waits, so that each act is over before the next. */
const OPTIONS = {
  pool: { max: 5, connectTimeout: 2000, acquireTimeout: 2000 },
  retry: { attempts: 3, maxTime: 5000 },
}

/**
 * Lets people sign in, look at their session and sign out, through the real core, while a topology
 * goes through `acts`, and then holds what was acknowledged against what is stored.
 *
 * @param {object} topology
 * @param {string[]} topology.urls one for each of the application's servers
 * @param {object} [topology.options] of their adapters
 * @param {number} [topology.bound] as `populate` takes it
 * @param {Record<string, (people: object) => Promise<void>>} topology.acts what is done to it, by name
 * @param {() => object[]} topology.readers an independent driver's, of every server that should have
 *   all of it by then
 * @param {() => Promise<object>} [topology.before] one of the primary that was lost
 */
async function signInThrough({ urls, options, bound, acts, readers, before }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "journals-"))
  const outside = await startOutside()
  const seed = Math.floor(Math.random() * 2 ** 31)
  const [apps, journals, open] = [[], [], []]
  try {
    for (const [n, url] of urls.entries()) {
      const journal = path.join(folder, `${n}`)
      journals.push(journal)
      const settings = { url, options: { ...OPTIONS, ...options }, outside: outside.url, journal }
      apps.push(await startApp(settings))
    }
    const people = populate({ apps, outside, bound }, randomOf(seed))
    const wrong = []
    const seconds = {}
    const goOn = async (after, more) => {
      const { signIns } = people.seen
      const begun = Date.now()
      if (!(await people.signInsSince(signIns, 1, RECOVERY))) wrong.push(`no recovery: ${after}`)
      seconds[after] = (Date.now() - begun) / 1000
      if (!(await people.signInsSince(signIns, more, RECOVERY))) wrong.push(`too slow: ${after}`)
    }
    await goOn("nothing yet", BETWEEN)
    for (const [what, act] of Object.entries(acts)) {
      await act(people)
      await goOn(what, BETWEEN)
    }
    await sleep(500)
    await people.end()
    // Long after any sign-in.
    await apps[0].order("clock", { by: 600_000 })
    const findings = await apps[0].order("check")
    for (const app of apps) await app.order("close")
    open.push(...readers())
    const old = before && (await before())
    if (old) open.push(old)
    const { lockedOut } = people.seen
    const audited = []
    for (const reader of open.filter((one) => one !== old)) {
      audited.push(await audit({ journals, reader, findings, lockedOut, before: old }))
    }
    wrong.push(...people.wrong, ...audited.flatMap((one) => one.wrong))
    const { acknowledged, lostByServer } = audited[0]
    wrong.push(...aliens(people.seen.refusals, { lostByServer }))
    return { seed, ...people.seen, acknowledged, lostByServer, seconds, wrong }
  } finally {
    for (const reader of open) await reader.end()
    await Promise.all(apps.map((app) => app.stop()))
    await outside.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Expects that nothing went wrong, and says for the table what was counted. */
function expectKept(seen) {
  const { seed, wrong, signIns, reads, signOuts, acknowledged, refusals, seconds } = seen
  const refused = Object.values(refusals).reduce((sum, times) => sum + times, 0)
  const { stale, lostByServer } = seen
  const longest = Math.max(...Object.values(seconds))
  const told = [
    `${signIns} sign-ins`,
    `${reads} reads`,
    `${signOuts} sign-outs`,
    `${acknowledged} acknowledged writes`,
    `${refused} refused calls`,
    `next sign-in after ${longest.toFixed(1)} s at most`,
  ]
  if (stale.times > 0) told.push(`${stale.times} stale reads, ${stale.worst} ms at most`)
  const lost = Object.entries(lostByServer).map(([what, times]) => `${times} × ${what}`)
  if (lost.length > 0) told.push(`lost by the server: ${lost.join(", ")}`)
  console.log(`seen: ${expect.getState().currentTestName}: ${told.join("; ")}`)
  expect({ seed, wrong }).toEqual({ seed, wrong: [] })
  for (const times of [signIns, reads, signOuts, acknowledged]) expect(times).toBeGreaterThan(20)
}

module.exports = { expectKept, signInThrough }
