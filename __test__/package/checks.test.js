// The packed tarball, as the usual tools judge it: what bundlers, Node.js and TypeScript find by
// package.json's exports is there, in the module system that it is declared to be.

const fs = require("node:fs")
const path = require("node:path")
const { freshFolder, mustRun, pack, root } = require("./project.js")

jest.setTimeout(60_000)

let folder
let found

beforeAll(async () => {
  folder = freshFolder()
  const tarball = await pack(root, folder)
  const output = await mustRun(process.execPath, [path.join(__dirname, "checks.mjs"), tarball], {
    cwd: root,
  })
  found = JSON.parse(output)
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

test("publint has nothing to say, not even a suggestion", () => {
  expect(found.publint).toEqual([])
})

test("the types are right for every entry point, by every way that TypeScript resolves them", () => {
  const { exports } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"))
  expect(found.types).toBe("included")
  expect(found.entrypoints.sort()).toEqual(Object.keys(exports).sort())
  expect(found.problems).toEqual([])
})
