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

const files = ["package.json", "edge.js", "edge.mjs", "error.js"]
/** Of the entry points that do without the addon: what each imports is what it is given. */
const otherFiles = ["compose", "compose.js", "compose.mjs", "otel.js", "otel.mjs"]

let folder

beforeAll(() => {
  folder = freshFolder()
  const installed = path.join(folder, "node_modules/next-auth-sqlx-adapter")
  fs.mkdirSync(installed, { recursive: true })
  // Without the binary, the loader and whatever else only Node.js is to have.
  for (const name of [...files, ...otherFiles]) {
    fs.cpSync(path.join(root, name), path.join(installed, name), { recursive: true })
  }
  const api = "node_modules/@opentelemetry"
  fs.symlinkSync(path.join(root, api), path.join(folder, api))
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

/** What is made of adapters, of the one that rejects. */
const around = `
  import { SqlxAdapter } from "next-auth-sqlx-adapter"
  import { composeAdapters, mirror } from "next-auth-sqlx-adapter/compose"
  import { withOpenTelemetry } from "next-auth-sqlx-adapter/otel"
  const part = SqlxAdapter()
  const composed = composeAdapters({ user: part, account: part, verificationToken: part, session: false })
  const adapters = [composed, mirror(part, part)].map((adapter) => withOpenTelemetry(adapter))
  const codes = adapters.map((adapter) => adapter.getUser("1").catch(({ code }) => code))
  console.log(JSON.stringify(await Promise.all(codes)))
`

function expectStub(said) {
  const { isDefault, outcomes } = JSON.parse(said)
  expect(isDefault).toBe(true)
  expect(outcomes.map(({ name }) => name).sort()).toEqual([...real].sort())
  for (const { name, code, operation, message, isOurs } of outcomes) {
    expect([name, code, operation, isOurs]).toEqual([name, "ERR_UNSUPPORTED", name, true])
    expect(message).toContain('export const runtime = "nodejs"')
    expect(message).toContain("proxy.ts")
    expect(message).toContain("@jest-environment node")
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

  /** Bundles a script, and gives where it is and the names of all files that went into it. */
  async function bundled(name, script) {
    const outfile = path.join(folder, `${condition}-${name}-out.mjs`)
    // For a browser, where a module of Node.js cannot be resolved: it would fail the build.
    const { warnings, metafile } = await esbuild.build({
      entryPoints: [write(`${name}.mjs`, script)],
      outfile,
      bundle: true,
      format: "esm",
      platform: condition === "browser" ? "browser" : "neutral",
      conditions: [condition],
      metafile: true,
      logLevel: "silent",
    })
    expect(warnings).toEqual([])
    return { outfile, inputs: Object.keys(metafile.inputs).map((name) => path.basename(name)) }
  }

  test("is bundled without anything of Node.js", async () => {
    const { outfile, inputs } = await bundled("bundle", imports + probe)
    const own = ["edge.js", "edge.mjs", "error.js", `${condition}-bundle.mjs`]
    expect(inputs.sort()).toEqual(own.sort())
    expectStub(await mustRun(process.execPath, [outfile], { cwd: folder }))
  })

  test("is bundled with /compose and /otel around it, too", async () => {
    const { outfile, inputs } = await bundled("around", around)
    expect(inputs).toEqual(expect.arrayContaining(["edge.js", "adapters.js", "otel.js"]))
    const said = await mustRun(process.execPath, [outfile], { cwd: folder })
    expect(JSON.parse(said)).toEqual(["ERR_UNSUPPORTED", "ERR_UNSUPPORTED"])
  })
})
