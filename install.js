"use strict"

// Runs at `npm install`. Where a binary loads there is nothing to do; otherwise it is built from
// the sources in this package.
//
// A build that cannot be done fails the installation. Native packages commonly do so, and npm
// leaves no choice: it shows what an install script says only when that script fails, so a kinder
// exit code would be silence now and a crash at the first sign-in. Who wants the package without
// its binary, to lint for instance, has `npm install --ignore-scripts`.

const { spawnSync } = require("node:child_process")
const { copyFileSync, existsSync, readFileSync, renameSync, rmSync } = require("node:fs")
const path = require("node:path")
const { platform, localFile } = require("./platform.js")

/**
 * What a build needs and this machine lacks, in two lines: what it is, and how to get it.
 * `undefined`: nothing.
 */
function missingTools() {
  const cargo = spawnSync("cargo", ["--version"], { encoding: "utf8" })
  const rust = cargo.status === 0 ? /\d+\.\d+/.exec(cargo.stdout)?.[0] : undefined
  const needed = /^rust-version = "(.+)"/m.exec(read("Cargo.toml"))?.[1]
  if (rust === undefined) {
    return [
      `next-auth-sqlx-adapter has to be built for ${platform}, and Rust (cargo) is missing.`,
      "Get it from https://rustup.rs, open a new terminal, and do this again.",
    ]
  }
  if (needed && Number(rust.split(".")[1]) < Number(needed.split(".")[1])) {
    return [
      `next-auth-sqlx-adapter has to be built for ${platform} with Rust ${needed} or newer; here is ${rust}.`,
      "Get it with `rustup update` (https://rustup.rs), and do this again.",
    ]
  }
  // On Windows Rust finds Microsoft's compiler by the registry, not on the PATH.
  if (process.platform === "win32") return undefined
  const [compiler] = (process.env.CC || "cc").split(" ")
  if (spawnSync(compiler, ["--version"]).error) {
    return [
      `next-auth-sqlx-adapter has to be built for ${platform}, and a C compiler (${compiler}) is missing.`,
      "Get one: apt-get install gcc libc6-dev (Debian), apk add gcc musl-dev (Alpine), xcode-select --install (macOS).",
    ]
  }
  return undefined
}

function read(file) {
  return readFileSync(path.join(__dirname, file), "utf8")
}

/**
 * Builds the addon into `localFile`, beside this file, with one of Cargo.toml's profiles. False: it
 * could not be built, and cargo has said why.
 */
function build(profile) {
  const env = { ...process.env }
  // Without this the library is linked statically to musl, and Node.js cannot load such a thing.
  if (platform.endsWith("-musl")) {
    env.RUSTFLAGS = `${env.RUSTFLAGS ?? ""} -C target-feature=-crt-static`.trim()
  }
  const args = ["build", "--profile", profile, "--lib", "--locked"]
  const cargo = spawnSync("cargo", [...args, "--message-format=json-render-diagnostics"], {
    cwd: __dirname,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (cargo.status !== 0) return false
  // Cargo says where the library is: its configuration can put the target folder anywhere.
  const library = cargo.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter((said) => said.reason === "compiler-artifact" && said.target.kind.includes("cdylib"))
    .flatMap((said) => said.filenames)
    .find((file) => /\.(so|dylib|dll)$/.test(file))
  // Written beside and renamed: a process that has the old file loaded keeps it.
  const destination = path.join(__dirname, localFile)
  copyFileSync(library, `${destination}.new`)
  renameSync(`${destination}.new`, destination)
  return true
}

function loads() {
  try {
    require("./binding.js")
    return true
  } catch {
    return false
  }
}

/**
 * Whether npm was told to install for another kind of machine, as in `npm install --os=linux --cpu=arm64 --libc=musl`.
 * Then that one's binary comes, which neither loads here nor is to be replaced by one that is built here.
 */
function isForElsewhere() {
  const { npm_config_os: os, npm_config_cpu: cpu, npm_config_libc: libc } = process.env
  const here = platform.endsWith("-musl") ? "musl" : "glibc"
  return (
    (os ?? process.platform) !== process.platform ||
    (cpu ?? process.arch) !== process.arch ||
    (process.platform === "linux" && (libc ?? here) !== here)
  )
}

function install() {
  // In a checkout one builds with `npm run build`, when one wants to.
  const isCheckout = existsSync(path.join(__dirname, ".git"))
  const isInstalled = path.basename(path.dirname(__dirname)) === "node_modules"
  if (isCheckout || !isInstalled || isForElsewhere() || loads()) return 0

  const missing = missingTools()
  if (missing) {
    console.error(missing.join("\n"))
    return 1
  }

  console.log(`next-auth-sqlx-adapter: no prebuilt binary for ${platform}, building one (minutes)`)
  if (!build("release")) {
    console.error("next-auth-sqlx-adapter could not be built; what cargo said is above.")
    return 1
  }
  // Half a gigabyte of intermediate files, of no use in node_modules. A folder that was chosen
  // with CARGO_TARGET_DIR or cargo's configuration is not ours to delete.
  rmSync(path.join(__dirname, "target"), { recursive: true, force: true })

  // Says itself why, if what was just built does not load.
  require("./binding.js")
  return 0
}

module.exports = { missingTools, build }

if (require.main === module) process.exitCode = install()
