// npm/<platform> is made by napi-rs' command line and committed.

const fs = require("node:fs")
const path = require("node:path")
const { prebuilt } = require("../../platform.js")
const { freshFolder, mustRun, root, run } = require("./project.js")

jest.setTimeout(60_000) // a busy machine takes its time to start processes

let folder

beforeEach(() => {
  folder = freshFolder()
})

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Makes them anew, in a folder of their own, of package.json with these fields besides. */
async function made(fields = {}) {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"))
  const text = JSON.stringify({ ...manifest, ...fields })
  fs.writeFileSync(path.join(folder, "package.json"), text)
  fs.copyFileSync(path.join(root, "Cargo.toml"), path.join(folder, "Cargo.toml"))
  const napi = path.join(root, "node_modules/@napi-rs/cli/dist/cli.js")
  await mustRun(process.execPath, [napi, "create-npm-dirs"], { cwd: folder })
  return path.join(folder, "npm")
}

test("is what the command line makes of package.json today", async () => {
  expect(contents(path.join(root, "npm"))).toEqual(contents(await made()))
})

test("names the repository, or the release says where it does not", async () => {
  const asked = () =>
    run(process.execPath, [".ci/repository.mjs", "ada/app", folder], { cwd: root })
  await made()
  const lacking = await asked()
  expect(lacking.code).toBe(1)
  for (const name of prebuilt) expect(lacking.stderr).toContain(`  npm/${name}/package.json\n`)
  // The cure that it names.
  await made({ repository: { type: "git", url: "git+https://github.com/ada/app.git" } })
  const said = `${prebuilt.length + 1} of ${prebuilt.length + 1} packages name ada/app\n`
  expect(await asked()).toEqual({ code: 0, stdout: said, stderr: "" })
})

test("has a folder for every platform that the loader knows", () => {
  expect(fs.readdirSync(path.join(root, "npm")).sort()).toEqual([...prebuilt].sort())
})

/** The text of every file, by its path; binaries that a release put there aside. */
function contents(folder) {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true })
  const texts = files
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".node"))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .map((file) => [path.relative(folder, file), fs.readFileSync(file, "utf8")])
  return Object.fromEntries(texts)
}
