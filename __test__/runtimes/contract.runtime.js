// The whole contract, by jest, on each Node.js but the one that runs everything else, on SQLite and PostgreSQL:
//
//   npm run test:runtimes -- contract

const fs = require("node:fs")
const path = require("node:path")
const { freshFolder, root, run } = require("../package/project.js")
const { nodeBinary, nodeVersions } = require("./downloaded.js")

const others = nodeVersions.filter((version) => process.version !== `v${version}`)
const jestCommand = path.join(root, "node_modules/jest/bin/jest.js")

let folder

beforeAll(() => {
  folder = freshFolder()
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

test.each(others)(
  "passes on Node.js %s",
  async (version) => {
    const node = await nodeBinary(version)
    expect((await run(node, ["--version"], { cwd: root })).stdout).toBe(`v${version}\n`)
    const file = path.join(folder, `${version}.json`)
    const args = [jestCommand, "--forceExit", "--json", `--outputFile=${file}`, "__test__/contract"]
    const env = { ...process.env, DATABASES: "sqlite,postgres" }
    const { code, stderr } = await run(node, args, { cwd: root, env })
    if (code !== 0) throw new Error(stderr)
    const report = JSON.parse(fs.readFileSync(file, "utf8"))
    const { numPassedTests, numTotalTestSuites } = report
    process.stderr.write(`# Node.js ${version}: ${numPassedTests} of the contract passed\n`)
    const suites = fs.readdirSync(path.join(root, "__test__/contract"))
    expect(numTotalTestSuites).toBe(suites.filter((name) => name.endsWith(".test.js")).length)
    // At least as many on each database as there are files; that none failed is what the code says.
    expect(numPassedTests).toBeGreaterThan(2 * numTotalTestSuites)
  },
  900_000,
)
