const { SqlxAdapter } = require("../..")
const { composeAdapters } = require("../../compose.js")
const { postgres } = require("../support/postgres")
const { sqlite } = require("../support/sqlite")

/**
 * Two systems for the tests of a file: `users` in PostgreSQL and `others` in SQLite, which keeps
 * whatever a test gives to it. Each has `{ place, adapter }`.
 */
function systems() {
  const both = {
    users: undefined,
    others: undefined,

    /** Users (and what else is not said) in PostgreSQL. */
    compose(parts = {}) {
      const users = both.users.adapter
      const rest = { user: users, account: users, verificationToken: users, authenticator: users }
      return composeAdapters({ ...rest, session: both.others.adapter, ...parts })
    },

    async begin() {
      for (const [name, database] of Object.entries({ users: postgres, others: sqlite })) {
        const place = await database.fresh()
        both[name] = { place, adapter: SqlxAdapter(place.url) }
        await both[name].adapter.ping()
      }
    },

    async end() {
      for (const { place, adapter } of [both.users, both.others]) {
        await adapter.close()
        await place.drop()
      }
    },
  }
  return both
}

/** Tests that need PostgreSQL and SQLite. */
function describeOnBoth(title, define) {
  const { databases } = require("../support/databases")
  const wanted = ["postgres", "sqlite"].map((name) => databases.find((one) => one.name === name))
  const why = wanted.every(Boolean)
    ? wanted.find(({ unavailable }) => unavailable)?.unavailable
    : "DATABASES leaves it out"
  const run = why ? describe.skip : describe
  run(why ? `${title} (${why})` : title, () => {
    const both = systems()
    beforeAll(both.begin)
    afterAll(both.end)
    define(both)
  })
}

module.exports = { describeOnBoth }
