const { spawn } = require("node:child_process")
const fs = require("node:fs")
const os = require("node:os")
const path = require("node:path")
const { platform, localFile } = require("../../platform.js")

const root = path.resolve(__dirname, "../..")

/** An empty folder, outside of the checkout so that nothing of it is found from there. */
function freshFolder() {
  return fs.mkdtempSync(path.join(os.tmpdir(), "next-auth-sqlx-adapter-"))
}

/** Runs a command to its end: `{ code, stdout, stderr }`. */
function run(command, args, { cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (piece) => {
      stdout += piece
    })
    child.stderr.on("data", (piece) => {
      stderr += piece
    })
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout, stderr }))
  })
}

/** The same, for commands that must succeed. Gives what it printed. */
async function mustRun(command, args, options) {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: code ${code}\n${stdout}${stderr}`)
  return stdout
}

/** Packs a folder as npm would publish it, and gives the tarball's path. */
async function pack(folder, destination) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", destination]
  const [packed] = Object.values(JSON.parse(await mustRun("npm", args, { cwd: folder })))
  return path.join(destination, packed.filename)
}

/** Packs this platform's package with the binary of the checkout in it. */
async function packPlatform(destination) {
  const folder = path.join(destination, platform)
  const source = path.join(root, "npm", platform)
  fs.cpSync(source, folder, { recursive: true })
  fs.copyFileSync(path.join(root, localFile), path.join(folder, localFile))
  return pack(folder, destination)
}

/** An empty project with these tarballs installed. npm is not to look anything up. */
async function installInto(folder, tarballs, env = process.env, optionalDependencies = {}) {
  fs.mkdirSync(folder, { recursive: true })
  const manifest = { private: true, optionalDependencies }
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest))
  const args = ["install", "--offline", "--no-audit", "--no-fund", ...tarballs]
  return run("npm", args, { cwd: folder, env })
}

module.exports = { root, freshFolder, run, mustRun, pack, packPlatform, installInto }
