// `node .ci/cross.mjs TARGET [PROFILE]`: the addon for a kind of Linux, whichever this one is. Zig links it, and
// brings the C library: glibc as old as 2.17, or musl. It takes the target's standard library
// (`rustup target add TARGET`), and `pip install ziglang==0.17.1 cargo-zigbuild==0.24.1`.

import { spawnSync } from "node:child_process"
import { copyFileSync, readFileSync } from "node:fs"
import path from "node:path"
import { root } from "./setup.mjs"

const [, arch, abi] =
  /^(x86_64|aarch64)-unknown-linux-(gnu|musl)$/.exec(process.argv[2] ?? "") ?? usage()
const target = process.argv[2]
const profile = process.argv[3] ?? "release"

const env = { ...process.env }
// Without this the library is linked statically to musl, and Node.js cannot load such a thing.
if (abi === "musl") env.RUSTFLAGS = `${env.RUSTFLAGS ?? ""} -C target-feature=-crt-static`.trim()

const libc = abi === "gnu" ? ".2.17" : ""
const args = ["zigbuild", "--profile", profile, "--lib", "--locked", "--target", `${target}${libc}`]
const { status, error } = spawnSync("cargo", args, { cwd: root, env, stdio: "inherit" })
if (error) throw error
if (status === 0) {
  const folder = process.env.CARGO_TARGET_DIR ?? path.join(root, "target")
  const library = path.join(folder, target, profile, "libnext_auth_sqlx_adapter.so")
  const platform = `linux-${arch === "x86_64" ? "x64" : "arm64"}-${abi}`
  const file = `next-auth-sqlx-adapter.${platform}.node`
  const newest = abi === "gnu" ? newestGlibc(library) : 0
  if (newest > 17) throw new Error(`${file} asks for glibc 2.${newest}, which is newer than 2.17`)
  copyFileSync(library, path.join(root, file))
  console.log(file)
}
process.exitCode = status ?? 1

/** The newest glibc 2 that a library asks for: the versions are names in its table of symbols. */
function newestGlibc(library) {
  const names = readFileSync(library, "latin1").matchAll(/GLIBC_2\.(\d+)/g)
  return Math.max(...[...names].map(([, minor]) => Number(minor)))
}

function usage() {
  console.error("Name a target, such as aarch64-unknown-linux-musl.")
  process.exit(2)
}
