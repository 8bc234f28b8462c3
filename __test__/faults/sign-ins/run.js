const { sleep } = require("../../servers/run")
const { aliens, audit } = require("./audit")
const { harms } = require("./harm")
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
 * @param {number} options.seed which of them in which order, and for how long
 * @param {(line: string) => void} [options.log]
 */
async function run(name, { faults, seed, log = () => {} }) {
  const random = randomOf(seed)
  const subject = await startSubject(name)
  const harm = harms(subject)
  const done = Object.fromEntries(Object.keys(harm).map((what) => [what, { times: 0, worst: 0 }]))
  const wrong = []
  try {
    const people = populate(subject, random)
    if (!(await people.signInsSince(0, 5, 30_000))) throw new Error("nobody could sign in")
    let order = []
    for (let n = 0; n < faults && wrong.length + people.wrong.length === 0; n += 1) {
      if (order.length === 0) order = shuffled(Object.keys(harm), random)
      const what = order.pop()
      await sleep(random(0, 200))
      await harm[what](subject, random)
      const { signIns } = people.seen
      const healed = Date.now()
      if (!(await people.signInsSince(signIns, 1, RECOVERY))) wrong.push(`no recovery: ${what}`)
      done[what].times += 1
      done[what].worst = Math.max(done[what].worst, Date.now() - healed)
      if (n % 25 === 24) log(`${name}: ${n + 1} faults, ${people.seen.signIns} sign-ins`)
    }
    await people.end()
    // Long after any sign-in.
    await subject.apps[0].order("clock", { by: 600_000 })
    const findings = await subject.apps[0].order("check")
    for (const app of subject.apps) await app.order("close")
    const reader = subject.reader()
    const { journals } = subject
    const { lockedOut } = people.seen
    const audited = await audit({ journals, reader, findings, lockedOut }).finally(() =>
      reader.end(),
    )
    wrong.push(...people.wrong, ...audited.wrong, ...aliens(people.seen.refusals, subject))
    return { ...people.seen, ...audited, wrong, done }
  } finally {
    await subject.stop()
  }
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

function shuffled(list, random) {
  const left = [...list]
  return list.map(() => left.splice(random(0, left.length - 1), 1)[0])
}

module.exports = { DATABASES, randomOf, run }
