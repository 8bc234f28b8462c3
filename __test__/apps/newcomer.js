// What somebody does who has never seen this package: an application as `create-next-app` makes it, the lines that
// the README has under "Use it", as they stand there, and a sign-in with nothing but what they left behind. Only the
// tarballs are put in the places of what is not published yet.

const assert = require("node:assert/strict")
const fs = require("node:fs")
const path = require("node:path")
const { setTimeout: sleep } = require("node:timers/promises")
const { pack, packPlatform, root } = require("../package/project.js")
const { answering } = require("../package/terminal.js")
const { freePort } = require("../servers/ports.js")
const { query } = require("../support/sqlite.js")
const { must } = require("./application.js")
const { answers, start } = require("./processes.js")

const created = "16.4.3"
const versions = { 4: "4.24.15", 5: "5.0.0-beta.32" }

/** The commands of the README, line by line. */
function readme() {
  const text = fs.readFileSync(path.join(root, "README.md"), "utf8")
  const [, block] = /## Use it[\s\S]*?```sh\n([\s\S]*?)```/.exec(text)
  return block
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean)
}

async function newcomer(auth, { browser, folder, logs }) {
  const tarballs = [await pack(root, folder), await packPlatform(folder)]
  const env = { NEXT_TELEMETRY_DISABLED: "1" }
  const create = ["--yes", `create-next-app@${created}`, "app", "--yes"]
  await must("npx", create, { cwd: logs, env, log: path.join(logs, "create.log") })
  const cwd = path.join(logs, "app")

  const [install, init, dev, ...more] = readme()
  assert.deepEqual(more, [])
  const started = Date.now()
  assert.match(install, /^npm install next-auth@beta next-auth-sqlx-adapter$/)
  const packages = install
    .replace("next-auth-sqlx-adapter", tarballs.join(" "))
    .replace("next-auth@beta", `next-auth@${versions[auth]}`)
  await must("bash", ["-c", packages], { cwd, log: path.join(logs, "install.log") })

  const said = await answering(
    init,
    [
      ["Which database?", ""],
      ["Write this?", ""],
    ],
    { cwd },
  )
  assert.equal(said.code, 0, said.output)

  const port = await freePort()
  const base = `http://localhost:${port}`
  const log = path.join(logs, "server.log")
  // NextAuth 4 takes the application to be at port 3000 unless it is told otherwise.
  const server = start("bash", ["-c", dev], {
    cwd,
    log,
    env: { ...env, PORT: `${port}`, NEXTAUTH_URL: base },
  })
  try {
    await answers(server, base)
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${base}/api/auth/signin`)
    await page.locator('input[name="email"]').fill("ada@example.test")
    await page.getByRole("button", { name: /email|terminal/i }).click()
    await page.waitForURL(/verify-request/)
    await page.goto(await link(server))
    await page.waitForURL((url) => url.pathname === "/")
    const seconds = Math.round((Date.now() - started) / 1000)
    const session = await (await context.request.get(`${base}/api/auth/session`)).json()
    assert.equal(session.user.email, "ada@example.test")
    const users = await query(path.join(cwd, "auth.db"), "select email from users")
    assert.deepEqual(users, [{ email: "ada@example.test" }])
    await context.close()
    await must("npx", ["tsc", "--noEmit"], { cwd, log: path.join(logs, "types.log") })
    assert.ok(seconds < 180, `it took ${seconds} s`)
    return `signed in ${seconds} s after npm install`
  } finally {
    await server.stop()
  }
}

/** The link that the terminal shows. */
async function link(server) {
  for (let tries = 0; tries < 100; tries++) {
    const found = /Sign in: (http\S+)/.exec(server.output())
    if (found) return found[1]
    await sleep(100)
  }
  throw new Error("the terminal shows no link")
}

const line = (auth) => ({
  application: "Next.js, as create-next-app makes it",
  bundler: "turbopack",
  way: "the README's lines, next dev",
  versions: `next ${created}, next-auth ${versions[auth]}`,
  run: (context) => newcomer(auth, context),
})

module.exports = { lines: [line(5), line(4)] }
