const fs = require("node:fs")
const path = require("node:path")
const { mustRun, root } = require("./project.js")

/** The major versions of Node.js that the package is for, besides the one that runs the tests. */
const majors = ["20", "22", "24", "26"].filter((major) => !process.version.startsWith(`v${major}.`))

/** Node.js of a major version, from npm, whose packages of this name are the binaries. */
async function nodeBinary(major) {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`
  const folder = path.join(root, "target/nodes", major)
  const binary = path.join(folder, "node_modules", name, "bin/node")
  if (!fs.existsSync(binary)) {
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path.join(folder, "package.json"), '{ "private": true }')
    const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${major}`]
    await mustRun("npm", args, { cwd: folder })
  }
  return binary
}

module.exports = { majors, nodeBinary }
