const { browser } = require("../../core/browser")
const { sleep } = require("../../servers/run")
const { unique } = require("../../support/samples")

const LANES = 12

/** How often a person tries before giving up for this time. */
const TRIES = 6

/** What core shows whoever signs in with an account that belongs to nobody, though the user is there. */
const LOCKED_OUT = "OAuthAccountNotLinked"

/**
 * People who sign in, look at their session and sign out, on whichever server they come to, until
 * `end()`. What they see is judged at once; `wrong` has what must never be.
 *
 * `bound`: milliseconds for which a server may show a session that ended on another.
 */
function populate({ apps, outside, bound = 0 }, random) {
  const seen = { signIns: 0, reads: 0, signOuts: 0, errors: {}, refusals: {}, lockedOut: [] }
  /** Sessions that another server still showed, within the bound. */
  seen.stale = { times: 0, worst: 0 }
  const wrong = []
  const signedOut = []
  let over = false
  /** What was acknowledged before is the audit's to judge. It may be seen to be lost before `forgive` is called. */
  let forgiven = 0
  /** What is wrong if it was acknowledged after that. */
  const lost = []

  const anyApp = () => apps[random(0, apps.length - 1)]
  const newBrowser = () => browser(anyApp, outside)
  const count = (group, name) => {
    group[name] = (group[name] ?? 0) + 1
  }

  /** Runs a request; `undefined` if its server went away, or core could not start on it. */
  async function attempt(request) {
    try {
      const answer = await request()
      for (const refusal of answer?.refusals ?? []) count(seen.refusals, refusal)
      return answer
    } catch (error) {
      count(seen.errors, error.code ?? error.message)
      await sleep(20)
      return undefined
    }
  }

  /** Gives a browser that is signed in, if that succeeds. */
  async function signIn(person) {
    let error
    for (let tries = 0; tries < TRIES && !over; tries += 1) {
      // In two tabs sometimes, at the same moment.
      const tabs = Array.from({ length: random(1, 8) === 1 ? 2 : 1 }, newBrowser)
      const answers = await Promise.all(tabs.map((tab) => enter(tab, person)))
      const n = answers.findIndex((answer) => answer && answer.error === undefined)
      if (n >= 0) {
        seen.signIns += 1
        return tabs[n]
      }
      error = answers.find(Boolean)?.error
      await sleep(random(10, 150))
    }
    if (error === LOCKED_OUT) seen.lockedOut.push(person)
    return undefined
  }

  async function enter(tab, person) {
    const path = await attempt(() =>
      person.byMail ? tab.askForLink(person.email) : tab.consent(person),
    )
    if (!path) return undefined
    const answer = await attempt(() => tab.comeBack(path))
    // Not when the other tab has its answer, too.
    tab.since = Date.now()
    if (answer?.error) count(seen.errors, answer.error)
    if (answer && !answer.error && !tab.sessionToken) wrong.push("signed in without a session")
    return answer
  }

  /** Reads a session that is there: nobody but its owner is shown, or an outage. */
  async function look(tab, person) {
    const before = tab.copy()
    const answer = await attempt(() => tab.session())
    if (!answer) return
    seen.reads += 1
    const { session, refusals } = answer
    if (session && session.user.email !== person.email) {
      wrong.push(`${person.email} was shown the session of ${session.user.email}`)
    }
    if (!session && refusals.length === 0) {
      lost.push({ since: tab.since, said: `the session of ${person.email} was lost` })
    }
    // Core takes the cookie away when the database is.
    if (!session) for (const [name, value] of before.jar) tab.jar.set(name, value)
  }

  /** Reads a session whose deletion was acknowledged, on the server that did it or on another. */
  async function lookAgain({ tab, person, at, since }) {
    if (since <= forgiven) return
    const app = anyApp()
    const begun = Date.now()
    const answer = await attempt(() => tab.copy().at(app).session())
    if (!answer?.session || since <= forgiven) return
    const after = begun - since
    if (app === at || after >= bound) {
      const where = app === at ? "on the server that deleted it" : "on another server"
      const said = `the session of ${person.email} was back ${after} ms after its deletion, ${where}`
      lost.push({ since, said })
      return
    }
    seen.stale.times += 1
    seen.stale.worst = Math.max(seen.stale.worst, after)
  }

  async function signOut(tab, person) {
    const before = tab.copy()
    const at = anyApp()
    const answer = await attempt(() => tab.at(at).signOut())
    // Core clears the cookie whatever the database said.
    if (!answer || answer.refusals.length > 0 || tab.sessionToken) return
    seen.signOuts += 1
    const gone = { tab: before, person, at, since: Date.now() }
    signedOut.push(gone)
    await lookAgain(gone)
  }

  async function life() {
    const sub = unique("sub")
    const person = { sub, email: `${sub}@example.com`, name: "Ada", byMail: random(1, 3) === 1 }
    for (let visits = random(1, 3); visits > 0 && !over; visits -= 1) {
      const tab = await signIn(person)
      if (!tab) return
      for (let reads = random(1, 4); reads > 0 && !over; reads -= 1) await look(tab, person)
      if (random(1, 10) > 3) await signOut(tab, person)
      if (signedOut.length > 0) await lookAgain(signedOut[random(0, signedOut.length - 1)])
    }
  }

  const lanes = Array.from({ length: LANES }, async () => {
    while (!over) await life()
  })

  return {
    seen,
    get wrong() {
      const unforgiven = lost.filter(({ since }) => since > forgiven)
      return [...wrong, ...unforgiven.map(({ said }) => said)]
    },
    /** Waits until so many more have signed in. */
    async signInsSince(signIns, more, limit) {
      for (const end = Date.now() + limit; seen.signIns < signIns + more; await sleep(10)) {
        if (Date.now() > end) return false
      }
      return true
    },
    /** The server has lost some of what it acknowledged before. */
    forgive() {
      forgiven = Date.now()
    },
    async end() {
      over = true
      await Promise.all(lanes)
      for (const one of signedOut) await lookAgain(one)
    },
  }
}

module.exports = { populate }
