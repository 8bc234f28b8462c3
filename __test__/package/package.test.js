// The package as its users get it: from the packed tarballs, in an empty project.

const fs = require("node:fs")
const path = require("node:path")
const { majors, nodeBinary } = require("./nodes.js")
const { freshFolder, installInto, mustRun, pack, packPlatform, root, run } = require("./project.js")

jest.setTimeout(120_000)

let folder
let project

beforeAll(async () => {
  folder = freshFolder()
  const tarballs = [await pack(root, folder), await packPlatform(folder)]
  project = path.join(folder, "project")
  const { code, stderr } = await installInto(project, tarballs)
  if (code !== 0) throw new Error(stderr)
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Writes a file into the project. */
function write(name, content) {
  fs.writeFileSync(path.join(project, name), content)
  return name
}

test("holds what it takes to use and to build it, and nothing else", () => {
  const installed = path.join(project, "node_modules/next-auth-sqlx-adapter")
  const expected = [
    ".cargo",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "account-lock.js",
    "benches",
    "binding.js",
    "build.rs",
    "cli",
    "cli.js",
    "compose",
    "compose.d.mts",
    "compose.d.ts",
    "compose.js",
    "compose.mjs",
    "docs",
    "edge.js",
    "edge.mjs",
    "error.js",
    "in-next.config-use-withSqlxAdapter.js",
    "index.d.mts",
    "index.d.ts",
    "index.js",
    "index.mjs",
    "init",
    "install.js",
    "next.d.mts",
    "next.d.ts",
    "next.js",
    "next.mjs",
    "otel.d.mts",
    "otel.d.ts",
    "otel.js",
    "otel.mjs",
    "package.json",
    "platform.js",
    "realm.js",
    "src",
    "tenants.js",
    "v3",
    "v3.d.mts",
    "v3.d.ts",
    "v3.js",
    "v3.mjs",
    "vendor",
  ]
  expect(fs.readdirSync(installed).sort()).toEqual(expected)
  const manifest = JSON.parse(fs.readFileSync(path.join(installed, "package.json"), "utf8"))
  expect(manifest.dependencies).toBeUndefined()
  // For who imports the entry point that is about it.
  expect(Object.keys(manifest.peerDependencies)).toEqual(["@opentelemetry/api"])
  expect(manifest.peerDependenciesMeta).toEqual({ "@opentelemetry/api": { optional: true } })
})

test("holds every page that its own texts name", () => {
  const installed = path.join(project, "node_modules/next-auth-sqlx-adapter")
  const files = fs.readdirSync(installed, { recursive: true })
  const texts = files.filter((name) => /\.(m?js|d\.m?ts|rs|md)$/.test(name))
  const named = texts.flatMap((file) => {
    const text = fs.readFileSync(path.join(installed, file), "utf8")
    return [...text.matchAll(/\bdocs\/[\w-]+\.md/g)].map(([page]) => ({ file, page }))
  })
  for (const file of ["README.md", "CHANGELOG.md", "index.d.ts", "v3.d.ts", "init/auth.js"]) {
    expect(named.map((one) => one.file)).toContain(file)
  }
  expect(named.filter(({ page }) => !fs.existsSync(path.join(installed, page)))).toEqual([])
  // The pages of one another; what else of the repository they link to is not in the package.
  const pages = fs.readdirSync(path.join(installed, "docs"))
  expect(pages.filter((name) => !name.endsWith(".md"))).toEqual([])
  for (const page of pages) {
    const text = fs.readFileSync(path.join(installed, "docs", page), "utf8")
    const linked = [...text.matchAll(/\]\(([\w-]+\.md)[)#]/g)].map(([, name]) => name)
    expect(linked.filter((name) => !pages.includes(name))).toEqual([])
  }
})

describe.each([`this one, ${process.version}`, ...majors])("Node.js %s", (version) => {
  let node

  beforeAll(async () => {
    node = majors.includes(version) ? await nodeBinary(version) : process.execPath
  }, 300_000)

  const work = `
    const adapter = SqlxAdapter(\`sqlite:\${process.argv[2]}.db\`)
    const user = await adapter.createUser({ email: "Ada@Example.test", emailVerified: new Date(1) })
    const found = await adapter.getUser(user.id)
    await adapter.close()
    console.log(JSON.stringify([process.version, found.email, found.emailVerified]))
  `

  const worked = async (script) => {
    const name = `${script}-${version.replace(/\W+/g, "-")}`
    const said = JSON.parse(await mustRun(node, [script, name], { cwd: project }))
    if (majors.includes(version)) expect(said[0]).toMatch(`v${version}.`)
    expect(said.slice(1)).toEqual(["ada@example.test", "1970-01-01T00:00:00.001Z"])
    expect(fs.existsSync(path.join(project, `${name}.db`))).toBe(true)
  }

  test("requires it", async () => {
    const script = `
      const { SqlxAdapter } = require("next-auth-sqlx-adapter")
      async function main() {${work}}
      main()
    `
    await worked(write("require.cjs", script))
  })

  test("imports it by name", async () => {
    await worked(
      write("named.mjs", `import { SqlxAdapter } from "next-auth-sqlx-adapter"\n${work}`),
    )
  })

  test("imports its default", async () => {
    await worked(write("default.mjs", `import SqlxAdapter from "next-auth-sqlx-adapter"\n${work}`))
  })

  test("gives both the same objects", async () => {
    const script = `
      import { createRequire } from "node:module"
      import * as imported from "next-auth-sqlx-adapter"
      const required = createRequire(import.meta.url)("next-auth-sqlx-adapter")
      const names = Object.keys(imported).sort()
      console.log(JSON.stringify([names, names.every((name) => imported[name] === required[name])]))
    `
    const said = await mustRun(node, [write("same.mjs", script)], { cwd: project })
    expect(JSON.parse(said)).toEqual([["SqlxAdapter", "SqlxAdapterError", "default"], true])
  })
})

describe("TypeScript", () => {
  const source = `
    import Default, { SqlxAdapter, SqlxAdapterError, type SqlxAdapterOptions } from "next-auth-sqlx-adapter"
    const options: SqlxAdapterOptions = { url: "sqlite::memory:" }
    const adapter = SqlxAdapter(options)
    Default(options)
    export const email: Promise<string | undefined> = adapter.getUser("1").then((user) => user?.email)
    export const isOurs = (error: unknown): error is SqlxAdapterError => error instanceof SqlxAdapterError
  `
  const compilers = { "TypeScript 7": "typescript", "TypeScript 5": "typescript-5" }
  const ways = [
    { module: "node16" },
    { module: "nodenext" },
    { module: "esnext", moduleResolution: "bundler" },
    { module: "commonjs", moduleResolution: "node10", esModuleInterop: true, only: "typescript-5" },
  ]

  const compile = (compiler, options, files) => {
    const flags = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)])
    const tsc = path.join(root, "node_modules", compiler, "bin/tsc")
    const args = [tsc, "--strict", "--target", "es2022", "--lib", "es2022"]
    return run(process.execPath, [...args, ...flags, ...files], { cwd: project })
  }

  for (const [name, compiler] of Object.entries(compilers)) {
    for (const { only, ...options } of ways) {
      if (only && only !== compiler) continue
      test(`${name} finds the types: ${Object.values(options).join(", ")}`, async () => {
        const files = [write("module.mts", source), write("common.cts", source)]
        const { code, stdout } = await compile(compiler, { ...options, noEmit: true }, files)
        expect([stdout, code]).toEqual(["", 0])
      })
    }
  }

  test("what it compiles to runs, as a CommonJS module and as an ES module", async () => {
    const script = `
      import SqlxAdapter from "next-auth-sqlx-adapter"
      import { SqlxAdapter as named } from "next-auth-sqlx-adapter"
      SqlxAdapter("sqlite::memory:")
      named("sqlite::memory:")
    `
    const files = [write("run-module.mts", script), write("run-common.cts", script)]
    const options = { module: "nodenext", outDir: "out" }
    const { code, stdout } = await compile("typescript", options, files)
    expect([stdout, code]).toEqual(["", 0])
    await mustRun(process.execPath, ["out/run-module.mjs"], { cwd: project })
    await mustRun(process.execPath, ["out/run-common.cjs"], { cwd: project })
  })
})
