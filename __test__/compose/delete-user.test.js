// A user is deleted everywhere, also when it takes more than one try.

const { SqlxAdapter } = require("../..")
const { said, startNode, ROOT } = require("../support/child")
const {
  makeAccount,
  makeSession,
  makeToken,
  makeUser,
  passkey,
  unique,
} = require("../support/samples")
const { sqlite } = require("../support/sqlite")
const { describeOnBoth } = require("./systems")

jest.setTimeout(60_000)

describeOnBoth("deleteUser across systems", (both) => {
  let place
  let accounts

  beforeAll(async () => {
    place = await sqlite.fresh()
    accounts = SqlxAdapter(place.url)
  })

  afterAll(async () => {
    await accounts.close()
    await place.drop()
  })

  const compose = (account = accounts) => both.compose({ account, authenticator: accounts })

  async function makeOwner() {
    const adapter = compose()
    const user = await makeUser(adapter)
    const [{ sessionToken }] = [
      await makeSession(adapter, user.id),
      await makeSession(adapter, user.id),
    ]
    const { provider, providerAccountId } = await makeAccount(adapter, user.id)
    await adapter.createAuthenticator(passkey(user.id))
    await makeToken(adapter, { identifier: user.email })
    return { user, sessionToken, key: { provider, providerAccountId } }
  }

  /** What is stored of a user: sessions, accounts, passkeys, pending magic links, users. */
  async function stored({ id, email }) {
    const counted = async (at, table, column = "user_id", value = id) => {
      const sql = `SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`
      return Number((await at.rows(sql, [value]))[0].n)
    }
    return {
      sessions: await counted(both.others.place, "sessions"),
      accounts: await counted(place, "accounts"),
      passkeys: await counted(place, "authenticators"),
      links: await counted(both.users.place, "verification_tokens", "identifier", email),
      users: await counted(both.users.place, "users", "id"),
      standIns:
        (await counted(both.others.place, "users", "id")) + (await counted(place, "users", "id")),
    }
  }

  const all = { sessions: 2, accounts: 1, passkeys: 1, links: 1, users: 1, standIns: 2 }
  const none = { sessions: 0, accounts: 0, passkeys: 0, links: 0, users: 0, standIns: 0 }
  const marked = { ...all, links: 0 }
  const signedOut = { ...marked, sessions: 0, standIns: 1 }

  test("leaves nothing of them in any system, and nothing of others is touched", async () => {
    const [ada, eve] = [await makeOwner(), await makeOwner()]
    expect(await stored(ada.user)).toEqual(all)

    expect(await compose().deleteUser(ada.user.id)).toStrictEqual(ada.user)

    expect(await stored(ada.user)).toEqual(none)
    expect(await stored(eve.user)).toEqual(all)
    expect(await compose().getUserByAccount(ada.key)).toBeNull()
    expect(await compose().getUserByAccount(eve.key)).toStrictEqual(eve.user)
    expect(await compose().deleteUser(ada.user.id)).toBeNull()
  })

  test("an error half-way leaves no session, and calling it again completes it", async () => {
    const { user, sessionToken, key } = await makeOwner()
    const refuse = `CREATE TRIGGER refuse BEFORE DELETE ON accounts
      WHEN OLD.user_id = '${user.id}' BEGIN SELECT RAISE(ABORT, 'not now'); END`
    await place.execute(refuse)

    await expect(compose().deleteUser(user.id)).rejects.toMatchObject({
      name: "SqlxAdapterError",
      operation: "deleteUser",
    })
    expect(await stored(user)).toEqual(signedOut)
    await expectGone(user, sessionToken)
    // The account is theirs no more, and cannot be anybody else's yet.
    await expect(compose().getUserByAccount(key)).rejects.toMatchObject({
      name: "SqlxAdapterError",
    })
    await expect(compose().repair()).rejects.toMatchObject({ name: "SqlxAdapterError" })

    await place.execute("DROP TRIGGER refuse")
    expect(await compose().deleteUser(user.id)).toBeNull()
    expect(await stored(user)).toEqual(none)
  })

  /** For whoever asks the composition, whatever is left. */
  async function expectGone(user, sessionToken) {
    const adapter = compose()
    expect(await adapter.getSessionAndUser(sessionToken)).toBeNull()
    expect(await adapter.getUser(user.id)).toBeNull()
    expect(await adapter.getUserByEmail(user.email)).toBeNull()
    const [{ email }] = await both.users.place.rows("SELECT email FROM users WHERE id = ?", [
      user.id,
    ])
    expect(await adapter.getUserByEmail(email)).toBeNull()
    for (const change of [{ name: "Eve" }, { email: `${unique("eve")}@example.com` }]) {
      await expect(adapter.updateUser({ id: user.id, ...change })).rejects.toMatchObject({
        code: "ERR_NOT_FOUND",
      })
    }
  }

  const WAYS = {
    "repair in a new process": async () => {
      const { repair } = compose()
      expect(await repair()).toEqual({ deletedUsers: 1 })
      expect(await repair()).toEqual({ deletedUsers: 0 })
    },
    "calling it again": async ({ user }) => {
      expect(await compose().deleteUser(user.id)).toBeNull()
    },
    "a sign-in with the account": async ({ key }) => {
      expect(await compose().getUserByAccount(key)).toBeNull()
    },
  }

  test.each([
    ["the sessions", "repair in a new process", "session", marked],
    ["the accounts", "repair in a new process", "account", signedOut],
    ["the accounts", "a sign-in with the account", "account", signedOut],
    ["the user", "repair in a new process", "user", { ...none, users: 1 }],
    ["the user", "calling it again", "user", { ...none, users: 1 }],
  ])(
    "what a process leaves that is killed before it deletes %s is completed by %s",
    async (_, way, model, left) => {
      const owner = await makeOwner()
      const { user, sessionToken } = owner
      const { child, ended } = startNode(
        `
      const { composeAdapters } = require(${JSON.stringify(`${ROOT}/compose.js`)})
      const [users, sessions, accounts] = process.argv.slice(-3).map((url) => SqlxAdapter(url))
      const parts = { user: users, account: accounts, session: sessions, authenticator: accounts }
      // Stops for ever where it is to be killed: everything before is real, and so is the kill.
      const stopped = () => new Promise(() => {
        say("here")
        setInterval(() => {}, 1000)
      })
      parts.${model} = { ...parts.${model}, deleteUser: stopped }
      const adapter = composeAdapters({ ...parts, verificationToken: users })
      adapter.deleteUser(${JSON.stringify(user.id)})
    `,
        { args: [both.users.place.url, both.others.place.url, place.url] },
      )
      await new Promise((resolve) => child.stdout.once("data", resolve))
      child.kill("SIGKILL")
      const { signal, stdout } = await ended
      expect([signal, said({ code: 0, signal: null, stdout })]).toEqual(["SIGKILL", ["here"]])

      expect(await stored(user)).toEqual(left)
      await expectGone(user, sessionToken)
      // The address is free for somebody who comes anew.
      const again = await makeUser(compose(), { email: user.email })
      await WAYS[way](owner)
      expect(await stored(user)).toEqual(none)
      expect(await compose().getUser(again.id)).toStrictEqual(again)
    },
  )

  test("pending magic links in a third system go, too, and nobody else's", async () => {
    const adapter = both.compose({ verificationToken: accounts })
    const [ada, eve] = [await makeUser(adapter), await makeUser(adapter)]
    for (const { email } of [ada, ada, eve]) await makeToken(adapter, { identifier: email })
    const links = async ({ email }) => {
      const sql = "SELECT token FROM verification_tokens WHERE identifier = ?"
      return (await place.rows(sql, [email])).length
    }
    expect(await adapter.deleteUser(ada.id)).toStrictEqual(ada)
    expect([await links(ada), await links(eve)]).toEqual([0, 1])
    expect(await adapter.deleteVerificationTokens(eve.email)).toBe(1)
    expect(await links(eve)).toBe(0)
  })

  test("a magic link that cannot be deleted keeps the user as they were", async () => {
    const { user } = await makeOwner()
    const { email } = user
    const refusing = {
      ...both.users.adapter,
      deleteVerificationTokens: (given) => accounts.getUser(given === email ? Symbol("no") : ""),
    }
    const adapter = both.compose({
      account: accounts,
      authenticator: accounts,
      verificationToken: refusing,
    })
    await expect(adapter.deleteUser(user.id)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
    })
    expect(await stored(user)).toEqual(all)
    expect(await adapter.getUser(user.id)).toStrictEqual(user)
  })

  test("where a part can never delete, nothing is deleted", async () => {
    const { user } = await makeOwner()
    const { deleteUser, ...rest } = accounts
    await expect(compose(rest).deleteUser(user.id)).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED",
      operation: "deleteUser",
      message: expect.stringContaining("account"),
    })
    expect(await stored(user)).toEqual(all)
  })

  test("sessions that share the users' database go before accounts elsewhere", async () => {
    const users = both.users.adapter
    const adapter = both.compose({ account: accounts, session: users, authenticator: accounts })
    const user = await makeUser(adapter)
    const { sessionToken } = await makeSession(adapter, user.id)
    await makeAccount(adapter, user.id)
    const { deleteUser, ...rest } = accounts
    const refusing = { ...rest, deleteUser: () => accounts.getUser(Symbol("refused")) }
    const failing = both.compose({ account: refusing, session: users, authenticator: false })

    await expect(failing.deleteUser(user.id)).rejects.toMatchObject({
      code: "ERR_INVALID_ARGUMENT",
    })
    expect(await adapter.getSessionAndUser(sessionToken)).toBeNull()
    expect(await adapter.getUser(user.id)).toBeNull()
    expect(await adapter.repair()).toEqual({ deletedUsers: 1 })
    expect(await stored(user)).toEqual(none)
  })

  test("more users at once than there are marks are all deleted", async () => {
    const adapter = compose()
    const users = await Promise.all(Array.from({ length: 80 }, () => makeUser(adapter)))
    const sessions = await Promise.all(users.map(({ id }) => makeSession(adapter, id)))
    const deleted = await Promise.all(users.map(({ id }) => compose().deleteUser(id)))
    expect(deleted).toStrictEqual(users)
    for (const user of users) expect(await stored(user)).toEqual(none)
    expect(sessions).toHaveLength(80)
    expect(await adapter.repair()).toEqual({ deletedUsers: 0 })
  })
})
