// The core of the contract, in whatever loads Node-API addons, on every database.

const fs = require("node:fs")
const path = require("node:path")
const { databases } = require("../support/databases.js")
const { freshFolder, run } = require("../package/project.js")
const { downloaded, nodeBinary, nodeVersions } = require("./downloaded.js")
const { installInto, packInto } = require("./packed.js")

const runtimes = [
  ...nodeVersions.map((version) => ({
    name: `Node.js ${version}`,
    binary: () => nodeBinary(version),
    args: [],
  })),
  {
    name: "Bun 1.4.5",
    binary: () => downloaded("@oven/bun-linux-x64", "1.4.5", "bin/bun"),
    args: ["run"],
  },
  {
    name: "Deno 2.9.6",
    binary: () => downloaded("@deno/linux-x64-glibc", "2.9.6", "deno"),
    args: ["run", "--allow-all"],
  },
]

let folder
let project

beforeAll(() => {
  folder = freshFolder()
  project = path.join(folder, "project")
  installInto(project, packInto(folder))
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

describe.each(runtimes)("$name", ({ name, binary, args }) => {
  test.each(databases)("passes the core of the contract on $name", async (database) => {
    if (database.unavailable) throw new Error(database.unavailable)
    const command = await binary()
    const place = await database.fresh()
    try {
      const env = { ...process.env, CORE_URL: place.url }
      const said = await run(command, [...args, "core.mjs"], { cwd: project, env })
      expect({ code: said.code, stderr: said.stderr }).toMatchObject({ code: 0 })
      const { runtime, results } = JSON.parse(said.stdout)
      expect(runtime).toBe(name)
      const failed = Object.entries(results).filter(([, result]) => result !== true)
      expect(failed).toEqual([])
      expect(Object.keys(results)).toHaveLength(12)
    } finally {
      await place.drop()
    }
  })
})
