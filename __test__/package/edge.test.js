// What edge runtimes and browsers get: a package that imports, bundles, and says what to do when it
// is called. The conditions are Node.js's own, and a real bundler's.

const fs = require("node:fs")
const path = require("node:path")
const esbuild = require("esbuild-wasm")
const { SqlxAdapter } = require("../..")
const { freshFolder, mustRun, root } = require("./project.js")

jest.setTimeout(60_000)

const conditions = ["edge-light", "workerd", "browser"]
const real = Object.keys(SqlxAdapter("sqlite::memory:"))

let folder

beforeAll(() => {
  folder = freshFolder()
  const installed = path.join(folder, "node_modules/next-auth-sqlx-adapter")
  fs.mkdirSync(installed, { recursive: true })
  // Without the binary, the loader and whatever else only Node.js is to have.
  for (const name of ["package.json", "edge.js", "edge.mjs", "error.js"]) {
    fs.copyFileSync(path.join(root, name), path.join(installed, name))
  }
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Calls every function bare, as NextAuth does, and prints what the package is and how each ends. */
const probe = `
  const adapter = { ...SqlxAdapter("postgres://app:hunter2@db/app", { pool: { max: 3 } }) }
  const outcomes = []
  for (const [name, call] of Object.entries(adapter)) {
    let error
    try {
      const promise = call("a", "b")
      error = await promise.then(() => undefined, (error) => error)
    } catch {
      error = { message: "thrown, not rejected" }
    }
    outcomes.push({
      name,
      code: error?.code,
      operation: error?.operation,
      message: error?.message,
      isOurs: error instanceof SqlxAdapterError && error instanceof Error,
    })
  }
  console.log(JSON.stringify({ isDefault: Default === SqlxAdapter, outcomes }))
`
const imports = `import Default, { SqlxAdapter, SqlxAdapterError } from "next-auth-sqlx-adapter"\n`

function expectStub(said) {
  const { isDefault, outcomes } = JSON.parse(said)
  expect(isDefault).toBe(true)
  expect(outcomes.map(({ name }) => name).sort()).toEqual([...real].sort())
  for (const { name, code, operation, message, isOurs } of outcomes) {
    expect([name, code, operation, isOurs]).toEqual([name, "ERR_UNSUPPORTED", name, true])
    expect(message).toContain('export const runtime = "nodejs"')
    expect(message).toContain("proxy.ts")
    expect(message).not.toContain("hunter2")
  }
}

describe.each(conditions)("the condition %s", (condition) => {
  const write = (name, content) => {
    const file = path.join(folder, `${condition}-${name}`)
    fs.writeFileSync(file, content)
    return file
  }

  test("imports the one that rejects", async () => {
    const script = write("import.mjs", imports + probe)
    const args = [`--conditions=${condition}`, script]
    expectStub(await mustRun(process.execPath, args, { cwd: folder }))
  })

  test("requires the one that rejects", async () => {
    const requires = `const { default: Default, SqlxAdapter, SqlxAdapterError } = require("next-auth-sqlx-adapter")\n`
    const script = write("require.cjs", `${requires}async function main() {${probe}}\nmain()`)
    const args = [`--conditions=${condition}`, script]
    expectStub(await mustRun(process.execPath, args, { cwd: folder }))
  })

  test("is bundled without anything of Node.js", async () => {
    const entry = write("bundle.mjs", imports + probe)
    const outfile = path.join(folder, `${condition}-out.mjs`)
    // For a browser, where a module of Node.js cannot be resolved: it would fail the build.
    const { warnings, metafile } = await esbuild.build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: "esm",
      platform: condition === "browser" ? "browser" : "neutral",
      conditions: [condition],
      metafile: true,
      logLevel: "silent",
    })
    expect(warnings).toEqual([])
    const inputs = Object.keys(metafile.inputs).map((name) => path.basename(name))
    expect(inputs.sort()).toEqual(["edge.js", "edge.mjs", "error.js", path.basename(entry)].sort())
    expectStub(await mustRun(process.execPath, [outfile], { cwd: folder }))
  })
})
