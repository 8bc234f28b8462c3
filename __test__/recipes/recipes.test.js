// The recipes of docs/recipes.md that can be run here, as they stand there.

const { spawn } = require("node:child_process")
const { once } = require("node:events")
const fs = require("node:fs")
const path = require("node:path")
const ts = require("typescript-5")
const { SqlxAdapter } = require("../..")
const { freshFolder, mustRun } = require("../package/project.js")
const { blocks, root } = require("../types/blocks.js")

/** The recipe whose code has this in it, as JavaScript. */
function recipe(text) {
  const found = blocks().filter(
    (block) => block.document === "docs/recipes.md" && block.text.includes(text),
  )
  expect(found).toHaveLength(1)
  return ts.transpileModule(found[0].text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  }).outputText
}

test("the health endpoint tells a database that answers from one that does not", async () => {
  const adapter = SqlxAdapter("sqlite::memory:")
  const exported = {}
  new Function("exports", "adapter", "Response", recipe("adapter.ping()"))(
    exported,
    adapter,
    Response,
  )
  const up = await exported.GET()
  expect([up.status, await up.json()]).toEqual([
    200,
    { database: "up", milliseconds: expect.any(Number) },
  ])
  await adapter.close()
  const down = await exported.GET()
  expect([down.status, await down.json()]).toEqual([503, { database: "down", code: "ERR_CLOSED" }])
})

test("a process that is told to end finishes what is under way", async () => {
  const script = `
    const { SqlxAdapter } = require(${JSON.stringify(path.join(root, "index.js"))})
    const adapter = SqlxAdapter("sqlite::memory:")
    ${recipe("SIGTERM")}
    setInterval(() => {}, 1000)
    adapter.ping().then(() => {
      process.on("SIGTERM", () => adapter.getUser("x").then(console.log, ({ code }) => console.log(code)))
      adapter.createUser({ email: "ada@example.com" }).then(() => console.log("stored"))
      process.kill(process.pid, "SIGTERM")
    })`
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] })
  let said = ""
  child.stdout.on("data", (piece) => {
    said += piece
  })
  const [code] = await once(child, "close")
  expect(code).toBe(0)
  expect(said.trim().split("\n").sort()).toEqual(["ERR_CLOSED", "stored"])
})

test("the handler for AWS Lambda is asked again while it is warm, and by a cold start", async () => {
  const folder = freshFolder()
  const source = recipe("export const handler").replaceAll("exports.", "module.exports.")
  fs.writeFileSync(
    path.join(folder, "handler.cjs"),
    `const { SqlxAdapter } = require(${JSON.stringify(path.join(root, "index.js"))})\n${source}`,
  )
  // What the platform does: it loads the module once, and calls the handler for each event.
  const invoke = `
    const { handler } = require("./handler.cjs")
    handler({}).then(async (cold) => console.log(JSON.stringify([cold, await handler({})])))`
  const env = { ...process.env, DATABASE_URL: `sqlite:${path.join(folder, "lambda.db")}` }
  try {
    for (const start of ["first", "second"]) {
      const said = await mustRun(process.execPath, ["-e", invoke], { cwd: folder, env })
      const answers = JSON.parse(said)
      expect([start, ...answers.map(({ statusCode }) => statusCode)]).toEqual([start, 200, 200])
      for (const { body } of answers) expect(Number(body)).toBeGreaterThan(0)
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})
