// Users in ours, accounts and sessions in another package's adapter, through the core of Auth.js.

const { spawnSync } = require("node:child_process")
const { readdirSync, readFileSync } = require("node:fs")
const path = require("node:path")
const { describeOn } = require("../support/databases")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

/** What a script of this folder saw. */
function seenBy(script, ...args) {
  const command = [path.join(__dirname, script), ...args]
  const run = spawnSync(process.execPath, command, { encoding: "utf8", timeout: 40_000 })
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout)
}

describeOn("sqlite")("with accounts and sessions in @auth/unstorage-adapter", () => {
  let place
  let folder
  let seen

  beforeAll(async () => {
    place = await sqlite.fresh()
    folder = path.join(place.folder, "elsewhere")
    seen = seenBy("sign-in.mjs", place.url, folder)
  })

  afterAll(() => place.drop())

  /** The contents of the other adapter's files whose names hold a word. */
  const files = (word) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.includes(word))
      .map((entry) => readFileSync(path.join(entry.parentPath ?? entry.path, entry.name), "utf8"))

  test("people sign in, and again to the same user", () => {
    expect(seen.first).toEqual({ name: "Ada", email: "ada@example.com", image: null })
    expect(seen.second).toEqual(seen.first)
    expect(seen.found).toEqual(seen.user)
  })

  test("a sign-out ends that session and no other", () => {
    expect(seen.signedOut).toEqual([null, "ada@example.com"])
  })

  test("an account that is refused leaves no user, so that the next try works", () => {
    expect(seen.refused).toEqual(["/auth/error", null])
    expect(seen.half).toBeNull()
    expect(seen.again).toEqual({ name: "Eve", email: "eve@example.com", image: null })
  })

  test("a deleted user has no session, and others keep theirs", () => {
    expect(seen.deleted).toEqual([null, null])
    expect(seen.others).toEqual(seen.again)
  })

  test("the rows are where they belong", async () => {
    const emails = await place.rows("SELECT email FROM users")
    expect(emails).toEqual([{ email: "eve@example.com" }])
    for (const table of ["accounts", "sessions"]) {
      expect(await place.rows(`SELECT count(*) AS n FROM ${table}`)).toEqual([{ n: 0 }])
    }
    const kept = files("").join("\n")
    expect(kept).toContain("eve-1")
    expect(kept).not.toContain("@example.com")
    expect(kept).not.toContain("ada-1")
  })
})

describeOn("sqlite")("moving from @auth/unstorage-adapter", () => {
  let place
  let seen

  beforeAll(async () => {
    place = await sqlite.fresh()
    seen = seenBy("move.mjs", place.url)
  })

  afterAll(() => place.drop())

  test("what is written while the other is in use is in ours, and nothing differs", async () => {
    const { user, session, account } = seen
    expect(await place.rows("SELECT id, name, email FROM users")).toEqual([
      { id: user.id, name: "Ada King", email: "ada@example.com" },
    ])
    expect(await place.rows("SELECT user_id, provider_account_id FROM accounts")).toEqual([
      { user_id: user.id, provider_account_id: account.providerAccountId },
    ])
    expect(await place.rows("SELECT user_id, expires FROM sessions")).toContainEqual({
      user_id: user.id,
      expires: new Date(session.expires).getTime(),
    })
    expect(seen.counts).toEqual({
      writes: 7,
      comparedReads: 2,
      differences: 0,
      failures: 0,
      operations: {},
    })
  })

  test("after the exchange the sessions go on, and the way back stays open", () => {
    expect(seen.after.user).toEqual(seen.user)
    expect(seen.back.session).toMatchObject({ sessionToken: "s2", userId: seen.user.id })
  })

  test("what is from before the mirror is reported", () => {
    expect(seen.old).toEqual([{ operation: "getUser", kind: "missing", fields: [] }])
  })
})
