// The loader: which binary it takes, and how it explains itself when none loads.

const fs = require("node:fs")
const path = require("node:path")
const esbuild = require("esbuild-wasm")
const { localFile, platform, prebuilt } = require("../../platform.js")
const { freshFolder, mustRun, root, run } = require("./project.js")

const packageName = `next-auth-sqlx-adapter-${platform}`

jest.setTimeout(60_000) // a busy machine takes its time to start processes

let folder

beforeEach(() => {
  folder = freshFolder()
  for (const name of ["binding.js", "platform.js"]) {
    fs.copyFileSync(path.join(root, name), path.join(folder, name))
  }
})

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

function write(name, content) {
  const file = path.join(folder, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, content)
}

/** What loading says, in a process of its own: a broken library could take jest with it. */
async function load() {
  const script = `
    try {
      console.log(JSON.stringify({ loaded: require("./binding.js") }))
    } catch (error) {
      console.log(JSON.stringify({ message: error.message, cause: error.cause.message }))
    }
  `
  const { stdout, stderr } = await run(process.execPath, ["-e", script], { cwd: folder })
  expect(stderr).toBe("")
  return JSON.parse(stdout)
}

// esbuild is WebAssembly here, and slow on a machine that has other things to do.
jest.setTimeout(30_000)

test("says what it looked for where nothing is there, and what to do", async () => {
  const { message } = await load()
  expect(message.split("\n")).toEqual([
    `next-auth-sqlx-adapter found no binary that loads on ${platform} (Node.js ${process.version}). Tried:`,
    `  ./${localFile}: not there`,
    `  ${packageName}: not there`,
    "Install it again on this very kind of machine, with optional dependencies (npm install --include=optional),",
    "or build it here: npm rebuild next-auth-sqlx-adapter, with Rust (https://rustup.rs) and a C compiler.",
  ])
})

test("says what the system's loader said of a file that is no library", async () => {
  write(localFile, "this is not a library")
  const { message, cause } = await load()
  expect(message).not.toContain(`${localFile}: not there`)
  expect(message).toContain(`${packageName}: not there`)
  expect(message).toContain(cause)
  if (process.platform === "linux") expect(cause).toMatch(/file too short|invalid ELF header/)
})

const testOnLinux = process.platform === "linux" ? test : test.skip

testOnLinux("says so of one that was built for another processor", async () => {
  const library = fs.readFileSync(path.join(root, localFile))
  library.writeUInt16LE(0x14, 18) // PowerPC, in the ELF header's e_machine
  write(localFile, library)
  const { message, cause } = await load()
  expect(message).toContain(cause)
  expect(cause).toContain(localFile)
  expect(message).not.toContain(`${localFile}: not there`)
})

const testOnGlibc = platform.endsWith("-gnu") ? test : test.skip

testOnGlibc("says so of one that asks for a newer C library", async () => {
  const library = fs.readFileSync(path.join(root, localFile), "latin1")
  write(localFile, Buffer.from(library.replaceAll("GLIBC_2.", "GLIBC_9."), "latin1"))
  const { message, cause } = await load()
  expect(cause).toMatch(/version `GLIBC_9\.\d+' not found/)
  expect(message).toContain(cause)
  expect(message).toContain("npm rebuild next-auth-sqlx-adapter")
})

test("takes the prebuilt one where the local one is broken", async () => {
  write(localFile, "this is not a library")
  write(`node_modules/${packageName}/index.js`, `module.exports = "prebuilt"`)
  expect(await load()).toEqual({ loaded: "prebuilt" })
})

test("shows the causes of an error, down to the one that matters", async () => {
  const wrapped = `
    const reason = new Error("version \`GLIBC_2.34' not found")
    throw new Error("cannot load", { cause: new Error("the library is too new", { cause: reason }) })
  `
  write(`node_modules/${packageName}/index.js`, wrapped)
  const { message, cause } = await load()
  const reason = "cannot load: the library is too new: version `GLIBC_2.34' not found"
  expect(message).toContain(`  ${packageName}: ${reason}\n`)
  expect(cause).toBe("cannot load")
})

test("does not take another missing module for its own", async () => {
  write(`node_modules/${packageName}/index.js`, `require("something-else")`)
  const { message } = await load()
  expect(message).toContain(`  ${packageName}: Cannot find module 'something-else'\n`)
})

test.each(["cjs", "esm"])("says of a bundle to leave the package out of it: %s", async (format) => {
  // As where the build runs on another kind of machine than the server: it has another binary.
  write("app.js", `module.exports = require("./binding.js")`)
  const outfile = path.join(folder, format === "esm" ? "bundle.mjs" : "bundle.cjs")
  await esbuild.build({
    entryPoints: [path.join(folder, "app.js")],
    outfile,
    format,
    bundle: true,
    minify: true,
    platform: "node",
    logLevel: "silent", // that the binaries are not there
  })
  const script = `
    import("./${path.basename(outfile)}").catch((error) => console.log(error.message))
  `
  const said = (await mustRun(process.execPath, ["-e", script], { cwd: folder })).split("\n")
  expect(said[0]).toContain(`no binary that loads on ${platform}`)
  expect(said[1]).toContain(`  ./${localFile}: `)
  const cure = said.slice(3).join("\n")
  expect(cure).toContain("withSqlxAdapter from next-auth-sqlx-adapter/next")
  expect(cure).toContain("external in esbuild")
  expect(cure).not.toContain("npm rebuild")
})

test("spells out both names of every published platform", () => {
  const source = fs.readFileSync(path.join(root, "binding.js"), "utf8")
  for (const name of prebuilt) {
    expect(source).toContain(`case "${name}":`)
    expect(source).toContain(`require("./next-auth-sqlx-adapter.${name}.node")`)
    expect(source).toContain(`require("next-auth-sqlx-adapter-${name}")`)
  }
})
