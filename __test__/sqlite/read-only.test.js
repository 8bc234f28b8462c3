const fs = require("node:fs")
const path = require("node:path")
const { createHash } = require("node:crypto")
const { SqlxAdapter } = require("../..")
const { ask } = require("../support/child")
const { describeOn } = require("../support/databases")
const { refused } = require("../support/expectations")
const { makeAccount, makeSession, makeToken, makeUser, passkey } = require("../support/samples")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

describeOn("sqlite")("a file that may only be read", () => {
  let place
  let kept

  beforeEach(async () => {
    place = await sqlite.fresh()
    const writer = SqlxAdapter(place.url)
    const user = await makeUser(writer)
    const account = await makeAccount(writer, user.id)
    const session = await makeSession(writer, user.id)
    const token = await makeToken(writer)
    const key = await writer.createAuthenticator(passkey(user.id))
    kept = { user, account, session, token, key }
    await writer.close()
  })

  afterEach(() => place.drop())

  const digest = () => createHash("sha256").update(fs.readFileSync(place.file)).digest("hex")

  test("by ?mode=ro: look-ups work, writes are ERR_READ_ONLY, nothing changes", async () => {
    const before = digest()
    const adapter = SqlxAdapter(`${place.url}?mode=ro`)
    const { user, account, session, token, key } = kept

    expect(await adapter.getUser(user.id)).toStrictEqual(user)
    expect(await adapter.getUserByEmail(user.email)).toStrictEqual(user)
    expect(await adapter.getUserByAccount(account)).toStrictEqual(user)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toStrictEqual({ session, user })
    expect(await adapter.getAuthenticator(key.credentialID)).toStrictEqual(key)
    expect(await adapter.listAccounts(user.id)).toStrictEqual([account])

    const writes = [
      ["createUser", { name: "Eve" }],
      ["updateUser", { id: user.id, name: "Eve" }],
      ["deleteUser", user.id],
      ["linkAccount", { ...account, providerAccountId: "other" }],
      ["unlinkAccount", account],
      ["createSession", { ...session, sessionToken: "other" }],
      ["updateSession", session],
      ["deleteSession", session.sessionToken],
      ["createVerificationToken", { ...token, token: "other" }],
      ["useVerificationToken", token],
      ["createAuthenticator", { ...key, credentialID: "other" }],
      ["deleteSessionsByUser", user.id],
      ["deleteVerificationTokens", token.identifier],
    ]
    for (const [operation, argument] of writes) {
      const error = await refused(adapter[operation](argument), "ERR_READ_ONLY")
      expect(error.operation).toBe(operation)
    }
    await refused(adapter.updateAuthenticatorCounter(key.credentialID, 9), "ERR_READ_ONLY")
    await adapter.close()
    expect(digest()).toBe(before)
  })

  test("by ?mode=ro: an expired session is null all the same", async () => {
    const { session } = kept
    await place.execute("UPDATE sessions SET expires = ?", [Date.now() - 1000])
    const adapter = SqlxAdapter(`${place.url}?mode=ro`)
    expect(await adapter.getSessionAndUser(session.sessionToken)).toBeNull()
    expect(await adapter.listSessions(session.userId)).toStrictEqual([])
    await adapter.close()
  })

  test("by ?mode=ro: a file that is not there is not made", async () => {
    const missing = path.join(place.folder, "missing.db")
    const adapter = SqlxAdapter(`sqlite:${missing}?mode=ro`)
    await refused(adapter.getUser("x"), "ERR_CONNECT")
    await adapter.close()
    expect(fs.existsSync(missing)).toBe(false)
  })

  test("by ?mode=ro: an empty file has no tables, and gets none", async () => {
    const empty = path.join(place.folder, "empty.db")
    fs.writeFileSync(empty, "")
    const adapter = SqlxAdapter(`sqlite:${empty}?mode=ro`)
    const error = await adapter.getUser("x").catch((reason) => reason)
    expect(["ERR_SCHEMA", "ERR_READ_ONLY"]).toContain(error.code)
    await adapter.close()
    expect(fs.readFileSync(empty)).toHaveLength(0)
  })

  describe("by its permissions", () => {
    // Nothing is read-only to root, so that root tries it as somebody else.
    const root = process.getuid?.() === 0
    const wrap = root ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
    const script = `
      const { user, session } = JSON.parse(process.argv.at(-1))
      const adapter = SqlxAdapter(process.argv.at(-2))
      const failure = (error) => ({ code: error.code, message: error.message })
      const code = (promise) => promise.then(() => "done", (error) => error.code)
      const run = async () => {
        const reads = await adapter.getUser(user.id).then((found) => found?.name ?? null, failure)
        const found = await adapter.getSessionAndUser(session.sessionToken).catch(failure)
        const writes = await code(adapter.createUser({ name: "Eve" }))
        const deletes = await code(adapter.deleteUser(user.id))
        await adapter.close()
        say({ reads, session: found?.user?.id ?? found, writes, deletes })
      }
      run()
    `
    const attempt = () => ask(script, { wrap, args: [place.url, JSON.stringify(kept)], cwd: "/" })

    test("in a folder that may be written: look-ups work, writes are ERR_READ_ONLY", async () => {
      fs.chmodSync(place.file, 0o444)
      fs.chmodSync(place.folder, 0o777)
      const before = digest()
      expect(await attempt()).toEqual({
        reads: kept.user.name,
        session: kept.user.id,
        writes: "ERR_READ_ONLY",
        deletes: "ERR_READ_ONLY",
      })
      expect(digest()).toBe(before)
    })

    // SQLite needs the log's index beside the file even to read, unless it is there already.
    test("in a folder that may not be written either: it works, or says that it is the folder", async () => {
      fs.chmodSync(place.file, 0o444)
      fs.chmodSync(place.folder, 0o555)
      const before = digest()
      const { reads, session, writes, deletes } = await attempt()
      fs.chmodSync(place.folder, 0o755)

      expect([writes, deletes]).toEqual(["ERR_READ_ONLY", "ERR_READ_ONLY"])
      if (typeof reads === "string") {
        expect([reads, session]).toEqual([kept.user.name, kept.user.id])
      } else {
        expect(["ERR_CONNECT", "ERR_READ_ONLY"]).toContain(reads.code)
        expect(reads.message).toMatch(/folder|directory/)
        expect(session).toMatchObject({ code: reads.code })
      }
      expect(digest()).toBe(before)
    })

    test("a file that may not even be read is ERR_CONNECT", async () => {
      fs.chmodSync(place.file, 0o000)
      fs.chmodSync(place.folder, 0o755)
      const { reads, writes } = await attempt()
      expect([reads.code, writes]).toEqual(["ERR_CONNECT", "ERR_CONNECT"])
    })
  })
})
