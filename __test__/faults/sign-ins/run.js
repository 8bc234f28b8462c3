const { browser } = require("../../core/browser")
const { sleep } = require("../../servers/run")
const { aliens, audit } = require("./audit")
const { FULL_DISK, harms } = require("./harm")
const { populate } = require("./population")
const { startSubject } = require("./subject")

/** The databases that this is done to where none is asked for. */
const DATABASES = ["sqlite", "postgres", "mariadb"]

/** After a fault the first must be signed in again within this time. */
const RECOVERY = 15_000

/**
 * Does harm to a database's application again and again while people sign in, and holds everything
 * that was acknowledged against what is stored.
 *
 * @param {string} name the database
 * @param {object} options
 * @param {number} options.faults how many
 * @param {number} options.seed which of them in which order, and for how long; with an odd one the
 *   application has `reclaimUnfinishedUsers`
 * @param {(line: string) => void} [options.log]
 */
async function run(name, { faults, seed, log = () => {} }) {
  const random = randomOf(seed)
  const reclaims = seed % 2 === 1
  const subject = await startSubject(name, { reclaims })
  const harm = harms(subject)
  const done = Object.fromEntries(Object.keys(harm).map((what) => [what, { times: 0, worst: 0 }]))
  const wrong = []
  /** When the disk was full, and nobody had signed in since. */
  const full = []
  try {
    const people = populate(subject, random)
    if (!(await people.signInsSince(0, 5, 30_000))) throw new Error("nobody could sign in")
    let order = []
    for (let n = 0; n < faults && wrong.length + people.wrong.length === 0; n += 1) {
      if (order.length === 0) order = ordered(Object.keys(harm), faults - n, random)
      const what = order.pop()
      await sleep(random(0, 200))
      const begun = Date.now()
      await harm[what](subject, random)
      const { signIns } = people.seen
      const healed = Date.now()
      if (!(await people.signInsSince(signIns, 1, RECOVERY))) wrong.push(`no recovery: ${what}`)
      if (what === FULL_DISK) full.push({ from: begun, to: Date.now() })
      done[what].times += 1
      done[what].worst = Math.max(done[what].worst, Date.now() - healed)
      if (n % 25 === 24) log(`${name}: ${n + 1} faults, ${people.seen.signIns} sign-ins`)
    }
    await people.end()
    // Long after any sign-in.
    await subject.apps[0].order("clock", { by: 600_000 })
    const findings = await subject.apps[0].order("check")
    const reader = subject.reader()
    const { journals } = subject
    const { lockedOut } = people.seen
    try {
      const audited = await audit({ journals, reader, findings, lockedOut, reclaims, full })
      wrong.push(...people.wrong, ...audited.wrong, ...aliens(people.seen.refusals, { full }))
      const lockedOutStill = reclaims ? await comeBack(audited.unfinished, subject) : []
      wrong.push(...lockedOutStill)
      const cameBack = audited.unfinished.length - lockedOutStill.length
      for (const app of subject.apps) await app.order("close")
      return { ...people.seen, ...audited, reclaims, cameBack, wrong, done }
    } finally {
      await reader.end()
    }
  } finally {
    await subject.stop()
  }
}

/** Whom a crash has left in the middle of a sign-in signs in an hour later, and none is left over. */
async function comeBack(unfinished, { apps: [app], outside }) {
  await app.order("clock", { by: 3_600_000 })
  const wrong = []
  for (const { email } of unfinished) {
    const tab = browser(() => app, outside)
    const person = { sub: email.slice(0, email.indexOf("@")), email, name: "Ada" }
    const { error } = await tab.comeBack(await tab.consent(person))
    if (error) wrong.push(`${email} is still locked out: ${error}`)
  }
  const findings = await app.order("check")
  const left = findings.filter(({ code }) => ["unfinished_users", "orphan_rows"].includes(code))
  return [...wrong, ...left.map(({ message }) => `left over: ${message}`)]
}

/** Whole numbers that a seed determines (mulberry32). */
function randomOf(seed) {
  let state = seed >>> 0
  return (from, to) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return from + Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (to - from + 1))
  }
}

/**
 * In an order of chance, the last first. The full disk is among the so many that there still are: no other test
 * has a server whose disk is full, and a short run must not leave it out.
 */
function ordered(names, faults, random) {
  const order = shuffled(names, random)
  const [at, least] = [order.indexOf(FULL_DISK), order.length - faults]
  if (at >= 0 && at < least) {
    const other = random(least, order.length - 1)
    ;[order[at], order[other]] = [order[other], order[at]]
  }
  return order
}

function shuffled(list, random) {
  const left = [...list]
  return list.map(() => left.splice(random(0, left.length - 1), 1)[0])
}

module.exports = { DATABASES, randomOf, run }
