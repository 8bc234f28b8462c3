const { execFile } = require("node:child_process")
const path = require("node:path")
const { promisify } = require("node:util")
const { contract } = require("../support/contract")
const { unique, uniqueEmail } = require("../support/samples")

contract("an attacker, and a sign-in that is not complete, through the real core", (db) => {
  let seen
  beforeAll(async () => {
    const script = path.join(__dirname, "half-sign-in.mjs")
    const imported = { id: unique("imported"), email: uniqueEmail("imported") }
    await db.insert("user", { ...imported, name: "Ada" })
    const args = [script, db.url, JSON.stringify(imported)]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    seen = JSON.parse(stdout)
  })

  const NOT_LINKED = "OAuthAccountNotLinked"

  test.each(["invited", "imported"])(
    "who is %s is nobody else's, and comes in by their own mail",
    (how) => {
      expect(seen[how]).toEqual([NOT_LINKED, null, 0, true, "/", true, true, true])
    },
  )

  test("a magic link goes to the address, and guesses neither open nor cancel it", () => {
    const failed = "Verification"
    expect(seen.link.slice(0, 3)).toEqual([failed, expect.any(String), failed])
    expect(seen.link.slice(3)).toEqual([null, "/", true, failed, null])
  })

  test("a sign-in in flight is not joined by who says to be the same", () => {
    expect(seen.inFlight).toEqual([NOT_LINKED, null, "/", true, 1, true])
  })

  test("one that fails at the last moment leaves no user in the person's way", () => {
    const [ended, user, left, ...again] = seen.lost
    expect(ended).not.toBe("/")
    expect([user, left, again]).toEqual([null, null, ["/", true]])
  })

  test("one that fails does not take a user with it who registered with a password", () => {
    const [signedIn, ended, ...left] = seen.password
    expect(signedIn).toBe("/")
    expect(ended).not.toBe("/")
    expect(left).toEqual([true, 0])
  })

  test("the address of somebody with a passkey opens nothing", () => {
    expect(seen.passkey).toEqual([NOT_LINKED, null, 1])
  })
})
