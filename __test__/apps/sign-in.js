// What a person does, in a real browser, on the pages that every version of Auth.js itself serves;
// and what it left in the database, read by another process.

const assert = require("node:assert/strict")
const { randomBytes } = require("node:crypto")
const { setTimeout: sleep } = require("node:timers/promises")
const { query } = require("../support/sqlite.js")

/** Our own tables. */
const OURS = {
  provider: "provider",
  tokens: "verification_tokens",
  time: "email_verified",
  hashed: true,
}

/** The same where sessions are JWTs, and not in a table. */
const OURS_WITH_JWT = { ...OURS, jwt: true }

/** Those of NextAuth v3's default adapter, as TypeORM made them. */
const V3 = {
  provider: "provider_id",
  tokens: "verification_requests",
  time: "unixepoch(email_verified) * 1000",
  hashed: false,
}

/** A browser window, with cookies of its own, on an application. */
async function openWindow(browser, app) {
  const context = await browser.newContext()
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const session = async () => (await context.request.get(`${app.auth}/session`)).json()
  const email = async () => (await session())?.user?.email
  return { page, context, email, close: () => context.close() }
}

/** Signs in as Ada by OpenID Connect, and leaves the window open. */
async function signInByOpenId(browser, app) {
  const window = await openWindow(browser, app)
  const { page } = window
  await page.goto(`${app.auth}/signin`)
  await page.getByRole("button", { name: /Loopback ID/ }).click()
  await page.getByRole("button", { name: "Ada Lovelace" }).click()
  await page.waitForURL((url) => url.href.startsWith(app.base))
  assert.equal(await window.email(), "ada@example.test")

  const [user, ...others] = await query(app.database, "select * from users")
  assert.deepEqual(others, [])
  assert.equal(user.email, "ada@example.test")
  const { provider, hashed, jwt } = app.tables ?? OURS
  const accounts = await query(app.database, "select * from accounts")
  assert.deepEqual(
    accounts.map((account) => [account[provider], account.provider_account_id, account.user_id]),
    [["loopback", "ada", user.id]],
  )
  const sessions = await query(app.database, "select * from sessions")
  assert.deepEqual(
    sessions.map((session) => session.user_id),
    jwt ? [] : [user.id],
  )
  const cookies = await window.context.cookies()
  const cookie = cookies.find(({ name }) => name.endsWith("session-token"))
  assert.ok(cookie, "there is no session cookie")
  if (jwt) return window
  const isThere = sessions[0].session_token.includes(cookie.value)
  assert.equal(isThere, !hashed, `the token is ${isThere ? "" : "not "}stored as it is`)
  return window
}

/** Signs out of a window, and sees that the session is gone from the database. */
async function signOut(window, app) {
  const { page } = window
  await page.goto(`${app.auth}/signout`)
  await page.getByRole("button", { name: /sign out/i }).click()
  await page.waitForURL((url) => !url.pathname.endsWith("/signout"))
  assert.equal(await window.email(), undefined)
  assert.deepEqual(await query(app.database, "select 1 from sessions"), [])
  await window.close()
}

/** Signs in by magic link, and finds that the link does not work again. */
async function signInByMagicLink(browser, app) {
  const { tokens, time } = app.tables ?? OURS
  const email = `${randomBytes(6).toString("hex")}@example.test`
  const window = await openWindow(browser, app)
  const { page } = window
  await page.goto(`${app.auth}/signin`)
  await page.locator('input[name="email"]').fill(email)
  await page.getByRole("button", { name: /email|nodemailer/i }).click()
  await page.waitForURL(/verify-request/)
  const pending = await query(app.database, `select identifier from ${tokens}`)
  assert.deepEqual(pending, [{ identifier: email }])

  const link = await newestLink(app, email)
  await page.goto(link)
  assert.equal(await window.email(), email)
  assert.deepEqual(await query(app.database, `select 1 from ${tokens}`), [])
  const verified = `select ${time} as time from users where email = ?`
  const [user] = await query(app.database, verified, [email])
  assert.ok(Math.abs(user.time - Date.now()) < 120_000)

  const second = await openWindow(browser, app)
  await second.page.goto(link)
  assert.match(second.page.url(), /error=Verification/)
  assert.equal(await second.email(), undefined)
  await second.close()
  await signOut(window, app)
}

async function newestLink(app, email) {
  for (let tries = 0; tries < 100; tries++) {
    const mail = (await app.mails()).find(({ to }) => to === email)
    if (mail) return mail.text.match(/https?:\/\/\S+/)[0]
    await sleep(100)
  }
  throw new Error("no mail came")
}

module.exports = { OURS_WITH_JWT, V3, signInByMagicLink, signInByOpenId, signOut }
