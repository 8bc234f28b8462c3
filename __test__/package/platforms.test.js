// npm/<platform> is made by napi-rs' command line and committed.

const fs = require("node:fs")
const path = require("node:path")
const { prebuilt } = require("../../platform.js")
const { freshFolder, mustRun, root } = require("./project.js")

jest.setTimeout(60_000) // a busy machine takes its time to start processes

test("is what the command line makes of package.json today", async () => {
  const folder = freshFolder()
  try {
    for (const name of ["package.json", "Cargo.toml"]) {
      fs.copyFileSync(path.join(root, name), path.join(folder, name))
    }
    const napi = path.join(root, "node_modules/@napi-rs/cli/dist/cli.js")
    await mustRun(process.execPath, [napi, "create-npm-dirs"], { cwd: folder })
    expect(contents(path.join(root, "npm"))).toEqual(contents(path.join(folder, "npm")))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
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
