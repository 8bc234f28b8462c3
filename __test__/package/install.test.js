// Installation where no prebuilt binary fits.

const { execFileSync } = require("node:child_process")
const fs = require("node:fs")
const path = require("node:path")
const { localFile, platform } = require("../../platform.js")
const { freshFolder, installInto, mustRun, pack, packPlatform, root, run } = require("./project.js")

jest.setTimeout(120_000)

let folder
let tarball

beforeAll(async () => {
  folder = freshFolder()
  tarball = await pack(root, folder)
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** A PATH on which there is nothing but these commands: a name, and the file that it is. */
function pathOf(commands) {
  const bin = fs.mkdtempSync(path.join(folder, "bin-"))
  for (const [name, file] of Object.entries(commands)) fs.symlinkSync(file, path.join(bin, name))
  return { ...process.env, PATH: bin, CC: "" }
}

const which = (name) => execFileSync("which", [name], { encoding: "utf8" }).trim()

/** A command that prints a line. */
function saying(name, line) {
  const file = path.join(folder, name)
  fs.writeFileSync(file, `#!/bin/sh\necho "${line}"\n`, { mode: 0o755 })
  return file
}

/** What the install script says in a project that was installed without running it. */
async function installScript(name, tarballs, env) {
  const project = path.join(folder, name)
  await installInto(project, tarballs, { ...process.env, npm_config_ignore_scripts: "true" })
  const cwd = path.join(project, "node_modules/next-auth-sqlx-adapter")
  return run(process.execPath, ["install.js"], { cwd, env })
}

test("says nothing and builds nothing where a prebuilt binary loads", async () => {
  const tarballs = [tarball, await packPlatform(folder)]
  const said = await installScript("prebuilt", tarballs, pathOf({}))
  expect(said).toEqual({ code: 0, stdout: "", stderr: "" })
})

test("does nothing in the checkout", async () => {
  const said = await run(process.execPath, ["install.js"], { cwd: root, env: pathOf({}) })
  expect(said).toEqual({ code: 0, stdout: "", stderr: "" })
})

test("says in two lines that Rust is missing, and where it is to be had", async () => {
  const { code, stdout, stderr } = await installScript("no-cargo", [tarball], pathOf({}))
  expect([code, stdout]).toEqual([1, ""])
  expect(stderr.split("\n")).toEqual([
    `next-auth-sqlx-adapter has to be built for ${platform}, and Rust (cargo) is missing.`,
    "Get it from https://rustup.rs, open a new terminal, and do this again.",
    "",
  ])
})

test("says in two lines that Rust is too old", async () => {
  const cargo = saying("old-cargo", "cargo 1.70.0 (7fe40dc8c 2023-04-27)")
  const { code, stderr } = await installScript("old-cargo-project", [tarball], pathOf({ cargo }))
  const [needed] = /(?<=^rust-version = ").*(?=")/m.exec(
    fs.readFileSync(path.join(root, "Cargo.toml"), "utf8"),
  )
  expect(code).toBe(1)
  expect(stderr.split("\n")).toEqual([
    `next-auth-sqlx-adapter has to be built for ${platform} with Rust ${needed} or newer; here is 1.70.`,
    "Get it with `rustup update` (https://rustup.rs), and do this again.",
    "",
  ])
})

test("says in two lines that a C compiler is missing", async () => {
  const cargo = saying("new-cargo", "cargo 1.999.0 (0000000 2030-01-01)")
  const { code, stderr } = await installScript("no-cc", [tarball], pathOf({ cargo }))
  expect(code).toBe(1)
  expect(stderr.split("\n")).toEqual([
    `next-auth-sqlx-adapter has to be built for ${platform}, and a C compiler (cc) is missing.`,
    "Get one: apt-get install gcc libc6-dev (Debian), apk add gcc musl-dev (Alpine), xcode-select --install (macOS).",
    "",
  ])
})

test("npm shows those lines, and the installation fails", async () => {
  const env = pathOf({ node: process.execPath, npm: which("npm"), sh: which("sh") })
  const { code, stderr } = await installInto(path.join(folder, "by-npm"), [tarball], env)
  expect(code).not.toBe(0)
  expect(stderr).toContain("Rust (cargo) is missing.")
  expect(stderr).toContain("https://rustup.rs")
})

test("builds nothing where npm is told to install for another kind of machine", async () => {
  const elsewhere = platform === "linux-arm64-musl" ? "linux-x64-gnu" : "linux-arm64-musl"
  const [, cpu, abi] = elsewhere.split("-")
  const env = {
    ...pathOf({ node: process.execPath, npm: which("npm"), sh: which("sh") }),
    npm_config_os: "linux",
    npm_config_cpu: cpu,
    npm_config_libc: abi === "gnu" ? "glibc" : "musl",
  }
  // What is in it does not matter here: it cannot be loaded on this machine.
  const other = path.join(folder, elsewhere)
  fs.cpSync(path.join(root, "npm", elsewhere), other, { recursive: true })
  fs.writeFileSync(path.join(other, `next-auth-sqlx-adapter.${elsewhere}.node`), "")
  const optional = { [`next-auth-sqlx-adapter-${elsewhere}`]: `file:${await pack(other, folder)}` }
  const project = path.join(folder, "for-elsewhere")
  const { code, stderr } = await installInto(project, [tarball], env, optional)
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("Rust")])
  const modules = path.join(project, "node_modules")
  expect(fs.existsSync(path.join(modules, `next-auth-sqlx-adapter-${elsewhere}`))).toBe(true)
  const built = fs.readdirSync(path.join(modules, "next-auth-sqlx-adapter"))
  expect(built.filter((name) => name.endsWith(".node"))).toEqual([])
})

// Quick only where all that it depends on has been compiled before; elsewhere it takes minutes.
const target = process.env.CARGO_TARGET_DIR ?? path.join(root, "target")
const isCompiled = process.env.CI || fs.existsSync(path.join(target, "release/deps"))
const testBuild = isCompiled ? test : test.skip

testBuild(
  "builds the addon from what the tarball holds",
  async () => {
    const project = path.join(folder, "built")
    const env = { ...process.env, CARGO_TARGET_DIR: target }
    const { code, stderr } = await installInto(project, [tarball], env)
    expect([code, code === 0 ? "" : stderr]).toEqual([0, ""])
    const installed = path.join(project, "node_modules/next-auth-sqlx-adapter")
    expect(fs.existsSync(path.join(installed, localFile))).toBe(true)
    expect(fs.existsSync(path.join(installed, "target"))).toBe(false)
    const script = `
      const { SqlxAdapter } = require("next-auth-sqlx-adapter")
      SqlxAdapter("sqlite::memory:").createUser({ email: "a@b.test" }).then((user) => console.log(user.email))
    `
    expect(await mustRun(process.execPath, ["-e", script], { cwd: project })).toBe("a@b.test\n")
  },
  900_000,
)
