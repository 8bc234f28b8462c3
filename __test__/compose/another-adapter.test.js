// Users in ours, accounts and sessions in another package's adapter, through the core of Auth.js.

const { spawnSync } = require("node:child_process")
const { readdirSync, readFileSync } = require("node:fs")
const path = require("node:path")
const { describeOn } = require("../support/databases")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

describeOn("sqlite")("with accounts and sessions in @auth/unstorage-adapter", () => {
  let place
  let folder
  let seen

  beforeAll(async () => {
    place = await sqlite.fresh()
    folder = path.join(place.folder, "elsewhere")
    const script = path.join(__dirname, "sign-in.mjs")
    const run = spawnSync(process.execPath, [script, place.url, folder], { encoding: "utf8" })
    if (run.status !== 0) throw new Error(run.stderr)
    seen = JSON.parse(run.stdout)
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
