// The example as a person meets it: `npm start`, a real browser, real OpenID Connect and real
// mail. What the adapter wrote is read from the SQLite file by another process at each step.

const { execFileSync } = require("node:child_process")
const fs = require("node:fs/promises")
const path = require("node:path")
const { chromium } = require("playwright-core")
const { freshFolder, query } = require("../support/sqlite.js")
const { root, startExample } = require("./example.js")

const minutes = 60_000
jest.setTimeout(2 * minutes)

let folder
let data // the example's folder
let example
let browser
let ada // a browser window, with cookies of its own
let link // the magic link that was used

beforeAll(async () => {
  folder = await freshFolder()
  data = path.join(folder, "100% of #1 & 2?") // any name will do
  example = await startExample({ data })
  const executablePath =
    process.env.CHROMIUM || execFileSync("which", ["chromium"], { encoding: "utf8" }).trim()
  browser = await chromium.launch({ executablePath })
}, 30 * minutes)

afterAll(async () => {
  await browser?.close()
  await example?.destroy()
  await fs.rm(folder, { recursive: true, force: true })
})

const rows = (sql, values) => query(path.join(data, "auth.db"), sql, values)

async function openWindow() {
  const viewport = { width: 1100, height: 560 }
  const context = await browser.newContext({ viewport, deviceScaleFactor: 2 })
  return context.newPage()
}

async function signIn(page, name) {
  await page.goto(example.url)
  await page.getByRole("button", { name: "Continue with Loopback ID" }).click()
  await page.getByRole("button", { name }).click()
  await page.waitForURL(`${example.url}/profile`)
}

async function sessionCookie(page) {
  const cookies = await page.context().cookies(example.url)
  return cookies.find(({ name }) => name === "authjs.session-token")
}

/** Whether any of the database's files holds the text. */
async function databaseHolds(text) {
  const names = (await fs.readdir(data)).filter((name) => name.startsWith("auth.db"))
  const contents = await Promise.all(names.map((name) => fs.readFile(path.join(data, name))))
  return contents.some((content) => content.includes(text))
}

const day = 24 * 60 * 60 * 1000

describe("signing in by OpenID Connect", () => {
  test("makes a user, an account and a session", async () => {
    ada = await openWindow()
    await signIn(ada, "Ada Lovelace")
    await ada.getByRole("heading", { name: "Ada Lovelace" }).waitFor()
    await ada.getByText("openid email profile").waitFor()

    const [user, ...otherUsers] = await rows("select * from users")
    expect(otherUsers).toEqual([])
    expect(user).toMatchObject({
      name: "Ada Lovelace",
      email: "ada@example.test",
      email_verified: null,
      image: expect.stringMatching(/^data:image\/svg/),
    })

    const [account, ...otherAccounts] = await rows("select * from accounts")
    expect(otherAccounts).toEqual([])
    expect(account).toMatchObject({
      user_id: user.id,
      type: "oidc",
      provider: "loopback",
      provider_account_id: "ada",
      token_type: "bearer",
      scope: "openid email profile",
      access_token: expect.stringMatching(/./),
      id_token: expect.stringMatching(/^ey/),
      expires_at: expect.any(Number),
    })

    const [session, ...otherSessions] = await rows("select * from sessions")
    expect(otherSessions).toEqual([])
    expect(session.user_id).toBe(user.id)
    expect(session.expires - Date.now()).toBeGreaterThan(29 * day)
    expect(session.expires - Date.now()).toBeLessThan(30 * day)
    expect(Math.abs(session.created_at - Date.now())).toBeLessThan(minutes)
  })

  test("keeps no session token that could be used as a cookie", async () => {
    const { value, httpOnly } = await sessionCookie(ada)
    expect(value.length).toBeGreaterThan(30)
    expect(httpOnly).toBe(true)
    const [{ session_token }] = await rows("select session_token from sessions")
    expect(session_token).not.toContain(value)
    expect(await databaseHolds("ada@example.test")).toBe(true)
    expect(await databaseHolds(value)).toBe(false)

    const thief = await openWindow()
    const cookie = { name: "authjs.session-token", url: example.url }
    await thief.context().addCookies([{ ...cookie, value: encodeURIComponent(session_token) }])
    await thief.goto(`${example.url}/profile`)
    expect(thief.url()).toBe(`${example.url}/`)
    await thief.context().close()
  })

  test("outlives a reload, and changes nothing by it", async () => {
    const before = await rows("select * from sessions")
    await ada.reload()
    await ada.getByRole("heading", { name: "Ada Lovelace" }).waitFor()
    expect(await rows("select * from sessions")).toEqual(before)
    // SCREENSHOT=docs/example.png: the picture in the README
    if (process.env.SCREENSHOT) {
      await ada.screenshot({ path: path.resolve(root, process.env.SCREENSHOT) })
    }
  })

  test("tells the browser neither the session token nor the provider's", async () => {
    const { value } = await sessionCookie(ada)
    const [{ access_token, id_token }] = await rows("select access_token, id_token from accounts")
    for (const place of ["/profile", "/sessions", "/inbox", "/api/auth/session"]) {
      const response = await ada.context().request.get(example.url + place)
      const text = await response.text()
      expect(response.status()).toBe(200)
      for (const secret of [value, access_token, id_token]) expect(text).not.toContain(secret)
    }
  })

  test("outlives a restart of the example", async () => {
    const before = await rows("select * from sessions")
    process.kill(example.pid, "SIGINT")
    expect(await example.end()).toBe(0)
    example = await startExample({ data, port: example.port })

    await ada.reload()
    await ada.getByRole("heading", { name: "Ada Lovelace" }).waitFor()
    expect(await rows("select * from sessions")).toEqual(before)
  })
})

describe("my sessions", () => {
  const others = () => ada.getByRole("heading", { name: "Another browser" })

  test("shows the other browser, and signs it out", async () => {
    const other = await openWindow()
    await signIn(other, "Ada Lovelace")
    expect(await rows("select email from users")).toEqual([{ email: "ada@example.test" }])
    expect(await rows("select 1 from sessions")).toHaveLength(2)

    await ada.goto(`${example.url}/sessions`)
    await ada.getByRole("heading", { name: "This browser" }).waitFor()
    expect(await others().count()).toBe(1)
    await ada.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click()
    await others().waitFor({ state: "detached" })

    expect(await rows("select 1 from sessions")).toHaveLength(1)
    await other.goto(`${example.url}/profile`)
    expect(other.url()).toBe(`${example.url}/`)
    await ada.reload()
    await ada.getByRole("heading", { name: "This browser" }).waitFor()
    await other.context().close()
  })

  test("signs out everywhere else, and nobody else", async () => {
    const windows = [await openWindow(), await openWindow(), await openWindow()]
    await signIn(windows[0], "Ada Lovelace")
    await signIn(windows[1], "Ada Lovelace")
    await signIn(windows[2], "Grace Hopper")
    await ada.reload()
    expect(await others().count()).toBe(2)
    await ada.getByRole("button", { name: "Sign out everywhere else" }).click()
    await others().first().waitFor({ state: "detached" })

    const left = "select email from sessions join users on users.id = user_id order by email"
    const emails = (await rows(left)).map(({ email }) => email)
    expect(emails).toEqual(["ada@example.test", "grace@example.test"])
    await windows[2].reload()
    await windows[2].getByRole("heading", { name: "Grace Hopper" }).waitFor()
    for (const page of windows) await page.context().close()
  })
})

test("signing out takes the session's row away", async () => {
  const { value } = await sessionCookie(ada)
  await ada.getByRole("navigation").getByRole("button", { name: "Sign out" }).click()
  await ada.waitForURL(`${example.url}/`)
  expect(await sessionCookie(ada)).toBeUndefined()
  const emails = await rows("select email from sessions join users on users.id = user_id")
  expect(emails).toEqual([{ email: "grace@example.test" }])

  const cookie = { name: "authjs.session-token", url: example.url }
  await ada.context().addCookies([{ ...cookie, value }]) // the old cookie is worth nothing
  await ada.goto(`${example.url}/profile`)
  expect(ada.url()).toBe(`${example.url}/`)
})

describe("signing in by magic link", () => {
  const email = "katherine@example.test"

  test("sends a mail, whose link signs in", async () => {
    const page = await openWindow()
    await page.goto(example.url)
    await page.getByLabel("E-mail address").fill(email)
    await page.getByRole("button", { name: "Send me a link" }).click()
    await page.waitForURL(`${example.url}/inbox`)
    const mail = page.getByRole("article").filter({ hasText: email })
    link = await mail.getByRole("link").getAttribute("href")
    const [token] = await rows("select * from verification_tokens")
    expect(token.identifier).toBe(email)
    expect(token.token).not.toBe(new URL(link).searchParams.get("token"))

    await mail.getByRole("link").click()
    await page.waitForURL(`${example.url}/profile`)
    await page.getByRole("heading", { name: email }).waitFor()
    expect(await rows("select 1 from verification_tokens")).toEqual([])
    const [user] = await rows("select * from users where email = ?", [email])
    expect(Math.abs(user.email_verified - Date.now())).toBeLessThan(minutes)
    expect(await rows("select 1 from sessions where user_id = ?", [user.id])).toHaveLength(1)
    expect(await rows("select 1 from accounts where user_id = ?", [user.id])).toHaveLength(0)

    // An account that is linked while signed in belongs to the same user.
    await page.getByRole("button", { name: "Link a Loopback ID" }).click()
    await page.getByRole("button", { name: "Alan Turing" }).click()
    await page.getByRole("heading", { name: "loopback" }).waitFor()
    const accounts = await rows("select * from accounts where user_id = ?", [user.id])
    expect(accounts).toMatchObject([{ provider: "loopback", provider_account_id: "alan" }])
    await page.context().close()
  })

  test("works once: the old link is refused", async () => {
    const before = await rows("select * from sessions")
    const page = await openWindow()
    await page.goto(link)
    expect(page.url()).toBe(`${example.url}/error?error=Verification`)
    await page.getByRole("heading", { name: "This link no longer works" }).waitFor()
    expect(await sessionCookie(page)).toBeUndefined()
    expect(await rows("select * from sessions")).toEqual(before)
    await page.context().close()
  })
})

describe("stopping", () => {
  const services = [/start\.mjs/, /openid\.mjs/, /mail\.mjs/, /next/]

  test("Ctrl-C leaves no process", async () => {
    for (const service of services) {
      expect(example.processes()).toContainEqual(expect.stringMatching(service))
    }
    example.interrupt()
    expect(await example.end()).toBe(0)
    expect(example.output).not.toMatch(/AdapterError|notice|warning/i)
  })

  test("so does SIGTERM, with a browser still connected", async () => {
    example = await startExample({ data })
    await ada.goto(example.url)
    process.kill(example.pid, "SIGTERM")
    expect(await example.end()).toBe(0)
  })

  test("one part that dies ends all, and is named", async () => {
    example = await startExample({ data })
    const mail = example.processes().find((line) => line.includes("mail.mjs"))
    process.kill(Number.parseInt(mail, 10), "SIGKILL")
    expect(await example.end()).toBe(1)
    expect(example.output).toContain("The mail server ended unexpectedly (SIGKILL).")
  })

  test("even kill -9 leaves no process", async () => {
    example = await startExample({ data })
    process.kill(example.pid, "SIGKILL")
    expect(await example.end()).toBe("SIGKILL")
  })

  test("a port that is taken is said in two lines", async () => {
    example = await startExample({ data })
    const second = startExample({ data, port: example.port })
    await expect(second).rejects.toThrow(/Port \d+ is taken\.\nSet PORT to another one/)
  })
})
