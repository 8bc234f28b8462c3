// The wrapper for the configuration of Next.js, in projects where one version or another is
// installed. That Next.js itself takes what it gives is seen where the example is built.

const fs = require("node:fs")
const path = require("node:path")
const { freshFolder, mustRun, root } = require("./project.js")

let folder

beforeAll(() => {
  folder = freshFolder()
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** A project with this version of Next.js, as far as the wrapper looks at it. */
function projectWith(version) {
  const project = path.join(folder, version ?? "none")
  const installed = path.join(project, "node_modules/next-auth-sqlx-adapter")
  fs.mkdirSync(installed, { recursive: true })
  for (const name of ["package.json", "next.js", "next.mjs"]) {
    fs.copyFileSync(path.join(root, name), path.join(installed, name))
  }
  if (version) {
    fs.mkdirSync(path.join(project, "node_modules/next"), { recursive: true })
    const manifest = path.join(project, "node_modules/next/package.json")
    fs.writeFileSync(manifest, JSON.stringify({ name: "next", version }))
  }
  return project
}

/** What an expression gives in such a project, in a process whose folder is `cwd`. */
async function evaluate(expression, project, cwd = project) {
  const file = path.join(project, "config.mjs")
  const source = `
    import { withSqlxAdapter } from "next-auth-sqlx-adapter/next"
    console.log(JSON.stringify(await (${expression})))
  `
  fs.writeFileSync(file, source)
  return JSON.parse(await mustRun(process.execPath, [file], { cwd }))
}

const ours = "next-auth-sqlx-adapter"

test.each(["15.0.0", "15.6.0-canary.3", "16.4.6", "17.0.0"])("Next.js %s", async (version) => {
  const expression = `withSqlxAdapter({ output: "standalone", experimental: { ppr: true } })`
  expect(await evaluate(expression, projectWith(version))).toEqual({
    output: "standalone",
    experimental: { ppr: true },
    serverExternalPackages: [ours],
  })
})

test.each(["13.0.0", "13.5.11", "14.2.35"])("Next.js %s", async (version) => {
  const expression = `withSqlxAdapter({
    output: "standalone",
    experimental: { serverActions: {}, serverComponentsExternalPackages: ["argon2"] },
  })`
  expect(await evaluate(expression, projectWith(version))).toEqual({
    output: "standalone",
    experimental: { serverActions: {}, serverComponentsExternalPackages: ["argon2", ours] },
  })
})

test("Next.js 12, which bundles no package into a page, keeps its configuration", async () => {
  const expression = `withSqlxAdapter({ output: "standalone" })`
  expect(await evaluate(expression, projectWith("12.3.7"))).toEqual({ output: "standalone" })
})

test("without Next.js to be found, what the newest takes", async () => {
  const expected = { serverExternalPackages: [ours] }
  expect(await evaluate("withSqlxAdapter()", projectWith())).toEqual(expected)
})

test("finds Next.js by the running command, in whatever folder it was started", async () => {
  const config = await evaluate("withSqlxAdapter()", projectWith("14.2.30"), folder)
  expect(config).toEqual({ experimental: { serverComponentsExternalPackages: [ours] } })
})

test("wraps a function, with the arguments that Next.js gives it", async () => {
  const expression = `Promise.all([
    withSqlxAdapter((phase, { defaultConfig }) => ({ phase, ...defaultConfig }))("build", { defaultConfig: { a: 1 } }),
    withSqlxAdapter(async (phase) => ({ phase, serverExternalPackages: ["argon2"] }))("serve"),
  ])`
  expect(await evaluate(expression, projectWith("16.0.0"))).toEqual([
    { phase: "build", a: 1, serverExternalPackages: [ours] },
    { phase: "serve", serverExternalPackages: ["argon2", ours] },
  ])
})

test("gives at once what a function gives at once: another wrapper may not wait", async () => {
  const expression = `withSqlxAdapter(() => ({})) () instanceof Promise`
  expect(await evaluate(expression, projectWith("16.1.0"))).toBe(false)
})

test("adds itself once, and leaves what it was given alone", async () => {
  const expression = `(() => {
    const given = Object.freeze({ serverExternalPackages: Object.freeze(["argon2"]) })
    return [withSqlxAdapter(withSqlxAdapter(given)), given]
  })()`
  expect(await evaluate(expression, projectWith("16.2.0"))).toEqual([
    { serverExternalPackages: ["argon2", ours] },
    { serverExternalPackages: ["argon2"] },
  ])
})

test("is required, named and by default, as well as imported", () => {
  const entry = require("../../next.js")
  expect(Object.keys(entry).sort()).toEqual(["default", "withSqlxAdapter"])
  expect(entry.default).toBe(entry.withSqlxAdapter)
})
