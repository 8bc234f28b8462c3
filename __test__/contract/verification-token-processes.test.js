// What the option verificationTokens counts is counted by the database: in four processes, all of which
// try at the same moment.

const readline = require("node:readline")
const { said, startNode } = require("../support/child")
const { contract } = require("../support/contract")
const { makeToken, unique } = require("../support/samples")

const PROCESSES = 4
/** Of each process. */
const TRIES = 16

const RULES = {
  threeUses: { graceSeconds: 600 },
  threeAttempts: { maxAttempts: 3 },
  manyAttempts: { maxAttempts: PROCESSES * TRIES + 1 },
}

/** What a process does that tries tokens: as many at once as it is told, by the rule that it is told. */
const GUESSER = `
  const [url, rules, scope] = process.argv.slice(-3).map((text, n) => n ? JSON.parse(text) : text)
  const columns = Object.fromEntries(Object.keys(scope).map((name) => [name, "text"]))
  const tenants = Object.keys(columns).length > 0 && { scope: { columns, values: () => scope } }
  const open = ([rule, verificationTokens]) =>
    [rule, SqlxAdapter(url, { verificationTokens, pool: { max: 3 }, ...tenants })]
  const adapters = Object.fromEntries(Object.entries(rules).map(open))
  const each = (run) => Promise.all(Object.values(adapters).map(run))
  require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
    const { rule, identifier, tokens } = JSON.parse(line)
    const use = (token) => adapters[rule].useVerificationToken({ identifier, token })
    const found = await Promise.all(tokens.map(use))
    say(found.filter(Boolean).map(({ token }) => token))
  }).on("close", () => each((adapter) => adapter.close()))
  each((adapter) => adapter.getUser("nobody")).then(() => say("ready"))
`

/** Notes how many tries a token had that is deleted, however that comes about. */
const NOTED = {
  sqlite: [
    `CREATE TRIGGER noted AFTER DELETE ON verification_tokens
     BEGIN INSERT INTO ended VALUES (OLD.identifier, OLD.attempts); END`,
  ],
  postgres: [
    `CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN INSERT INTO ended VALUES (OLD.identifier, OLD.attempts); RETURN OLD; END $$`,
    `CREATE TRIGGER noted AFTER DELETE ON verification_tokens
     FOR EACH ROW EXECUTE FUNCTION noted()`,
  ],
  mysql: [
    `CREATE TRIGGER noted AFTER DELETE ON verification_tokens
     FOR EACH ROW INSERT INTO ended VALUES (OLD.identifier, OLD.attempts)`,
  ],
}

contract("verificationTokens in four processes", (db) => {
  let processes

  beforeAll(async () => {
    const args = [db.url, JSON.stringify(RULES), JSON.stringify(db.scope)]
    processes = Array.from({ length: PROCESSES }, () => {
      const { child, ended } = startNode(GUESSER, { args, timeout: 120_000 })
      const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      const next = async () => JSON.parse((await lines.next()).value ?? '"ended"')
      return { child, ended, next }
    })
    await db.execute("CREATE TABLE ended (identifier varchar(255), attempts integer)")
    for (const sql of NOTED[db.kind] ?? NOTED.mysql) await db.execute(sql)
    expect(await answers()).toEqual(Array(PROCESSES).fill("ready"))
  })

  afterAll(async () => {
    for (const { child } of processes) child.stdin.end()
    for (const { ended } of processes) said(await ended)
  })

  const answers = () => Promise.all(processes.map(({ next }) => next()))

  /** Lets each process try its tokens, all at the same moment; gives those that were found. */
  async function tried(rule, { identifier }, tokensOf) {
    for (const [n, { child }] of processes.entries()) {
      const tokens = Array.from({ length: TRIES }, (_, index) => tokensOf(n, index))
      child.stdin.write(`${JSON.stringify({ rule, identifier, tokens })}\n`)
    }
    return (await answers()).flat()
  }

  const wrong = () => unique("wrong")
  const stored = ({ identifier }) =>
    db.rows("SELECT * FROM verification_tokens WHERE identifier = ?", [identifier])

  test("graceSeconds: three of 64 uses find the token", async () => {
    const token = await makeToken(db.adapter)
    expect(await tried("threeUses", token, () => token.token)).toEqual(Array(3).fill(token.token))
    expect(Number((await stored(token))[0].uses)).toBe(3)
  })

  test("maxAttempts: none of 64 tries is lost", async () => {
    const token = await makeToken(db.adapter)
    expect(await tried("manyAttempts", token, wrong)).toEqual([])
    expect(Number((await stored(token))[0].attempts)).toBe(PROCESSES * TRIES)
    const last = await tried("manyAttempts", token, (n, index) =>
      n + index === 0 ? token.token : unique("another's"),
    )
    expect(last.length).toBeLessThanOrEqual(1)
    expect(await stored(token)).toEqual([])
  })

  // The right code is among the first or the last, so that in some rounds it is found, and in some not.
  test.each([0, 0, 5, 10, 15])(
    "maxAttempts: the right code among 60 wrong ones is not looked up ahead of them (as number %i)",
    async (position) => {
      const token = await makeToken(db.adapter)
      const found = await tried("threeAttempts", token, (_, index) =>
        index === position ? token.token : wrong(),
      )
      expect(await stored(token)).toEqual([])
      const ends = await db.rows("SELECT attempts FROM ended WHERE identifier = ?", [
        token.identifier,
      ])
      expect(ends).toHaveLength(1)
      const attempts = Number(ends[0].attempts)
      if (found.length === 0) expect(attempts).toBe(3)
      else expect(attempts).toBeLessThan(3)
      expect([[], [token.token]]).toContainEqual(found)
    },
  )
})
