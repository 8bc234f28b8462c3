"use strict"

const { platform } = require("./platform.js")

/** What was tried, as pairs of its name and the error that it ended with. */
const failures = []

/**
 * The native addon: one that was built here, else the prebuilt one for this platform. Every
 * `require` is spelled out, for what traces files (Next.js's standalone output, for one) reads
 * them, and stands in a `try`, for bundlers then accept that most of them lead nowhere.
 */
function load() {
  switch (platform) {
    case "linux-x64-gnu":
      try {
        return require("./next-auth-sqlx-adapter.linux-x64-gnu.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.linux-x64-gnu.node", error])
      }
      try {
        return require("next-auth-sqlx-adapter-linux-x64-gnu")
      } catch (error) {
        failures.push(["next-auth-sqlx-adapter-linux-x64-gnu", error])
      }
      break
    case "linux-arm64-gnu":
      try {
        return require("./next-auth-sqlx-adapter.linux-arm64-gnu.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.linux-arm64-gnu.node", error])
      }
      try {
        return require("next-auth-sqlx-adapter-linux-arm64-gnu")
      } catch (error) {
        failures.push(["next-auth-sqlx-adapter-linux-arm64-gnu", error])
      }
      break
    case "linux-x64-musl":
      try {
        return require("./next-auth-sqlx-adapter.linux-x64-musl.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.linux-x64-musl.node", error])
      }
      try {
        return require("next-auth-sqlx-adapter-linux-x64-musl")
      } catch (error) {
        failures.push(["next-auth-sqlx-adapter-linux-x64-musl", error])
      }
      break
    case "linux-arm64-musl":
      try {
        return require("./next-auth-sqlx-adapter.linux-arm64-musl.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.linux-arm64-musl.node", error])
      }
      try {
        return require("next-auth-sqlx-adapter-linux-arm64-musl")
      } catch (error) {
        failures.push(["next-auth-sqlx-adapter-linux-arm64-musl", error])
      }
      break
    case "darwin-x64":
      try {
        return require("./next-auth-sqlx-adapter.darwin-x64.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.darwin-x64.node", error])
      }
      try {
        return require("next-auth-sqlx-adapter-darwin-x64")
      } catch (error) {
        failures.push(["next-auth-sqlx-adapter-darwin-x64", error])
      }
      break
    case "darwin-arm64":
      try {
        return require("./next-auth-sqlx-adapter.darwin-arm64.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.darwin-arm64.node", error])
      }
      try {
        return require("next-auth-sqlx-adapter-darwin-arm64")
      } catch (error) {
        failures.push(["next-auth-sqlx-adapter-darwin-arm64", error])
      }
      break
    case "win32-x64-msvc":
      try {
        return require("./next-auth-sqlx-adapter.win32-x64-msvc.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.win32-x64-msvc.node", error])
      }
      try {
        return require("next-auth-sqlx-adapter-win32-x64-msvc")
      } catch (error) {
        failures.push(["next-auth-sqlx-adapter-win32-x64-msvc", error])
      }
      break
    case "win32-arm64-msvc":
      try {
        return require("./next-auth-sqlx-adapter.win32-arm64-msvc.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.win32-arm64-msvc.node", error])
      }
      try {
        return require("next-auth-sqlx-adapter-win32-arm64-msvc")
      } catch (error) {
        failures.push(["next-auth-sqlx-adapter-win32-arm64-msvc", error])
      }
      break
    default:
      try {
        return require("./next-auth-sqlx-adapter.other.node")
      } catch (error) {
        failures.push(["./next-auth-sqlx-adapter.other.node", error])
      }
  }
  const [, cause] = failures.find(([name, error]) => !isAbsent(name, error)) ?? failures.at(-1)
  throw new Error(explanation(), { cause })
}

function explanation() {
  const tried = failures.map(([name, error]) => `  ${name}: ${reason(name, error)}`)
  return [
    `next-auth-sqlx-adapter found no binary that loads on ${platform} (Node.js ${process.version}). Tried:`,
    ...tried,
    ...(isBundled ? unbundle : reinstall),
  ].join("\n")
}

/** Node.js gives every module its file's name; what a bundler puts in its place has none. */
const isBundled = module.filename === undefined

const unbundle = [
  "A bundler has put this package into its output, without the binary. Leave the package to Node.js: in Next.js",
  "wrap the configuration with withSqlxAdapter from next-auth-sqlx-adapter/next; elsewhere name next-auth-sqlx-adapter",
  "as external: externals in webpack, external in esbuild and Rollup, ssr.external in Vite.",
]

const reinstall = [
  "Install it again on this very kind of machine, with optional dependencies (npm install --include=optional),",
  "or build it here: npm rebuild next-auth-sqlx-adapter, with Rust (https://rustup.rs) and a C compiler.",
]

/** What the loader said, all the way down; a wrapped error hides the one that matters. */
function reason(name, error) {
  if (isAbsent(name, error)) return "not there"
  const said = []
  for (let at = error; at && said.length < 5; at = at.cause) {
    said.push(String(at.message ?? at).split("\nRequire stack:")[0])
  }
  return said.join(": ")
}

/** Whether it is this very module that is missing, and not one that it asks for. */
function isAbsent(name, error) {
  return error?.code === "MODULE_NOT_FOUND" && String(error.message).includes(`'${name}'`)
}

module.exports = load()
