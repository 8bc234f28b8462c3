"use strict"

const { readFileSync } = require("node:fs")

/** The platforms that a prebuilt binary is published for. */
const prebuilt = [
  "linux-x64-gnu",
  "linux-arm64-gnu",
  "linux-x64-musl",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "win32-x64-msvc",
  "win32-arm64-msvc",
]

/** This process's platform in the words of the published packages, such as `linux-x64-gnu`. */
const platform = [process.platform, process.arch, abi()].filter(Boolean).join("-")

/**
 * The file that a build from source makes. Every platform without a prebuilt binary shares one
 * name, so that `binding.js` can spell it out.
 */
const localFile = `next-auth-sqlx-adapter.${prebuilt.includes(platform) ? platform : "other"}.node`

function abi() {
  if (process.platform === "win32") return "msvc"
  if (process.platform === "linux") return isMusl() ? "musl" : "gnu"
  return undefined
}

/**
 * Which C library this process runs on, and not which ones are installed: Debian can have musl's
 * loader too. The list of mapped files comes first because a report costs milliseconds, and on
 * some versions of Node.js looks up the name of every open connection's peer.
 */
function isMusl() {
  try {
    const maps = readFileSync("/proc/self/maps", "utf8")
    // musl is one file for the loader and the library: `libc.so` by its real name in Debian. That of
    // glibc, which is never mapped, is a text for linkers.
    if (/\/(ld-musl-.*|libc\.musl-.*|libc\.so)(?: \(deleted\))?$/m.test(maps)) return true
    if (/\/libc(\.so\.\d+|-[\d.]+\.so)(?: \(deleted\))?$/m.test(maps)) return false
  } catch {
    // No /proc here: ask Node.js.
  }
  try {
    process.report.excludeNetwork = true
    const { header, sharedObjects } = process.report.getReport()
    if (header.glibcVersionRuntime) return false
    return sharedObjects.some((file) => /\/(ld-musl-|libc\.musl-)/.test(file))
  } catch {
    return false
  }
}

module.exports = { prebuilt, platform, localFile }
