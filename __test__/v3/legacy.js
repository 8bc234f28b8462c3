const { randomBytes } = require("node:crypto")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")

jest.setTimeout(60_000)

/** What differs by database here is how dates and counted ids are kept: one of each kind. */
const kinds = databases.filter(({ name }) => ["sqlite", "postgres", "mysql"].includes(name))

/** Which tables: v3's own and ours, under the names that they have in SQL. */
const tables = [
  {
    title: "the tables of v3",
    options: { schema: "typeorm-v3", synchronize: true },
    isOurs: false,
    requests: "verification_requests",
    provider: "provider_id",
  },
  {
    title: "our own tables",
    options: {},
    isOurs: true,
    requests: "verification_tokens",
    provider: "provider",
  },
]

/** Defines tests once for each database and each set of tables. `define` gets the place. */
function legacy(title, define) {
  for (const database of kinds) {
    for (const these of tables) {
      onDatabase(database, `${title} on ${these.title}`, (place) => {
        place.tables = these
        place.open = () => SqlxAdapter(place.url, these.options)
        define(place)
      })
    }
  }
}

/** Defines tests on one database that nothing else uses. */
function onDatabase(database, title, define) {
  describeOn(database.name)(
    `${title} (${database.name}${database.unavailable ? `: ${database.unavailable}` : ""})`,
    () => {
      const place = { name: database.name, date: database.date, open: undefined }
      let fresh
      beforeAll(async () => {
        fresh = await database.fresh()
        const { url, rows, execute, connections } = fresh
        Object.assign(place, { url, rows, execute, connections })
        if (place.open) place.adapter = place.open()
      })
      afterAll(async () => {
        await place.adapter?.close()
        await fresh?.drop()
      })
      define(place)
    },
  )
}

/** The application's options, as NextAuth v3 passes them to `getAdapter`. */
function appOptions(values) {
  return {
    baseUrl: "https://app.example",
    basePath: "/api/auth",
    secret: "the application's secret",
    session: { jwt: false, maxAge: 30 * 24 * 60 * 60, updateAge: 24 * 60 * 60 },
    ...values,
  }
}

/** A provider of magic links that keeps what it was told to send. */
function mailer(values) {
  const sent = []
  const sendVerificationRequest = async (mail) => {
    sent.push(mail)
  }
  return { id: "email", type: "email", maxAge: 3600, sendVerificationRequest, sent, ...values }
}

const randomToken = () => randomBytes(32).toString("hex")

module.exports = { appOptions, kinds, legacy, mailer, onDatabase, randomToken }
