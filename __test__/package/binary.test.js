// The binary itself: one file that brings what it takes, without what only a debugger reads.

const { execFileSync } = require("node:child_process")
const fs = require("node:fs")
const path = require("node:path")
const { localFile } = require("../../platform.js")
const { root, run } = require("./project.js")

const binary = path.join(root, localFile)

test("is no larger than the README says", () => {
  const readme = fs.readFileSync(path.join(root, "README.md"), "utf8")
  const [, megabytes] = /(\d+) MB or less/.exec(readme)
  expect(fs.statSync(binary).size).toBeLessThanOrEqual(megabytes * 1e6)
})

const testOnLinux = process.platform === "linux" ? test : test.skip

testOnLinux("needs the C library and nothing else: TLS and SQLite are in it", () => {
  const said = execFileSync("readelf", ["--dynamic", "--wide", binary], { encoding: "utf8" })
  const needed = [...said.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, library]) => library)
  expect(needed).toContainEqual(expect.stringMatching(/^libc\./))
  const system = /^(libc|libm|libdl|librt|libpthread|libgcc_s|ld-linux-[\w-]+)\.so/
  expect(needed.filter((library) => !system.test(library))).toEqual([])
})

testOnLinux("is stripped", () => {
  const said = execFileSync("readelf", ["--section-headers", "--wide", binary], {
    encoding: "utf8",
  })
  expect(said).toContain(".dynsym")
  expect(said).not.toMatch(/\.symtab|\.debug_/)
})

testOnLinux("passes what the release asks of it, which Node.js itself would not", async () => {
  const asked = (file) => run(process.execPath, [".ci/binary.mjs", file], { cwd: root })
  const said = await asked(binary)
  expect(said).toMatchObject({ code: 0, stderr: "" })
  expect(said.stdout).toMatch(/^[\w.-]+\.node: \d+ bytes; needs .*libc\./)
  const node = await asked(process.execPath)
  expect(node.code).toBe(1)
  expect(node.stderr).toContain("it is larger than")
  expect(node.stderr).toContain("libstdc++.so.6 is not part of every such system")
})
