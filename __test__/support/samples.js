const { randomBytes } = require("node:crypto")

const HOUR = 3_600_000

let precision = 1

/** From now on dates are whole multiples of these milliseconds: what a column keeps. */
function keepTo(milliseconds) {
  precision = milliseconds
}

/** A value that no other test has. */
function unique(prefix) {
  return `${prefix}-${randomBytes(8).toString("hex")}`
}

function uniqueEmail(name = "ada") {
  return `${unique(name)}@example.com`
}

/** A date in the future, with milliseconds that a database must not lose. */
function hence(milliseconds = HOUR) {
  const time = Date.now() + milliseconds
  return kept(time - (time % 1000) + 789)
}

/** A date in the future that a table keeps whose dates have no milliseconds. */
function wholeSeconds() {
  const date = hence()
  date.setMilliseconds(0)
  return date
}

function ago(milliseconds = HOUR) {
  return kept(Date.now() - milliseconds)
}

/** A date as the columns under test keep it, see `keepTo`. */
function kept(milliseconds) {
  return new Date(Math.floor(milliseconds / precision) * precision)
}

function makeUser(adapter, values) {
  return adapter.createUser({ name: "Ada", email: uniqueEmail(), ...values })
}

function makeAccount(adapter, userId, values) {
  return adapter.linkAccount({
    userId,
    type: "oauth",
    provider: "github",
    providerAccountId: unique("account"),
    ...values,
  })
}

function makeSession(adapter, userId, values) {
  return adapter.createSession({
    sessionToken: unique("session"),
    userId,
    expires: hence(),
    ...values,
  })
}

function makeToken(adapter, values) {
  return adapter.createVerificationToken({
    identifier: uniqueEmail(),
    token: unique("token"),
    expires: hence(),
    ...values,
  })
}

function passkey(userId, values) {
  return {
    credentialID: unique("credential"),
    userId,
    providerAccountId: unique("account"),
    credentialPublicKey: "pQECAyYgASFYIA==",
    counter: 0,
    credentialDeviceType: "multiDevice",
    credentialBackedUp: true,
    transports: "internal,hybrid",
    ...values,
  }
}

module.exports = {
  HOUR,
  ago,
  hence,
  keepTo,
  kept,
  makeAccount,
  makeSession,
  makeToken,
  makeUser,
  passkey,
  unique,
  uniqueEmail,
  wholeSeconds,
}
