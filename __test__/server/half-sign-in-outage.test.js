// Sign-ins that an outage cut in half: those who come later do not wait for what is left of them.

const gate = require("../servers/gate")
const { sleep } = require("../servers/run")
const { refused } = require("../support/expectations")
const { onServers } = require("../support/on-servers")
const { makeUser, unique } = require("../support/samples")

const HALF = 16

/** Within these a call is answered, or refused, one last try included. */
const OPTIONS = {
  pool: { connectTimeout: 500, acquireTimeout: 500 },
  retry: { attempts: 2, maxTime: 1000 },
}
const BOUND = 4000

onServers(
  "sign-ins that an outage has cut in half",
  (db) => {
    test("hold nobody up while it lasts, and are cleared away when it is over", async () => {
      const way = await gate.start({ to: db.server })
      const adapter = db.open(OPTIONS, `${way.through(db.url)}?sslmode=disable`)
      const people = Array.from({ length: HALF }, () => unique("half"))
      for (const id of people) await makeUser(adapter, { id })
      way.refuse()
      way.cut()
      const linking = people.map((userId) =>
        adapter.linkAccount({
          userId,
          type: "oauth",
          provider: "house",
          providerAccountId: userId,
        }),
      )
      for (const { reason } of await Promise.allSettled(linking)) {
        expect(reason.code).toMatch(/^ERR_(CONNECT|OUTCOME_UNKNOWN)$/)
      }

      const begun = Date.now()
      const late = Array.from({ length: 3 }, () => refused(makeUser(adapter), "ERR_CONNECT"))
      await Promise.all(late)
      expect(Date.now() - begun).toBeLessThan(BOUND)

      // Also where nobody comes: this process alone knows of them.
      await way.accept()
      const marks = people.map(() => "?").join(", ")
      const left = () => db.rows(`SELECT id FROM users WHERE id IN (${marks})`, people)
      const limit = Date.now() + 10_000
      while ((await left()).length > 0 && Date.now() < limit) await sleep(50)
      expect(await left()).toEqual([])
      await way.stop()
    })
  },
  ["postgres", "mariadb"],
)
