// Next.js: built and moved elsewhere, developed, and left without the wrapper.

const assert = require("node:assert/strict")
const fs = require("node:fs")
const path = require("node:path")
const { setTimeout: sleep } = require("node:timers/promises")
const { finish, must, project, visit, write } = require("./application.js")
const { nextSources } = require("./next-sources.js")
const { OURS_WITH_JWT } = require("./sign-in.js")

const versions = {
  next: { 14: "14.2.35", 15: "15.5.29", 16: "16.4.6" },
  auth: { 4: "4.24.15", 5: "5.0.0-beta.32" },
  react: { 14: "18.3.1", 15: "19.3.1", 16: "19.3.1" },
  reactTypes: { 14: "18.3.31", 15: "19.3.0", 16: "19.3.0" },
}

/** What the command line is for a bundler; in Next.js 16 Turbopack is the default. */
const flags = {
  turbopack: { 15: ["--turbopack"], 16: [] },
  webpack: { 14: [], 15: [], 16: ["--webpack"] },
}

const quiet = { NEXT_TELEMETRY_DISABLED: "1" }
const binary = (place) => path.join(place, "node_modules/next/dist/bin/next")

function packages({ next, auth }) {
  const react = versions.react[next]
  return [
    `next@${versions.next[next]}`,
    `next-auth@${versions.auth[auth]}`,
    "nodemailer@7.0.13",
    `react@${react}`,
    `react-dom@${react}`,
    "typescript@5.9.3",
    "@types/node@20.19.43",
    `@types/react@${versions.reactTypes[next]}`,
  ]
}

const environment = (base) => ({
  ...quiet,
  AUTH_URL: base,
  NEXTAUTH_URL: base,
  NEXTAUTH_SECRET: "of thirty-two characters or more, for a test",
})

/** `output: "standalone"`, run elsewhere, with nothing of the build's folder to fall back on. */
async function standalone(app, { browser, folder, logs }) {
  const place = await project(folder, packages(app))
  if (app.init) {
    write(place, withoutAdapter(nextSources({ ...app, wrapper: false, standalone: true })))
    const command = path.join(place, "node_modules/.bin/next-auth-sqlx-adapter")
    await must(command, ["init", "--yes"], { cwd: place, log: path.join(logs, "init.log") })
  } else {
    // A pages-only application needs nothing in its configuration.
    write(place, nextSources({ ...app, wrapper: app.router === "app", standalone: true }))
  }
  const build = ["build", ...flags[app.bundler][app.next]]
  const log = path.join(logs, "build.log")
  await must(process.execPath, [binary(place), ...build], { cwd: place, env: quiet, log })

  const elsewhere = path.join(logs, "moved")
  // Turbopack links packages relatively, and a copy is to keep that, as `cp -R` and COPY do.
  const copy = { recursive: true, verbatimSymlinks: true }
  fs.cpSync(path.join(place, ".next/standalone"), elsewhere, copy)
  fs.cpSync(path.join(place, ".next/static"), path.join(elsewhere, ".next/static"), copy)
  const hidden = `${place}-hidden`
  fs.renameSync(place, hidden)
  try {
    await visit({
      browser,
      logs,
      cwd: elsewhere,
      command: () => [process.execPath, ["server.js"]],
      env: (base) => ({ ...environment(base), NODE_ENV: "production", HOSTNAME: "127.0.0.1" }),
      authPath: "/api/auth",
      tables: app.split ? OURS_WITH_JWT : undefined,
      whileSignedIn: (window, place) => lookAround(app, window, place),
    })
  } finally {
    fs.renameSync(hidden, place)
  }
}

/** The sources of an application that has NextAuth, and no adapter yet. */
function withoutAdapter({ "auth.ts": auth, ...sources }) {
  const bare = auth.replace(/^import .*next-auth-sqlx-adapter.*\n/m, "").replace("  adapter,\n", "")
  return {
    ...sources,
    "auth.ts": bare.replace("export const adapter = SqlxAdapter()\n", ""),
    // It asks the adapter itself, which is not exported now.
    "app/api/stats/route.ts": `export const GET = () => Response.json({ database: "sqlite" })\n`,
  }
}

/** What a page, a proxy and routes see of the session. */
async function lookAround(app, { page, context }, { base }) {
  const { next, auth, router, cacheComponents, split } = app
  const response = await page.goto(base)
  assert.equal(await page.locator("#who").textContent(), "ada@example.test")
  if (router === "pages") return
  const stats = await (await context.request.get(`${base}/api/stats`)).json()
  assert.equal(stats.database, "sqlite")
  if (auth !== 5) return
  if (next >= 16 || split) assert.equal(response.headers()["x-proxy-saw"], "ada@example.test")
  if (cacheComponents) return
  const edge = await (await context.request.get(`${base}/api/edge`)).json()
  assert.deepEqual(edge, { code: "ERR_UNSUPPORTED" })
}

/** `next dev`, with sources that change while somebody is signed in. */
async function dev(app, { browser, folder, logs }) {
  const place = await project(folder, packages(app))
  write(place, nextSources({ ...app, wrapper: true, standalone: false }))
  await visit({
    browser,
    logs,
    cwd: place,
    command: (port) => [
      process.execPath,
      [binary(place), "dev", "-H", "127.0.0.1", "-p", `${port}`, ...flags[app.bundler][app.next]],
    ],
    env: environment,
    authPath: "/api/auth",
    async whileSignedIn(window, { base }) {
      await lookAround(app, window, { base })
      const stats = async () => (await window.context.request.get(`${base}/api/stats`)).json()
      const before = await stats()
      // The module that makes the adapter is evaluated anew each time. Seen on the page: with Turbopack
      // 16.4.6 a route was seen to keep the old module for a minute.
      for (let change = 1; change <= 8; change++) {
        await save(place, "auth.ts", `"change ${change - 1}"`, `"change ${change}"`, async () => {
          const page = await (await window.context.request.get(base)).text()
          return page.includes(`title="change ${change}"`)
        })
        assert.equal(await window.email(), "ada@example.test")
      }
      const after = await stats()
      assert.ok(
        after.connections.open <= before.connections.max,
        `${after.connections.open} connections are open after eight reloads`,
      )
      await save(place, "app/page.tsx", "title={marker}", "title='new'", async () => {
        await window.page.goto(base)
        return (await window.page.locator("#who").getAttribute("title")) === "new"
      })
      assert.equal(await window.page.locator("#who").textContent(), "ada@example.test")
    },
  })
}

/** Saves a change of a source, and waits until the application has it. */
async function save(place, name, before, after, arrived) {
  const file = path.join(place, name)
  const source = fs.readFileSync(file, "utf8").replace(before, after)
  for (let tries = 0; tries < 12; tries++) {
    // Now and then a change escapes the watcher, whoever makes it: then one saves again.
    fs.writeFileSync(`${file}.new`, `${source}${"\n".repeat(tries)}`)
    fs.renameSync(`${file}.new`, file)
    const end = Date.now() + 5000
    while (Date.now() < end) {
      if (await arrived()) return
      await sleep(100)
    }
  }
  throw new Error(`a change of ${name} did not arrive`)
}

/** Without the wrapper, the build has to end with something that says what to do. */
async function withoutWrapper(app, { folder, logs }) {
  const place = await project(folder, packages(app))
  write(place, nextSources({ ...app, wrapper: false, standalone: false }))
  const build = ["build", ...flags[app.bundler][app.next]]
  const log = path.join(logs, "build.log")
  const options = { cwd: place, env: quiet, log }
  const { code, output } = await finish(process.execPath, [binary(place), ...build], options)
  assert.notEqual(code, 0, "the build succeeded without the wrapper")
  assert.match(output, /withSqlxAdapter/)
  return "the build stops, and names withSqlxAdapter"
}

const ways = {
  "standalone, moved": standalone,
  "init --yes, then standalone": (app, context) => standalone({ ...app, init: true }, context),
  "cacheComponents, standalone": (app, context) =>
    standalone({ ...app, cacheComponents: true }, context),
  "auth.config.ts in middleware.ts, standalone": (app, context) =>
    standalone({ ...app, split: true }, context),
  "next dev, hot reload": dev,
  "without the wrapper": withoutWrapper,
}

/** One line of the table. */
function line(next, auth, router, bundler, way = "standalone, moved") {
  const app = { next, auth, router, bundler }
  return {
    application: `Next.js ${router === "app" ? "App" : "Pages"} Router`,
    bundler,
    way,
    versions: `next ${versions.next[next]}, next-auth ${versions.auth[auth]}`,
    run: (context) => ways[way](app, context),
  }
}

const lines = [
  line(16, 5, "app", "turbopack"),
  line(16, 5, "app", "webpack"),
  line(16, 5, "app", "turbopack", "init --yes, then standalone"),
  line(16, 5, "app", "turbopack", "cacheComponents, standalone"),
  line(16, 5, "app", "turbopack", "next dev, hot reload"),
  line(16, 5, "app", "webpack", "next dev, hot reload"),
  line(16, 5, "app", "turbopack", "without the wrapper"),
  line(16, 5, "app", "webpack", "without the wrapper"),
  line(16, 4, "app", "turbopack"),
  line(16, 4, "app", "webpack"),
  line(16, 4, "pages", "turbopack"),
  line(16, 4, "pages", "webpack"),
  line(15, 5, "app", "turbopack"),
  line(15, 5, "app", "webpack"),
  line(15, 5, "app", "webpack", "auth.config.ts in middleware.ts, standalone"),
  line(15, 4, "app", "webpack"),
  line(15, 4, "pages", "webpack"),
  line(14, 5, "app", "webpack"),
  line(14, 5, "app", "webpack", "auth.config.ts in middleware.ts, standalone"),
  line(14, 4, "app", "webpack"),
  line(14, 4, "pages", "webpack"),
]

module.exports = { lines }
