const { said, startNode } = require("../support/child")
const { onServers } = require("../support/on-servers")
const { makeToken, makeUser, unique, uniqueEmail } = require("../support/samples")

const PROCESSES = 4
const CALLERS = 16

/** Waits for the word to go, and makes its callers' calls at once. */
const PROGRAM = `
const { url, operation, calls } = JSON.parse(process.env.RACE)
const adapter = SqlxAdapter(url)
const revive = (call) => (call.expires ? { ...call, expires: new Date(call.expires) } : call)
adapter.getUser("nobody").then(() => {
  say("ready")
  process.stdin.once("data", async () => {
    const settled = await Promise.allSettled(calls.map((call) => adapter[operation](revive(call))))
    await adapter.close()
    say({
      answers: settled.filter(({ value }) => value).map(({ value }) => value),
      codes: settled.filter(({ reason }) => reason).map(({ reason }) => reason.code),
    })
    process.exit()
  })
})
`

onServers("64 callers in four processes at once", (db) => {
  /** Makes the calls; gives what was answered, `null` left out, and the codes of the others. */
  async function race(operation, call) {
    const children = Array.from({ length: PROCESSES }, (_, process) => {
      const calls = Array.from({ length: CALLERS }, (_, n) => call(process * CALLERS + n))
      return startNode(PROGRAM, {
        env: { RACE: JSON.stringify({ url: db.url, operation, calls }) },
      })
    })
    const ready = ({ child }) => new Promise((resolve) => child.stdout.once("data", resolve))
    await Promise.all(children.map(ready))
    for (const { child } of children) child.stdin.write("go\n")
    const results = await Promise.all(children.map(({ ended }) => ended))
    const told = results.map((result) => said(result)[1])
    return {
      answers: told.flatMap(({ answers }) => answers),
      codes: told.flatMap(({ codes }) => codes),
    }
  }

  async function count(table, column, value) {
    const rows = await db.rows(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`, [value])
    return Number(rows[0].n)
  }

  test("using one token: one gets it", async () => {
    const adapter = db.open()
    for (const withIdentifier of [true, false]) {
      const token = await makeToken(adapter)
      const key = withIdentifier ? token : { token: token.token }
      const { answers, codes } = await race("useVerificationToken", () => key)
      expect(codes).toEqual([])
      expect(answers).toHaveLength(1)
      expect(answers[0].identifier).toBe(token.identifier)
      expect(await count("verification_tokens", "token", token.token)).toBe(0)
    }
  })

  test("creating users with one e-mail address: one row, one result", async () => {
    const email = uniqueEmail()
    const { answers, codes } = await race("createUser", (n) => ({ email, name: `Caller ${n}` }))
    expect(answers).toHaveLength(1)
    expect(codes).toEqual(Array(63).fill("ERR_UNIQUE"))
    expect(await count("users", "email", email)).toBe(1)
    expect((await db.open().getUserByEmail(email)).name).toBe(answers[0].name)
  })

  test("linking one account to as many users: one row, and no user is left half-made", async () => {
    const adapter = db.open()
    const users = await Promise.all(Array.from({ length: 64 }, () => makeUser(adapter)))
    const providerAccountId = unique("account")
    const link = (n) => ({
      userId: users[n].id,
      type: "oauth",
      provider: "github",
      providerAccountId,
    })
    const { answers, codes } = await race("linkAccount", link)
    expect(answers).toHaveLength(1)
    expect(codes).toEqual(Array(63).fill("ERR_UNIQUE"))
    expect(await count("accounts", "provider_account_id", providerAccountId)).toBe(1)
    const owner = await adapter.getUserByAccount({ provider: "github", providerAccountId })
    expect(owner.id).toBe(answers[0].userId)
    // Those that came too late are as they were.
    const found = await Promise.all(users.map(({ id }) => adapter.getUser(id)))
    expect(found).toStrictEqual(users)
    const accounts = await Promise.all(users.map(({ id }) => adapter.listAccounts(id)))
    expect(accounts.flat()).toHaveLength(1)
  })

  test("opening a database that has no tables: they are made once, and everybody is answered", async () => {
    const { url, drop } = await db.another()
    try {
      const children = Array.from({ length: PROCESSES }, () =>
        startNode(
          `const adapter = SqlxAdapter(${JSON.stringify(url)})
           const calls = Array.from({ length: ${CALLERS} }, (_, n) =>
             adapter.createUser({ name: "Caller " + n }))
           Promise.allSettled(calls).then(async (settled) => {
             await adapter.close()
             say(settled.map(({ reason }) => reason ? reason.code + reason.message : "made"))
           })`,
        ),
      )
      const results = await Promise.all(children.map(({ ended }) => ended))
      const told = results.flatMap((result) => said(result)[0])
      expect(told).toEqual(Array(64).fill("made"))
    } finally {
      await drop()
    }
  })
})
