// The move of docs/compose.md: from another package's tables to ours, and back, while people sign in.

const { spawnSync } = require("node:child_process")
const { mkdtempSync, readFileSync, rmSync } = require("node:fs")
const { tmpdir } = require("node:os")
const path = require("node:path")
const { audit } = require("../faults/sign-ins/audit")
const { describeOn } = require("../support/databases")
const { postgres } = require("../support/postgres")

jest.setTimeout(60_000)

const TABLES = path.join(__dirname, "../presets/ddl/kysely.postgres.sql")

/** Their rows under the names of ours, as the checker reads them. */
const AS_OURS = [
  `CREATE VIEW users AS SELECT id::text, email, "emailVerified" AS email_verified FROM "User"`,
  `CREATE VIEW accounts AS SELECT "userId"::text AS user_id, provider,
    "providerAccountId" AS provider_account_id FROM "Account"`,
  `CREATE VIEW sessions AS SELECT "userId"::text AS user_id,
    'sha256:' || encode(sha256("sessionToken"::bytea), 'hex') AS session_token FROM "Session"`,
  `CREATE VIEW verification_tokens AS SELECT identifier, token FROM "VerificationToken"`,
]

describeOn("postgres")("a move from @auth/kysely-adapter and back, while people sign in", () => {
  let theirs
  let ours
  let journal
  let seen

  beforeAll(async () => {
    theirs = await postgres.fresh()
    ours = await postgres.fresh()
    const tables = readFileSync(TABLES, "utf8").split("\n")
    for (const sql of tables) if (/^CREATE/.test(sql)) await theirs.execute(sql)
    journal = path.join(mkdtempSync(path.join(tmpdir(), "journals-")), "0")
    const args = [path.join(__dirname, "live-move.mjs"), theirs.url, ours.url, journal]
    const run = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 50_000 })
    if (run.status !== 0) throw new Error(run.stderr || run.stdout)
    seen = JSON.parse(run.stdout)
    for (const sql of AS_OURS) await theirs.execute(sql)
  })

  afterAll(async () => {
    rmSync(path.dirname(journal), { recursive: true, force: true })
    for (const place of [theirs, ours]) await place.drop()
  })

  test("signs nobody out, and brings no session back", () => {
    expect(seen.wrong).toEqual([])
    for (const name of ["signIns", "reads", "signOuts", "deletions"]) {
      expect(seen[name]).toBeGreaterThan(5)
    }
    const [first] = seen.copies
    expect(first.models.user.inserted).toBeGreaterThan(100)
  })

  test("leaves nothing that differs", () => {
    const { settled } = seen.settled
    expect(settled).toBeGreaterThan(5)
    for (const stage of ["compared", "moved", "back", "comparedBack"]) {
      expect(seen[stage]).toMatchObject({ differences: 0, failures: 0 })
    }
    expect(seen.compared.comparedReads).toBe(200)
  })

  test.each(["ours", "theirs"])("loses nothing that was acknowledged (%s)", async (which) => {
    const reader = { ours, theirs }[which]
    const journals = [journal]
    const findings = which === "ours" ? seen.findings : []
    const { wrong, acknowledged } = await audit({ journals, reader, findings, lockedOut: [] })
    expect(wrong).toEqual([])
    expect(acknowledged).toBeGreaterThan(500)
  })
})
