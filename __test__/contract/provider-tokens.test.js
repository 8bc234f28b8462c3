const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { makeUser, unique } = require("../support/samples")

/** What NextAuth v4 spreads into the account: the provider's token response, as it comes. */
const RESPONSES = {
  keycloak: {
    access_token: "kc-access",
    expires_at: 1_700_000_300,
    refresh_expires_in: 1800,
    refresh_token: "kc-refresh",
    token_type: "Bearer",
    id_token: "kc-id",
    "not-before-policy": 0,
    session_state: "f1b2c3d4-0000-4000-8000-000000000000",
    scope: "openid profile email",
  },
  "azure-ad": {
    token_type: "Bearer",
    scope: "openid profile email User.Read",
    expires_at: 1_700_003_599,
    ext_expires_in: 3599,
    access_token: "az-access",
    id_token: "az-id",
    session_state: "az-state",
  },
  "azure-ad-b2c": {
    token_type: "Bearer",
    access_token: "b2c-access",
    not_before: 1_700_000_000,
    expires_on: 1_700_003_600,
    resource: "00000000-0000-4000-8000-000000000000",
    profile_info: "eyJ2ZXIiOiIxLjAifQ",
    refresh_token: "b2c-refresh",
    refresh_token_expires_in: 1_209_600,
  },
  gitlab: {
    access_token: "gl-access",
    token_type: "Bearer",
    expires_at: 1_700_007_200,
    refresh_token: "gl-refresh",
    scope: "read_user",
    created_at: 1_700_000_000,
  },
  "github-app": {
    access_token: "ghu_access",
    expires_at: 1_700_028_800,
    refresh_token: "ghr_refresh",
    refresh_token_expires_in: 15_897_600,
    scope: "",
    token_type: "bearer",
  },
  slack: {
    ok: true,
    app_id: "A0000000000",
    authed_user: { id: "U0", scope: "identity.basic", access_token: "xoxp-1", token_type: "user" },
    team: { id: "T0", name: "Team" },
    enterprise: null,
    is_enterprise_install: false,
    access_token: "xoxb-1",
    token_type: "bot",
    scope: "identity.basic",
  },
  twitter: { oauth_token: "tw-token", oauth_token_secret: "tw-secret" },
}

contract("linkAccount with a provider's own fields", (db) => {
  const stored = ({ provider, providerAccountId }) =>
    db.one("account", { provider, providerAccountId })

  async function link(provider, response) {
    const user = await makeUser(db.adapter)
    const key = { userId: user.id, type: "oauth", provider, providerAccountId: unique("account") }
    return { key, account: await db.adapter.linkAccount({ ...response, ...key }) }
  }

  test.each(Object.entries(RESPONSES))("stores what it knows of %s's", async (name, response) => {
    const { key, account } = await link(name, response)
    const expected = db.kept("account", { ...response, ...key })
    expect(account).toStrictEqual(expected)
    expect(await stored(key)).toMatchObject(expected)
    expect(await db.adapter.getAccount(key.providerAccountId, name)).toStrictEqual(account)
  })

  test("joins Twitch's list of scopes with spaces", async () => {
    const { key, account } = await link("twitch", {
      access_token: "tt-access",
      scope: ["openid", "user:read:email"],
    })
    const scope = db.kept("account", { scope: "openid user:read:email" })
    expect(account).toMatchObject(scope)
    expect(await stored(key)).toMatchObject(scope)
  })

  test("finds GitHub's numeric account id by the number and by its text", async () => {
    const user = await makeUser(db.adapter)
    const number = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER)
    const text = String(number)
    const account = await db.adapter.linkAccount({
      userId: user.id,
      type: "oauth",
      provider: "github",
      providerAccountId: number,
    })
    expect(account.providerAccountId).toBe(text)
    expect((await stored(account)).providerAccountId).toBe(text)

    for (const providerAccountId of [number, text]) {
      const key = { provider: "github", providerAccountId }
      expect(await db.adapter.getUserByAccount(key)).toStrictEqual(user)
      expect(await db.adapter.getAccount(providerAccountId, "github")).toStrictEqual(account)
    }
    const key = { provider: "github", providerAccountId: number }
    expect(await db.adapter.unlinkAccount(key)).toStrictEqual(account)
  })

  test("takes every number that is exact, and refuses those that are not", async () => {
    const user = await makeUser(db.adapter)
    const provider = unique("numbers")
    const link = (providerAccountId) =>
      db.adapter.linkAccount({ userId: user.id, type: "oauth", provider, providerAccountId })
    for (const number of [0, 7, Number.MAX_SAFE_INTEGER]) {
      expect((await link(number)).providerAccountId).toBe(String(number))
    }
    for (const number of [2 ** 53 + 2, 4.5, Number.NaN, Infinity]) {
      await refused(link(number), "ERR_INVALID_ARGUMENT")
    }
    expect(await db.countOf("account", { provider })).toBe(3)
  })

  test.each([
    ["a whole number", 1_700_000_000, 1_700_000_000],
    ["a fraction, floored", 1_700_000_000.9, 1_700_000_000],
    ["a number as text", "1700000000", 1_700_000_000],
    ["zero", 0, 0],
    ["a time after 2038", 4_102_444_800, 4_102_444_800],
  ])("takes expires_at as %s", async (_, given, expected) => {
    if (expected > db.schema.latestExpiry && db.kept("account", { expires_at: 1 }).expires_at) {
      await refused(link("expiring", { expires_at: given }), "ERR_INVALID_ARGUMENT")
      return
    }
    const { key, account } = await link("expiring", { expires_at: given })
    expect(account).toMatchObject(db.kept("account", { expires_at: expected }))
    expect(await stored(key)).toMatchObject(db.kept("account", { expires_at: expected }))
  })

  test("leaves out an expires_at that is null or undefined", async () => {
    for (const expires_at of [null, undefined]) {
      const { key, account } = await link("expiring", { expires_at })
      expect(account).not.toHaveProperty("expires_at")
      expect((await stored(key)).expires_at ?? null).toBeNull()
    }
  })
})
