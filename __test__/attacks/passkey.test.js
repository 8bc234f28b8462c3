const { execFile } = require("node:child_process")
const { randomBytes } = require("node:crypto")
const path = require("node:path")
const { promisify } = require("node:util")
const { contract } = require("../support/contract")
const { makeAccount, makeUser } = require("../support/samples")

contract("an attacker, and passkeys, through the real core", (db) => {
  let seen
  beforeAll(async () => {
    const script = path.join(__dirname, "passkey.mjs")
    const left = randomBytes(32).toString("base64")
    const { id } = await makeUser(db.adapter)
    await makeAccount(db.adapter, id, {
      type: "webauthn",
      provider: "passkey",
      providerAccountId: left,
    })
    const { stdout } = await promisify(execFile)(process.execPath, [script, db.url, left])
    seen = JSON.parse(stdout)
  })

  const IN = ["/", true]
  const NOT_LINKED = "AccountNotLinked"
  const REFUSED = "WebAuthnVerificationError"
  // What core makes of an error of the adapter, and of a passkey that nobody has.
  const FAILED = "Configuration"
  const NOBODY = null
  /** An account and a passkey. */
  const ONE = [1, 1]

  test("a passkey registers a person and signs them in", () => {
    expect(seen.registered).toEqual([...IN, ...IN, 2])
  })

  test("nobody registers a passkey under another's address, however early they asked", () => {
    expect(seen.address).toEqual([400, 400, NOT_LINKED, NOBODY, [0, 0]])
    expect(seen.race).toEqual([...IN, FAILED, NOBODY, ONE])
  })

  test("a registration in flight is not joined by who says to be the same", () => {
    expect(seen.inFlight).toEqual([400, NOT_LINKED, NOBODY, ...IN, ONE])
  })

  test("a user left over from a registration that failed is taken over by nobody", () => {
    expect(seen.leftOver).toEqual([NOT_LINKED, NOBODY, [0, 0], null])
  })

  test("one that fails at the last moment leaves no user, and its id to nobody", () => {
    expect(seen.lost).toEqual([FAILED, NOBODY, null, null, ...IN, false])
  })

  test("what was sent is worth nothing when it is sent again", () => {
    expect(seen.replay).toEqual([FAILED, NOBODY, ...IN, REFUSED, NOBODY, REFUSED, NOBODY, ONE])
  })

  test("another's credential id opens nothing, and their key stays theirs", () => {
    const [register, who, ...rest] = seen.credential
    expect([register, who]).toEqual([FAILED, NOBODY])
    expect(rest).toEqual([REFUSED, NOT_LINKED, true, true, true, ONE, ...IN])
  })

  test("nor does one whose passkey is gone, whose account would be the way in", () => {
    expect(seen.left).toEqual([FAILED, NOBODY, [1, 0], FAILED])
    expect(seen.unlinked).toEqual([[0, 0], FAILED, ...IN, [0, 0]])
  })

  test("one that cannot be stored leaves nothing, and the person tries again", () => {
    const [first, who, found, ...rest] = seen.unstored
    expect([first, who, found]).toEqual([FAILED, NOBODY, null])
    expect(rest).toEqual([...IN, FAILED, ONE, "/", [2, 2], true])
  })

  test("nor does one that differs by a letter's case", () => {
    expect(seen.alike).toEqual([FAILED, true, ONE, ...IN])
  })
})
