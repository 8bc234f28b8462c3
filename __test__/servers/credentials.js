/**
 * The account the tests use. Its password holds what must be percent-encoded in a URL, so that
 * every connection of every test proves the decoding.
 */
const TESTER = { user: "tester", password: "p@ss:w/ord%" }

/** The superuser, for what the tester may not do. */
const ADMIN_PASSWORD = "admin of a throw-away server"

/** The database that is there from the start. */
const DATABASE = "test"

/** A connection URL; every part is percent-encoded. */
function url(scheme, { user, password, port, database = DATABASE, host = "127.0.0.1" }) {
  const secret = password === undefined ? "" : `:${encodeURIComponent(password)}`
  const account = encodeURIComponent(user) + secret
  return `${scheme}://${account}@${host}:${port}/${encodeURIComponent(database)}`
}

/** The same place, another database. */
function withDatabase(place, database) {
  const other = new URL(place)
  other.pathname = `/${encodeURIComponent(database)}`
  return other.href
}

/**
 * The time zone the servers live in: neither UTC nor a whole hour from it, with daylight saving, so
 * that an instant that is read in the wrong zone is wrong in every test and not only on some
 * machines.
 */
const TIME_ZONE = "America/St_Johns"

module.exports = { TESTER, ADMIN_PASSWORD, DATABASE, TIME_ZONE, url, withDatabase }
