// What a user's own tests do: they import the adapter, with the database in memory, reset modules and
// replace the clock. Neither runner has a configuration.

const fs = require("node:fs")
const path = require("node:path")
const { freshFolder, mustRun, run } = require("../package/project.js")
const { packInto } = require("./packed.js")

let folder
let project

beforeAll(async () => {
  folder = freshFolder()
  project = path.join(folder, "project")
  fs.mkdirSync(project)
  fs.writeFileSync(path.join(project, "package.json"), '{ "private": true }')
  const flags = ["--no-audit", "--no-fund", "--prefer-offline"]
  const packages = [
    ...packInto(folder),
    "jest@30.5.2",
    "jest-environment-jsdom@30.5.2",
    "vitest@4.1.12",
  ]
  await mustRun("npm", ["install", ...flags, ...packages], { cwd: project })
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** The tests, where `mock` is what the runner calls the object that resets and replaces. */
const tests = (mock, load) => `
const day = 24 * 60 * 60 * 1000

function adapterOf({ SqlxAdapter }) {
  return SqlxAdapter({ type: "sqlite", database: ":memory:" })
}

test("a user and a session", async () => {
  const adapter = adapterOf(${load})
  const user = await adapter.createUser({ email: "ada@example.test", emailVerified: new Date(1) })
  expect(user.emailVerified).toBeInstanceOf(Date)
  expect(await adapter.getUser(user.id)).toEqual(user)
  const session = { sessionToken: "s", userId: user.id, expires: new Date(Date.now() + day) }
  await adapter.createSession(session)
  expect((await adapter.getSessionAndUser("s")).session).toMatchObject(session)
})

test("an error is one of this realm", async () => {
  const { SqlxAdapterError, SqlxAdapter } = ${load}
  const adapter = adapterOf({ SqlxAdapter })
  const error = await adapter.createUser({ email: "ada@example.test" }).catch((error) => error)
  expect(error).toBeInstanceOf(SqlxAdapterError)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ code: "ERR_UNIQUE" })
  await expect(adapter.updateUser({ id: "nobody" })).rejects.toThrow(/updateUser/)
})

test("modules that are reset load it anew or not, and both go on", async () => {
  const before = ${load}
  ${mock}.resetModules()
  const after = ${load}
  for (const loaded of [before, after]) {
    const adapter = adapterOf(loaded)
    const user = await adapter.createUser({ email: Math.random() + "@example.test" })
    expect(await adapterOf(loaded).getUser(user.id)).toEqual(user)
    await expect(adapter.createUser(user)).rejects.toBeInstanceOf(loaded.SqlxAdapterError)
  }
})

test("with a clock that stands still, calls are answered, and sessions expire when it moves", async () => {
  ${mock}.useFakeTimers()
  try {
    const adapter = adapterOf(${load})
    const user = await adapter.createUser({ email: "alan@example.test" })
    const expires = new Date(Date.now() + day)
    await adapter.createSession({ sessionToken: "t", userId: user.id, expires })
    expect(await adapter.getSessionAndUser("t")).not.toBeNull()
    ${mock}.setSystemTime(Date.now() + 2 * day)
    expect(await adapter.getSessionAndUser("t")).toBeNull()
  } finally {
    ${mock}.useRealTimers()
  }
})
`

/** Runs a command, which has to pass four tests a file, and to end by itself. */
async function passes(args, said) {
  const { code, stdout, stderr } = await run(process.execPath, args, { cwd: project })
  const output = stdout + stderr
  if (code !== 0) throw new Error(output)
  expect(output).toMatch(said)
  expect(output).not.toMatch(/did not exit|open handle|hanging/i)
}

test("Jest 30, two files at once, with --detectOpenHandles too", async () => {
  const source = tests("jest", `require("next-auth-sqlx-adapter")`)
  for (const name of ["one", "two"]) {
    fs.writeFileSync(path.join(project, `${name}.test.js`), source)
  }
  const jest = path.join(project, "node_modules/jest/bin/jest.js")
  try {
    await passes([jest, "--ci"], /8 passed, 8 total/)
    await passes([jest, "--ci", "--runInBand", "--detectOpenHandles"], /8 passed, 8 total/)
  } finally {
    for (const name of ["one", "two"]) fs.rmSync(path.join(project, `${name}.test.js`))
  }
})

test("Jest 30 with jsdom says what to do, and doing it helps", async () => {
  const write = (name, head, expected) =>
    fs.writeFileSync(
      path.join(project, `${name}.test.js`),
      `${head}
const { SqlxAdapter } = require("next-auth-sqlx-adapter")

test("in the browser's environment or in Node.js's", async () => {
  const adapter = SqlxAdapter({ type: "sqlite", database: ":memory:" })
  const said = await adapter.getUser("1").catch(({ code, message }) => [code, message])
  expect(said).toEqual(${expected})
})
`,
    )
  write(
    "without",
    "",
    `["ERR_UNSUPPORTED", expect.stringContaining("/** @jest-environment node */")]`,
  )
  write("with", "/** @jest-environment node */", "null")
  const jest = path.join(project, "node_modules/jest/bin/jest.js")
  try {
    await passes([jest, "--ci", "--env=jsdom"], /2 passed, 2 total/)
  } finally {
    for (const name of ["without", "with"]) fs.rmSync(path.join(project, `${name}.test.js`))
  }
})

test("Vitest 4, two files at once", async () => {
  const source = tests("vi", `await import("next-auth-sqlx-adapter")`)
  const imports = `import { expect, test, vi } from "vitest"\n`
  for (const name of ["one", "two"]) {
    fs.writeFileSync(path.join(project, `${name}.test.mjs`), imports + source)
  }
  const vitest = path.join(project, "node_modules/vitest/vitest.mjs")
  await passes([vitest, "run"], /8 passed/)
})
