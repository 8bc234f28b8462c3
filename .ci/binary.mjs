// `node .ci/binary.mjs FILE.node`: whether a binary is as it is published: no larger than the README says, and without any
// library that a system does not bring along. It prints both. It asks `readelf` of a file for Linux, `otool` of one for
// macOS, and of one for Windows the `llvm-objdump` of `rustup component add llvm-tools`, or else the one on the PATH.

import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, statSync } from "node:fs"
import path from "node:path"
import { root } from "./setup.mjs"

const file = process.argv[2]
if (file === undefined) {
  console.error("Name a file, such as next-auth-sqlx-adapter.win32-x64-msvc.node.")
  process.exit(2)
}

/** What each kind of file begins with, what lists the libraries it needs, and which are the system's own. */
const kinds = [
  {
    begins: [0x7f454c46],
    needs: () => lines("readelf", ["--dynamic", "--wide", file], /\(NEEDED\).*\[(.+)\]/),
    system: /^(libc(\.musl-\w+)?|libm|libdl|librt|libpthread|libgcc_s|ld-linux-[\w-]+)\.so/,
  },
  {
    begins: [0xcffaedfe, 0xcafebabe],
    // A library's own name comes first.
    needs: () => {
      const own = lines("otool", ["-D", file], /^(?!.*:$)(.+)$/)
      const all = lines("otool", ["-L", file], /^\t(.+) \(compatibility version/)
      return all.filter((library) => !own.includes(library))
    },
    system: /^\/(usr\/lib|System\/Library)\//,
  },
  {
    begins: [0x4d5a9000],
    needs: () => lines(llvmObjdump(), ["--private-headers", file], /DLL Name: (\S+)/),
    // Of the C runtime there is none, which is linked statically (.cargo/config.toml).
    system:
      /^(api-ms-win-core-[\w-]+|advapi32|bcrypt|bcryptprimitives|crypt32|kernel32|ntdll|ole32|secur32|shell32|user32|userenv|ws2_32)\.dll$/i,
  },
]

/** What a pattern finds in each line of a command's output. */
function lines(command, args, pattern) {
  const said = execFileSync(command, args, { encoding: "utf8" })
  return said.split(/\r?\n/).flatMap((line) => pattern.exec(line)?.[1] ?? [])
}

function llvmObjdump() {
  const libraries = execFileSync("rustc", ["--print", "target-libdir"], { encoding: "utf8" }).trim()
  const name = `llvm-objdump${process.platform === "win32" ? ".exe" : ""}`
  const component = path.join(libraries, "../bin", name)
  return existsSync(component) ? component : name
}

const kind = kinds.find(({ begins }) => begins.includes(readFileSync(file).readUInt32BE(0)))
if (!kind) throw new Error(`${file} is no library of Linux, macOS or Windows`)

const [, megabytes] = /(\d+) MB or less/.exec(readFileSync(path.join(root, "README.md"), "utf8"))
const { size } = statSync(file)
const needed = kind.needs()
console.log(`${path.basename(file)}: ${size} bytes; needs ${needed.join(", ") || "nothing"}`)

const complaints = []
if (size > megabytes * 1e6) complaints.push(`it is larger than ${megabytes} MB`)
if (needed.length === 0) complaints.push("it is said to need nothing, not even a C library")
for (const library of needed.filter((library) => !kind.system.test(library))) {
  complaints.push(`${library} is not part of every such system`)
}
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length === 0 ? 0 : 1
