// TypeORM's SQLite driver is the package `sqlite3`, whose install script downloads a binary or compiles
// one for minutes. Debian has one built, for any Node.js as it is on Node-API.

const { existsSync, readdirSync, rmSync, writeFileSync } = require("node:fs")
const path = require("node:path")
const { cached } = require("../servers/cache")
const { run } = require("../servers/run")

const NAME = "node-sqlite3"

/** Why there is no such driver here, or `undefined`. */
const unavailable = existsSync("/usr/bin/apt-get")
  ? undefined
  : "TypeORM's driver is taken from Debian"

/**
 * The environment in which `require(SQLITE3)` gives the package. It uses the system's library, which
 * the command `sqlite3` brought along.
 */
async function sqlite3() {
  const folder = await cached(`debian-${NAME}`, fill)
  const [binary] = find(path.join(folder, "root"), "node_sqlite3.node")
  return { SQLITE3: path.join(path.dirname(binary), "../../sqlite3.js"), LD_LIBRARY_PATH: folder }
}

async function fill(folder) {
  const download = () => run("apt-get", ["download", NAME], { cwd: folder })
  await download().catch(async () => {
    await run("apt-get", ["-o", "DPkg::Lock::Timeout=300", "update"])
    await download()
  })
  const [deb] = find(folder, /\.deb$/)
  await run("dpkg", ["-x", deb, path.join(folder, "root")])
  // Debian's Node.js keeps Node-API in a library of this name; the one that runs has it in itself.
  const [library] = (await run("dpkg", ["-f", deb, "Depends"])).match(/libnode\d+/)
  const file = library.replace(/\d+$/, ".so.$&")
  const flags = ["-shared", `-Wl,-soname,${file}`, "-o", path.join(folder, file)]
  await run("cc", [...flags, "-x", "c", "-"])
  // It looks for its binary by a package that is not there.
  const [binary] = find(folder, "node_sqlite3.node")
  const lib = path.join(path.dirname(binary), "../..")
  writeFileSync(
    path.join(lib, "sqlite3-binding.js"),
    `module.exports = require("./${path.relative(lib, binary)}")\n`,
  )
  rmSync(deb)
}

/** The files of a name below a folder, those of the newest Node-API first. */
function find(folder, name) {
  const entries = readdirSync(folder, { recursive: true }).sort().reverse()
  const is = typeof name === "string" ? (base) => base === name : (base) => name.test(base)
  return entries
    .filter((entry) => is(path.basename(entry)))
    .map((entry) => path.join(folder, entry))
}

module.exports = { sqlite3, unavailable }
