// An application: installed from the tarballs that npm would publish, started, and signed in to.

const fs = require("node:fs")
const path = require("node:path")
const { pack, packPlatform, root } = require("../package/project.js")
const { freePort } = require("../servers/ports.js")
const { answers, finish, start } = require("./processes.js")
const { startServices } = require("./services.js")
const { signInByMagicLink, signInByOpenId, signOut } = require("./sign-in.js")

const installed = new Map()
let tarballs

/** A new project with the adapter's tarballs and these packages; made once for all that share it. */
function project(folder, packages) {
  const key = packages.join(" ")
  if (!installed.has(key)) installed.set(key, install(folder, packages, installed.size))
  return installed.get(key)
}

async function install(folder, packages, number) {
  tarballs ??= Promise.all([pack(root, folder), packPlatform(folder)])
  const place = path.join(folder, `project-${number}`)
  fs.mkdirSync(place)
  fs.writeFileSync(path.join(place, "package.json"), JSON.stringify({ private: true }))
  const args = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--save-exact"]
  const log = path.join(folder, `install-${number}.log`)
  await must("npm", [...args, ...(await tarballs), ...packages], { cwd: place, log })
  return place
}

/** Writes the sources of a project, which has nothing of what was written or built before. */
function write(place, sources) {
  for (const name of fs.readdirSync(place)) {
    if (["node_modules", "package.json", "package-lock.json"].includes(name)) continue
    fs.rmSync(path.join(place, name), { recursive: true, force: true })
  }
  for (const [name, content] of Object.entries(sources)) {
    const file = path.join(place, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
  }
}

/** Runs a command that has to succeed. */
async function must(command, args, options) {
  const { code, output } = await finish(command, args, options)
  if (code === 0) return output
  throw new Error(`${[command, ...args].join(" ")} ended with ${code}:\n${output.slice(-3000)}`)
}

/**
 * Starts an application and does what a person would. `command` is given the port;
 * `whileSignedIn` is given the window that is signed in; `authMethod` is what the OpenID provider expects,
 * and `tables` are those of sign-in.js.
 */
async function visit(settings) {
  const { browser, logs, command, env, cwd, authPath, page = "/", whileSignedIn } = settings
  const { authMethod, tables } = settings
  const port = await freePort()
  const base = `http://localhost:${port}`
  const auth = base + authPath
  const callback = `${auth}/callback/loopback`
  const services = await startServices({ callback, authMethod, logs })
  const database = path.join(logs, "auth.db")
  const log = path.join(logs, "server.log")
  const server = start(...command(port), {
    cwd,
    log,
    env: {
      PORT: String(port),
      AUTH_SECRET: "of thirty-two characters or more, for a test",
      AUTH_DATABASE_URL: `sqlite:${database}`,
      ...services.env,
      ...env(base),
    },
  })
  const app = { base, auth, database, mails: services.mails, cwd, tables }
  try {
    await answers(server, `http://127.0.0.1:${port}${page}`)
    const window = await signInByOpenId(browser, app)
    await whileSignedIn?.(window, app)
    await signOut(window, app)
    await signInByMagicLink(browser, app)
  } catch (error) {
    error.message += `\nThe server's last words:\n${server.output().slice(-2000)}`
    throw error
  } finally {
    await Promise.all([server.stop(), services.stop()])
  }
}

module.exports = { finish, must, project, visit, write }
