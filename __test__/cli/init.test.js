// `init`, in small projects made for it: what it writes is run, compiled, and left alone the second
// time. That a whole application made by it signs people in is seen by `npm run test:apps`.

const fs = require("node:fs")
const path = require("node:path")
const { presets } = require("../../init/auth")
const { freshFolder, mustRun, root, run } = require("../package/project")
const { answering } = require("../package/terminal")

jest.setTimeout(60_000)

let folder
let count = 0

beforeAll(() => {
  folder = freshFolder()
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** A project with these files, and what is installed in this checkout under the names that it takes. */
function project({ next = "16.4.6", auth = 5, ...files }) {
  const place = path.join(folder, `project-${count++}`)
  const modules = path.join(place, "node_modules")
  fs.mkdirSync(path.join(modules, "next"), { recursive: true })
  fs.writeFileSync(path.join(modules, "next/package.json"), JSON.stringify({ version: next }))
  fs.symlinkSync(
    path.join(root, "node_modules", `next-auth-${auth}`),
    path.join(modules, "next-auth"),
  )
  fs.symlinkSync(root, path.join(modules, "next-auth-sqlx-adapter"))
  const dependencies = { next, "next-auth": "*", "next-auth-sqlx-adapter": "*" }
  const sources = { "package.json": JSON.stringify({ dependencies }), ...files }
  for (const [name, content] of Object.entries(sources)) {
    fs.mkdirSync(path.dirname(path.join(place, name)), { recursive: true })
    fs.writeFileSync(path.join(place, name), content)
  }
  return place
}

const { DATABASE_URL: _, AUTH_DATABASE_URL: __, ...environment } = process.env

const init = (cwd, ...args) =>
  run(process.execPath, [path.join(root, "cli.js"), "init", ...args], { cwd, env: environment })

/** Runs it with `--yes`, twice: the second time there is nothing left to do. */
async function initialised(place) {
  const { code, stdout, stderr } = await init(place, "--yes")
  expect([code, stderr]).toEqual([0, ""])
  const before = contents(place)
  const again = await init(place, "--yes")
  expect([again.code, again.stderr]).toEqual([0, ""])
  expect(again.stdout).toMatch(/There is nothing to write\.\n$/)
  expect(contents(place)).toEqual(before)
  return stdout
}

/** Every file of a project that is its own, by its path. */
function contents(place, inner = "") {
  const found = {}
  for (const entry of fs.readdirSync(path.join(place, inner), { withFileTypes: true })) {
    const name = path.posix.join(inner, entry.name)
    if (entry.name === "node_modules") continue
    if (entry.isDirectory()) Object.assign(found, contents(place, name))
    else found[name] = read(place, name)
  }
  return found
}

const read = (place, name) => fs.readFileSync(path.join(place, name), "utf8")

/** Compiles all of a project's TypeScript, against the real types of NextAuth. */
async function compiles(place) {
  const tsc = path.join(root, "node_modules/typescript-5/bin/tsc")
  const flags = [
    "--strict",
    "--noEmit",
    "--skipLibCheck",
    "--module",
    "esnext",
    "--target",
    "es2022",
  ]
  const more = ["--moduleResolution", "bundler", "--types", "node", "--typeRoots"]
  const types = path.join(root, "node_modules/@types")
  const files = Object.keys(contents(place)).filter((name) => name.endsWith(".ts"))
  const args = [tsc, ...flags, ...more, types, ...files]
  const { code, stdout } = await run(process.execPath, args, { cwd: place })
  expect([stdout, code]).toEqual(["", 0])
}

const handlers = `export const POST = 1\n`
const without = { "app/page.js": "", "next.config.mjs": "export default {}\n" }

describe("a project without a configuration of NextAuth", () => {
  test("gets all of it: App Router, next-auth 5", async () => {
    const place = project({ "src/app/page.tsx": "", "tsconfig.json": "{}" })
    await initialised(place)
    expect(Object.keys(contents(place)).sort()).toEqual([
      ".env.local",
      "next.config.ts",
      "package.json",
      "src/app/api/auth/[...nextauth]/route.ts",
      "src/app/page.tsx",
      "src/auth.ts",
      "tsconfig.json",
    ])
    expect(read(place, "next.config.ts")).toBe(
      'import { withSqlxAdapter } from "next-auth-sqlx-adapter/next"\n\n' +
        "export default withSqlxAdapter({})\n",
    )
    await compiles(place)
  })

  test("gets it in JavaScript where that is what there is", async () => {
    const place = project({ ...without })
    await initialised(place)
    const file = path.join(place, "auth.js")
    expect(fs.readFileSync(file, "utf8")).toContain("const providers = [GitHub]\n")
    fs.renameSync(file, `${file.slice(0, -3)}.mjs`)
    await mustRun(process.execPath, ["--check", "auth.mjs"], { cwd: place })
  })

  test("gets all of it: App Router, next-auth 4", async () => {
    const place = project({ auth: 4, next: "14.2.35", "app/page.tsx": "", "tsconfig.json": "{}" })
    await initialised(place)
    const names = Object.keys(contents(place))
    expect(names).toContain("app/api/auth/[...nextauth]/route.ts")
    expect(names).toContain("next.config.mjs")
    await compiles(place)
  })

  test("gets all of it: Pages Router, next-auth 4, where next.config needs nothing", async () => {
    const place = project({ auth: 4, "pages/index.js": "" })
    const said = await initialised(place)
    expect(said).toContain("next.config needs nothing")
    const names = Object.keys(contents(place)).sort()
    expect(names).toEqual([
      ".env.local",
      "package.json",
      "pages/api/auth/[...nextauth].js",
      "pages/index.js",
    ])
  })
})

test("in a workspace, the versions are those that are installed further up", async () => {
  const place = project({ auth: 4, "package.json": "{}" })
  const dependencies = { next: "catalog:", "next-auth": "catalog:" }
  const web = path.join(place, "apps/web")
  fs.mkdirSync(path.join(web, "app"), { recursive: true })
  fs.writeFileSync(path.join(web, "package.json"), JSON.stringify({ dependencies }))
  const { code, stdout } = await init(web, "--yes")
  expect(code).toBe(0)
  expect(stdout).toContain("NEXTAUTH_SECRET=…")
  expect(Object.keys(contents(web))).toContain("next.config.mjs")
})

describe("a configuration that is there gets one line", () => {
  const cases = {
    "in one line": [
      `export const { auth } = NextAuth({ providers: [] })`,
      `export const { auth } = NextAuth({ adapter: SqlxAdapter(), providers: [] })`,
    ],
    "over several": [
      `export const { auth } = NextAuth({\n\t...config,\n\tproviders: [],\n})`,
      `export const { auth } = NextAuth({\n\tadapter: SqlxAdapter(),\n\t...config,\n\tproviders: [],\n})`,
    ],
    "made by a function": [
      `export const { auth } = NextAuth((request) => ({\n  providers: [],\n}))`,
      `export const { auth } = NextAuth((request) => ({\n  adapter: SqlxAdapter(),\n  providers: [],\n}))`,
    ],
    "returned by a function": [
      `export const { auth } = NextAuth(async () => {\n  await null\n  return {\n    providers: [],\n  }\n})`,
      `export const { auth } = NextAuth(async () => {\n  await null\n  return {\n    adapter: SqlxAdapter(),\n    providers: [],\n  }\n})`,
    ],
    "with a request at hand": [
      `export default (req, res) => NextAuth(req, res, {\n  providers: [],\n})`,
      `export default (req, res) => NextAuth(req, res, {\n  adapter: SqlxAdapter(),\n  providers: [],\n})`,
    ],
    "in authOptions": [
      `export const authOptions = {\n  providers: [],\n}\nexport default NextAuth(authOptions)`,
      `export const authOptions = {\n  adapter: SqlxAdapter(),\n  providers: [],\n}\nexport default NextAuth(authOptions)`,
    ],
  }

  test.each(Object.entries(cases))("%s", async (_name, [before, after]) => {
    const head = `import NextAuth from "next-auth"\nimport {\n  cookies,\n} from "next/headers"\n`
    const place = project({ ...without, "auth.mjs": `${head}\nconst config = {}\n${before}\n` })
    await initialised(place)
    const line = `import { SqlxAdapter } from "next-auth-sqlx-adapter"\n`
    expect(read(place, "auth.mjs")).toBe(`${head}${line}\nconst config = {}\n${after}\n`)
    await mustRun(process.execPath, ["--check", "auth.mjs"], { cwd: place })
  })

  test("in the file's own style", async () => {
    const source = `import NextAuth from 'next-auth';\n\nexport const authOptions = { providers: [] };\n`
    const place = project({ ...without, auth: 4, "lib/auth.js": source, "app/api/x.js": handlers })
    await initialised(place)
    expect(read(place, "lib/auth.js")).toBe(
      `import NextAuth from 'next-auth';\nimport { SqlxAdapter } from 'next-auth-sqlx-adapter';\n\n` +
        `export const authOptions = { adapter: SqlxAdapter(), providers: [] };\n`,
    )
  })

  test("and the one that runs at the edge is not it", async () => {
    const shared = `import type { NextAuthConfig } from "next-auth"\nexport const config: NextAuthConfig = {\n  providers: [],\n}\n`
    const auth = `import NextAuth from "next-auth"\nimport { config } from "./auth.config"\n\nexport const { auth } = NextAuth({\n  ...config,\n})\n`
    const place = project({ ...without, "auth.config.ts": shared, "auth.ts": auth })
    await initialised(place)
    expect(read(place, "auth.config.ts")).toBe(shared)
    expect(read(place, "auth.ts")).toContain("adapter: SqlxAdapter(),\n  ...config")
    await compiles(place)
  })

  test("unless it has another adapter: that one stays, and its preset is named", async () => {
    const source = `import NextAuth from "next-auth"\nimport { PrismaAdapter } from "@auth/prisma-adapter"\nexport const { auth } = NextAuth({ adapter: PrismaAdapter(prisma), providers: [] })\n`
    const place = project({ ...without, "auth.js": source })
    const { stdout } = await init(place, "--yes")
    expect(read(place, "auth.js")).toBe(source)
    expect(stdout).toContain(`SqlxAdapter({ schema: "prisma" })`)
    const [page] = /node_modules\/next-auth-sqlx-adapter\/docs\/[\w-]+\.md/.exec(stdout)
    expect(read(place, page)).toContain("# Switching from another adapter")
  })

  test("and one without a preset is not promised any", async () => {
    const source = `import NextAuth from "next-auth"\nimport { MongoDBAdapter } from "@auth/mongodb-adapter"\nexport const { auth } = NextAuth({ adapter: MongoDBAdapter(client), providers: [] })\n`
    const place = project({ ...without, "auth.js": source })
    const { stdout } = await init(place, "--yes")
    expect(read(place, "auth.js")).toBe(source)
    expect(stdout).toContain("has another adapter, which is left as it is.")
    expect(stdout).toContain("docs/switching.md")
    expect(stdout).not.toContain("schema:")
  })
})

test("the presets are those of docs/switching.md, package by package", () => {
  const page = fs.readFileSync(path.join(root, "docs/switching.md"), "utf8")
  const row = /^\| `(@[\w/-]+)` \| `SqlxAdapter\(url, \{ schema: "([\w-]+)" \}\)` \|/gm
  const rows = [...page.matchAll(row)].map(([, name, preset]) => [name, preset])
  expect(rows.length).toBeGreaterThan(10)
  expect(Object.entries(presets)).toEqual(rows)
})

describe("what next.config exports is wrapped", () => {
  const cases = {
    "an object": ["mjs", `export default { output: "standalone" }\n`],
    "a name": [
      "mjs",
      `/** @type {unknown} */\nconst config = { output: "standalone" };\n\nexport default config;\n`,
    ],
    "a function": [
      "mjs",
      `export default async function config(phase) {\n  return { output: "standalone" }\n}\n`,
    ],
    "an arrow, and something after it": [
      "mjs",
      `export default (phase) => ({ output: "standalone" })\n\nconst more = 1\n`,
    ],
    "texts and comments with brackets": [
      "mjs",
      `export default {\n  // ) { not closed\n  output: "stand" + 'alone', /* ( */\n  env: { SIGN: \`)}]\`, OTHER: "\\")" },\n}\n`,
    ],
    "a CommonJS object": [
      "js",
      `const path = require("node:path")\n\nmodule.exports = {\n  output: "standalone",\n};\n`,
    ],
    "another wrapper": [
      "js",
      `const other = (config) => config\nmodule.exports = other({ output: "standalone" })\n`,
    ],
  }

  test.each(Object.entries(cases))("%s", async (_name, [end, source]) => {
    const name = `next.config.${end}`
    const place = project({ "app/page.js": "", "auth.js": "", [name]: source })
    await initialised(place)
    const script = `
      const { default: made } = await import("./${name}")
      const config = typeof made === "function" ? await made("build") : made
      console.log(JSON.stringify([config.output, config.serverExternalPackages]))
    `
    const args = ["--input-type=module", "-e", script]
    const said = JSON.parse(await mustRun(process.execPath, args, { cwd: place }))
    expect(said).toEqual(["standalone", ["next-auth-sqlx-adapter"]])
  })

  test("and what cannot be read is left alone, with a word on what to do", async () => {
    const source = `export default class { static output = "standalone" }\n`
    const place = project({ "app/page.js": "", "next.config.mjs": source })
    const { code, stdout } = await init(place, "--yes")
    expect(code).toBe(0)
    expect(stdout).toContain("next.config.mjs could not be read: wrap what it exports yourself")
    expect(read(place, "next.config.mjs")).toBe(source)
  })
})

describe("the environment", () => {
  test("gets the database and a secret, in a file that only its owner reads", async () => {
    const place = project(without)
    const { stdout } = await init(place, "--yes", "--url", "postgres://app:ge$heim@db/app")
    const lines = read(place, ".env.local").split("\n")
    expect(lines[0]).toBe(`AUTH_DATABASE_URL="postgres://app:ge\\$heim@db/app"`)
    expect(lines[1]).toMatch(/^AUTH_SECRET=[\w-]{43}$/)
    expect(fs.statSync(path.join(place, ".env.local")).mode & 0o777).toBe(0o600)
    expect(stdout).not.toContain("heim")
    expect(stdout).not.toContain(lines[1].split("=")[1])
  })

  test("keeps what it has, and shows none of it", async () => {
    const has = "DATABASE_URL=postgres://app:geheim@db/app\nSTRIPE=sk_live"
    const place = project({ ...without, auth: 4, ".env.local": has })
    const { stdout } = await init(place, "--yes")
    expect(read(place, ".env.local")).toMatch(
      /^DATABASE_URL=postgres:\/\/app:geheim@db\/app\nSTRIPE=sk_live\nNEXTAUTH_SECRET=[\w-]{43}\n$/,
    )
    expect(stdout).not.toMatch(/geheim|sk_live/)
    expect(stdout).toContain("DATABASE_URL in .env.local")
  })

  test("is not committed, and neither is a database file", async () => {
    const place = project({ ...without, ".gitignore": "node_modules" })
    await initialised(place)
    expect(read(place, ".gitignore")).toBe("node_modules\n.env*.local\n*.db\n*.db-*\n")
  })
})

// With util-linux' `script`; that of other systems takes other options.
const testAtTerminal = process.platform === "linux" ? describe : describe.skip

testAtTerminal("at a terminal it asks", () => {
  const command = `"${process.execPath}" "${path.join(root, "cli.js")}" init`
  const asked = (place, ...answers) => answering(command, answers, { cwd: place, env: environment })

  test("for the database, and whether to write", async () => {
    const place = project({ ...without })
    const url = "postgres://app:not-shown@db/app"
    const { code, output } = await asked(place, ["Which database?", url], ["Write this?", ""])
    expect(code).toBe(0)
    expect(output).toContain("AUTH_DATABASE_URL=postgres://app:…@db/app")
    expect(read(place, ".env.local")).toContain(`AUTH_DATABASE_URL=${url}\n`)
    expect(read(place, "next.config.mjs")).toContain("withSqlxAdapter")
  })

  test("and takes no for an answer", async () => {
    const place = project({ ...without })
    const before = contents(place)
    const { code, output } = await asked(place, ["Which database?", ""], ["Write this?", "n"])
    expect([code, output]).toEqual([0, expect.stringContaining("Nothing was written.")])
    expect(contents(place)).toEqual(before)
  })
})

describe("writes nothing", () => {
  test.each([
    ["with --dry-run", ["--dry-run"], 0, ""],
    [
      "where nobody can be asked",
      [],
      2,
      "nothing was written: init --yes writes what is shown above",
    ],
  ])("%s", async (_name, args, status, complaint) => {
    const place = project(without)
    const before = contents(place)
    const { code, stdout, stderr } = await init(place, ...args)
    expect(code).toBe(status)
    expect(stderr).toContain(complaint)
    expect(stdout).toContain("- export default {}\n+ import { withSqlxAdapter }")
    expect(contents(place)).toEqual(before)
  })

  test.each([
    ["no package.json", {}, "there is no package.json here"],
    [
      "no Next.js",
      { "package.json": `{"dependencies":{"express":"5.0.0"}}` },
      "init knows Next.js",
    ],
    [
      "no NextAuth",
      { "package.json": `{"dependencies":{"next":"16.0.0"}}` },
      "next-auth is missing",
    ],
  ])("with %s", async (_name, files, complaint) => {
    const place = fs.mkdtempSync(path.join(folder, "empty-"))
    for (const [name, content] of Object.entries(files))
      fs.writeFileSync(path.join(place, name), content)
    const { code, stderr } = await init(place, "--yes")
    expect(code).toBe(2)
    expect(stderr).toContain(complaint)
    expect(fs.readdirSync(place)).toEqual(Object.keys(files))
  })

  test("for a URL that the adapter does not take", async () => {
    const place = project(without)
    const { code, stderr } = await init(place, "--yes", "--url", "oracle://db/app")
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^the database's URL begins with /)])
    expect(fs.existsSync(path.join(place, ".env.local"))).toBe(false)
  })
})
