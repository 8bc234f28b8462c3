// Each package manager installs the package as it will be published: one that names the binary of
// each platform as optional, here from a tarball.

const fs = require("node:fs")
const path = require("node:path")
const { platform } = require("../../platform.js")
const { freshFolder, mustRun } = require("../package/project.js")
const { downloaded } = require("./downloaded.js")
const { packInto } = require("./packed.js")

const binaryPackage = `next-auth-sqlx-adapter-${platform}`

let folder
let adapter // the tarball of the package
let binary // and that of the binary

beforeAll(async () => {
  folder = freshFolder()
  const tarballs = packInto(folder)
  binary = tarballs[1]
  adapter = await asPublished(tarballs[0])
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** The same package with what publishing adds to its manifest. */
async function asPublished(tarball) {
  const place = path.join(folder, "published")
  fs.mkdirSync(place)
  await mustRun("tar", ["xzf", tarball, "-C", place], { cwd: folder })
  const file = path.join(place, "package/package.json")
  const manifest = JSON.parse(fs.readFileSync(file, "utf8"))
  manifest.optionalDependencies = { [binaryPackage]: manifest.version }
  delete manifest.scripts.prepublishOnly
  fs.writeFileSync(file, JSON.stringify(manifest))
  const published = path.join(folder, "published.tgz")
  await mustRun("tar", ["czf", published, "-C", place, "package"], { cwd: folder })
  return published
}

/** A project whose manifest has these fields; the script says what it found in its database. */
function project(name, manifest, files = {}) {
  const place = path.join(folder, name)
  const sources = {
    "package.json": JSON.stringify({ name, version: "1.0.0", private: true, ...manifest }),
    "app.mjs": app,
    ...files,
  }
  for (const [file, content] of Object.entries(sources)) {
    fs.mkdirSync(path.dirname(path.join(place, file)), { recursive: true })
    fs.writeFileSync(path.join(place, file), content)
  }
  return place
}

const app = `
import { SqlxAdapter } from "next-auth-sqlx-adapter"

const adapter = SqlxAdapter("sqlite:app.db")
const user = await adapter.createUser({ email: "ada@example.test" })
console.log((await adapter.getUser(user.id)).email)
`

const overridden = () => ({ [binaryPackage]: `file:${binary}` })
const depends = () => ({ dependencies: { "next-auth-sqlx-adapter": `file:${adapter}` } })

// No manager may take what an earlier run or a person's configuration left.
const environment = (extra) => ({ ...process.env, CI: "true", ...extra })

async function works(place, command, args, extra) {
  const said = await mustRun(command, [...args, "app.mjs"], { cwd: place, env: environment(extra) })
  expect(said).toBe("ada@example.test\n")
  expect(fs.existsSync(path.join(place, "app.db"))).toBe(true)
}

test("npm", async () => {
  const place = project("npm", { ...depends(), overrides: overridden() })
  await mustRun("npm", ["install", "--no-audit", "--no-fund"], { cwd: place, env: environment() })
  await works(place, process.execPath, [])
})

test("npm, in a workspace", async () => {
  const root = project("npm-workspaces", { workspaces: ["apps/*"], overrides: overridden() })
  const manifest = JSON.stringify({ name: "web", version: "1.0.0", ...depends() })
  const place = path.join(root, "apps/web")
  fs.mkdirSync(place, { recursive: true })
  fs.writeFileSync(path.join(place, "package.json"), manifest)
  fs.writeFileSync(path.join(place, "app.mjs"), app)
  await mustRun("npm", ["install", "--no-audit", "--no-fund"], { cwd: root, env: environment() })
  await works(place, process.execPath, [])
})

test("pnpm 10", async () => {
  const pnpm = await downloaded("pnpm", "10.34.9", "bin/pnpm.cjs")
  const place = project("pnpm", { ...depends(), pnpm: { overrides: overridden() } })
  const args = [pnpm, "install", "--no-frozen-lockfile", "--store-dir", path.join(folder, "store")]
  await mustRun(process.execPath, args, { cwd: place, env: environment() })
  // Nothing is hoisted: the adapter finds its binary as its own dependency.
  expect(fs.existsSync(path.join(place, "node_modules", binaryPackage))).toBe(false)
  await works(place, process.execPath, [])
})

describe("yarn 4", () => {
  const install = async (name, linker) => {
    const yarn = await downloaded("@yarnpkg/cli-dist", "4.18.1", "bin/yarn.js")
    const manifest = { ...depends(), resolutions: overridden() }
    const settings = {
      nodeLinker: linker,
      enableTelemetry: false,
      enableGlobalCache: false,
      pnpEnableEsmLoader: true,
    }
    const place = project(name, manifest, {
      ".yarnrc.yml": Object.entries(settings)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(""),
      "yarn.lock": "",
    })
    const env = environment({ YARN_ENABLE_IMMUTABLE_INSTALLS: "false" })
    await mustRun(process.execPath, [yarn, "install"], { cwd: place, env })
    return { place, yarn }
  }

  test("with node_modules", async () => {
    const { place } = await install("yarn-node-modules", "node-modules")
    await works(place, process.execPath, [])
  })

  test("with Plug'n'Play", async () => {
    const { place, yarn } = await install("yarn-pnp", "pnp")
    expect(fs.existsSync(path.join(place, "node_modules"))).toBe(false)
    await works(place, process.execPath, [yarn, "node"])
  })
})
