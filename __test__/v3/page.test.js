// Every block of code in docs/nextauth-v3.md is run, as an application would have it, and what it makes
// is used. (Its SQL is run by original.test.js, on the servers that it is for.)

const { execFile } = require("node:child_process")
const { mkdirSync, symlinkSync, writeFileSync } = require("node:fs")
const path = require("node:path")
const { promisify } = require("node:util")
const ts = require("typescript-5")
const { databases, describeOn } = require("../support/databases")
const { freshFolder } = require("../support/sqlite")
const { blocks, root } = require("../types/blocks")
const { TYPEORM } = require("./typeorm")

jest.setTimeout(60_000)

const run = promisify(execFile)
const page = blocks().filter(({ document }) => document === "docs/nextauth-v3.md")

/** What is in a block, and the use of `page-run.mjs` that is made of it. */
const USES = [
  ["// pages/api/auth/[...nextauth].js", "handler"],
  ["Adapters.TypeORM.Adapter({", "spellings"],
  ["Adapters.Prisma.Adapter({", "prisma"],
  ["createUser: (user) => adapter.createUser(", "replaced"],
  ["const wrapped = {", "wrapped"],
  ["composeAdapters(parts)", "split"],
  ["// auth.js of v5", "later"],
  ['preset: "typeorm-v3"', "columns"],
  ["// v3-schema.mjs", "schemaFile"],
]

const scripts = page.filter(({ language }) => language === "js")

test("each block has its use", () => {
  const found = scripts.map(({ text }) => USES.filter(([part]) => text.includes(part)))
  expect(found.map((uses) => uses.length)).toEqual(USES.map(() => 1))
  expect(new Set(found.flat())).toEqual(new Set(USES))
  const others = page.filter(({ language }) => language !== "js").map(({ language }) => language)
  expect(others.sort()).toEqual(["sh", "sql"])
})

/** The block as a module: it exports what it names, and values that it only mentions are in `seen`. */
function moduleOf(text) {
  const source = ts.createSourceFile("block.mjs", text, ts.ScriptTarget.ES2022, true)
  let module = ""
  const names = []
  for (const statement of source.statements) {
    const code = statement.getFullText()
    if (ts.isExpressionStatement(statement))
      module += `\nseen.push(${statement.expression.getText()})`
    else module += code
    const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    if (ts.isVariableStatement(statement) && !isExported) {
      names.push(...statement.declarationList.declarations.map(({ name }) => name.getText()))
    }
  }
  return `${module}\nexport { ${names.join(", ")} }\n`
}

/** A folder in which packages are found by the names that applications of v3 import. */
async function application() {
  const folder = await freshFolder()
  const packages = path.join(folder, "node_modules")
  mkdirSync(path.join(packages, "next-auth"), { recursive: true })
  symlinkSync(root, path.join(packages, "next-auth-sqlx-adapter"))
  const nextAuth = require.resolve("next-auth-3", { paths: [root] })
  writeFileSync(
    path.join(packages, "next-auth/index.mjs"),
    // Next.js gives it as Babel does; Node.js would give what is around it.
    `import v3 from ${JSON.stringify(nextAuth)}\nexport default v3.default ?? v3\n`,
  )
  writeFileSync(path.join(packages, "next-auth/package.json"), '{ "exports": "./index.mjs" }')
  return folder
}

for (const database of databases.filter(({ name }) => Object.hasOwn(TYPEORM, name))) {
  describeOn(database.name)(`a block of the page runs (${database.name})`, () => {
    let [folder, place] = []
    beforeAll(async () => {
      folder = await application()
    })
    beforeEach(async () => {
      place = await database.fresh()
    })
    afterEach(() => place.drop())

    const env = (more) => ({
      ...process.env,
      NODE_ENV: "production",
      NEXTAUTH_URL: "http://localhost",
      DATABASE_URL: place.url,
      ...more,
    })

    async function use(name, file) {
      const runner = path.join(__dirname, "page-run.mjs")
      const options = { cwd: folder, env: env() }
      const { stdout } = await run(process.execPath, [runner, name, file], options)
      expect(stdout).toBe(`${name} is used\n`)
    }

    test.each(USES)("%s", async (part, name) => {
      const { text } = scripts.find((block) => block.text.includes(part))
      const file = path.join(folder, `${name}.mjs`)
      // The one place that is no place here.
      const here = text.replace('"postgres://app@db/app"', JSON.stringify(place.url))
      writeFileSync(file, moduleOf(here))
      await use(name, file)
    })

    test("copy, with the file for its schema", async () => {
      const block = scripts.find(({ text }) => text.includes("// v3-schema.mjs"))
      writeFileSync(path.join(folder, "v3-schema.mjs"), block.text)
      await use("filled", "")
      const [{ text }] = page.filter(({ language }) => language === "sh")
      const target = await database.fresh()
      try {
        const command = `npx() { [ "$1" = next-auth-sqlx-adapter ] && shift && node "${root}/cli.js" "$@"; }\n${text}`
        const variables = { FROM_DATABASE_URL: place.url, DATABASE_URL: target.url }
        await run("bash", ["-c", command], { cwd: folder, env: env(variables) })
        const rows = await target.rows("SELECT email FROM users")
        expect(rows).toEqual([{ email: "ada@example.com" }])
      } finally {
        await target.drop()
      }
    })
  })
}
