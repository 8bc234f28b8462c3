const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { ago, hence, makeToken, unique, uniqueEmail } = require("../support/samples")

contract("createVerificationToken and useVerificationToken", (db) => {
  const stored = ({ identifier }) => db.all("verificationToken", { identifier })

  test("createVerificationToken stores the token and returns it, without an id", async () => {
    const token = { identifier: uniqueEmail(), token: unique("token"), expires: hence() }
    expect(await db.adapter.createVerificationToken(token)).toStrictEqual(token)

    expect(await stored(token)).toEqual([{ ...token, expires: token.expires.getTime() }])
  })

  test("an identifier is kept as given, to the byte", async () => {
    const identifier = `  ${unique("Ünï")}@EXAMPLE.com `
    const token = await makeToken(db.adapter, { identifier })

    expect(token.identifier).toBe(identifier)
    expect((await stored(token))[0].identifier).toBe(identifier)
    const trimmed = { identifier: identifier.trim(), token: token.token }
    expect(await db.adapter.useVerificationToken(trimmed)).toBeNull()
    const lowered = { identifier: identifier.toLowerCase(), token: token.token }
    expect(await db.adapter.useVerificationToken(lowered)).toBeNull()
    expect(await db.adapter.useVerificationToken(token)).toStrictEqual(token)
  })

  test("the same token made again for one address is one token, with the later expiry", async () => {
    const token = await makeToken(db.adapter)
    const again = { ...token, expires: new Date(token.expires.getTime() + 99_000) }
    expect(await db.adapter.createVerificationToken(again)).toStrictEqual(again)

    expect(await stored(token)).toHaveLength(1)
    expect(await db.adapter.useVerificationToken(token)).toStrictEqual(again)
    expect(await db.adapter.useVerificationToken(token)).toBeNull()
  })

  test("a token that several addresses have is nobody's without an identifier", async () => {
    const first = await makeToken(db.adapter)
    const twice = makeToken(db.adapter, { token: first.token })
    if (db.schema.tokenIsKey) {
      // Random tokens are never alike; a second one takes nobody's place.
      await refused(twice, "ERR_UNIQUE")
      expect(await db.adapter.useVerificationToken(first)).toStrictEqual(first)
      return
    }
    const second = await twice
    expect(await db.adapter.useVerificationToken({ token: first.token })).toBeNull()
    expect(await db.adapter.useVerificationToken(second)).toStrictEqual(second)
    expect(await db.adapter.useVerificationToken(first)).toStrictEqual(first)
  })

  test("one address may have several tokens", async () => {
    const identifier = uniqueEmail()
    const first = await makeToken(db.adapter, { identifier })
    const second = await makeToken(db.adapter, { identifier })
    expect(await db.adapter.useVerificationToken(second)).toStrictEqual(second)
    expect(await db.adapter.useVerificationToken(first)).toStrictEqual(first)
  })

  test.each(["identifier", "token", "expires"])(
    "createVerificationToken refuses one without %s",
    async (key) => {
      for (const value of [undefined, null]) {
        await refused(makeToken(db.adapter, { [key]: value }), "ERR_INVALID_ARGUMENT")
      }
    },
  )

  test("useVerificationToken gives a token once", async () => {
    const token = await makeToken(db.adapter)
    const { identifier } = token
    const key = { identifier, token: token.token }
    expect(await db.adapter.useVerificationToken(key)).toStrictEqual(token)
    expect(await stored(token)).toEqual([])
    expect(await db.adapter.useVerificationToken(key)).toBeNull()
  })

  test("useVerificationToken takes that token only", async () => {
    const [used, kept] = [await makeToken(db.adapter), await makeToken(db.adapter)]
    await db.adapter.useVerificationToken(used)
    expect(await stored(kept)).toHaveLength(1)
  })

  test("useVerificationToken with a wrong identifier gives null and takes nothing", async () => {
    const token = await makeToken(db.adapter)
    const wrong = { identifier: uniqueEmail(), token: token.token }
    expect(await db.adapter.useVerificationToken(wrong)).toBeNull()
    expect(await db.adapter.useVerificationToken({ ...wrong, identifier: "" })).toBeNull()
    expect(await stored(token)).toHaveLength(1)
    expect(await db.adapter.useVerificationToken(token)).toStrictEqual(token)
  })

  test("useVerificationToken with a wrong token gives null and takes nothing", async () => {
    const token = await makeToken(db.adapter)
    const wrong = { identifier: token.identifier, token: unique("token") }
    expect(await db.adapter.useVerificationToken(wrong)).toBeNull()
    expect(await stored(token)).toHaveLength(1)
  })

  test("useVerificationToken without an identifier looks it up by the token alone", async () => {
    const first = await makeToken(db.adapter)
    expect(await db.adapter.useVerificationToken({ token: first.token })).toStrictEqual(first)
    expect(await stored(first)).toEqual([])

    const second = await makeToken(db.adapter)
    const unknown = { identifier: undefined, token: second.token }
    expect(await db.adapter.useVerificationToken(unknown)).toStrictEqual(second)
    expect(await db.adapter.useVerificationToken(unknown)).toBeNull()
    expect(await db.adapter.useVerificationToken({ token: unique("token") })).toBeNull()
  })

  test("useVerificationToken without a token gives null and takes nothing", async () => {
    const token = await makeToken(db.adapter)
    const { identifier } = token
    const calls = [
      { identifier },
      { identifier, token: undefined },
      { identifier, token: null },
      { identifier, token: "" },
      {},
      { token: null },
    ]
    for (const call of calls) expect(await db.adapter.useVerificationToken(call)).toBeNull()
    expect(await stored(token)).toHaveLength(1)
  })

  test("an expired token is taken, and null is given", async () => {
    const token = await makeToken(db.adapter, { expires: ago() })
    expect(await db.adapter.useVerificationToken(token)).toBeNull()
    expect(await stored(token)).toEqual([])

    const other = await makeToken(db.adapter, { expires: ago(1) })
    expect(await db.adapter.useVerificationToken({ token: other.token })).toBeNull()
    expect(await stored(other)).toEqual([])
  })

  test("deleteVerificationTokens deletes all of an identifier's, and nobody else's", async () => {
    const identifier = uniqueEmail()
    const first = await makeToken(db.adapter, { identifier })
    const others = [
      await makeToken(db.adapter, { identifier, expires: ago() }),
      await makeToken(db.adapter),
    ]
    await db.insert("verificationToken", { identifier, token: unique("token"), expires: hence() })
    expect(await db.adapter.deleteVerificationTokens(`${identifier} `)).toBe(0)
    expect(await db.adapter.deleteVerificationTokens(identifier)).toBe(3)

    expect(await stored(first)).toEqual([])
    expect(await stored(others[1])).toHaveLength(1)
    expect(await db.adapter.useVerificationToken(first)).toBeNull()
    expect(await db.adapter.deleteVerificationTokens(identifier)).toBe(0)
  })

  test("a token that another program stored is taken", async () => {
    const token = { identifier: uniqueEmail(), token: unique("token"), expires: hence() }
    await db.insert("verificationToken", token)
    expect(await db.adapter.useVerificationToken(token)).toStrictEqual(token)
  })
})
