// `npm start`: the example, from a fresh clone to an address to open. It installs and builds what
// is missing or out of date, then runs three processes until Ctrl-C: the OpenID provider, the mail
// server and Next.js.
//
// PORT      the example's port; without it 3000 or, if that is taken, a free one
// DATA_DIR  where the database and the secrets are; without it examples/nextjs/.data

import { spawn, spawnSync } from "node:child_process"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { once } from "node:events"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { connect, createServer } from "node:net"
import { join, relative, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { ensureAddon, ensureDependencies, ensureRootDependencies, root } from "./setup.mjs"

const example = join(root, "examples", "nextjs")
const data = resolve(process.env.DATA_DIR || join(example, ".data"))
const next = join(example, "node_modules", "next", "dist", "bin", "next")

const production = { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" }
const children = new Set()
let stopping = false

if (process.argv[2] === "prepare") {
  prepare()
} else {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0))
  const place = await choosePort() // before the building, so that a bad PORT is said at once
  await prepareApart()
  await serve(place)
}

// Installing and building take npm, cargo and more to start processes of their own. They get a
// process group together, so that all of them can be ended at any moment.
async function prepareApart() {
  const args = [fileURLToPath(import.meta.url), "prepare"]
  const child = spawn(process.execPath, args, { stdio: "inherit", detached: true })
  child.kill = (signal) => {
    try {
      process.kill(-child.pid, signal)
    } catch {
      // All of the group have ended.
    }
  }
  children.add(child)
  const [code] = await once(child, "close")
  children.delete(child)
  if (code === 0) return
  child.kill("SIGKILL") // what it started may outlive it
  await stop(code ?? 1)
}

function prepare() {
  process.env.npm_config_include = "dev" // also where NODE_ENV=production is set
  ensureRootDependencies()
  ensureAddon()
  ensureDependencies(example)
  copyAdapter()
  buildExample()
}

function buildExample() {
  const sources = ["app", "auth.ts", "next.config.ts", "tsconfig.json", "package-lock.json"]
  // A file of our own: an interrupted build leaves one of Next.js's files or another behind.
  const stamp = join(example, ".next", "complete")
  if (changed(stamp) > Math.max(...sources.map((name) => changed(join(example, name))))) return
  console.log("# building the example (half a minute)")
  const start = new Date()
  const { status, stdout, stderr } = spawnSync(process.execPath, [next, "build"], {
    cwd: example,
    env: { ...process.env, ...production },
    encoding: "utf8",
  })
  if (status !== 0) {
    console.error(`${stdout}${stderr}\nThe example could not be built.`)
    process.exit(1)
  }
  writeFileSync(stamp, "")
  utimesSync(stamp, start, start) // what was changed meanwhile is newer
}

// When the newest file of a path was changed; 0, if there is none.
function changed(path) {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isDirectory()) return stats?.mtimeMs ?? 0
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))))
}

// The adapter goes into the example as a copy, as if it were installed: Turbopack resolves no link
// that leaves its root.
function copyAdapter() {
  const target = join(example, "node_modules", "next-auth-sqlx-adapter")
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const addons = readdirSync(root).filter((name) => name.endsWith(".node"))
  // Pages are for people, and named by a pattern.
  const code = files.filter((name) => !name.endsWith(".md"))
  for (const name of ["package.json", ...code, ...addons]) copyChanged(root, target, name)
}

// What Node.js can load of a file or folder.
function copyChanged(source, target, name) {
  const [from, to] = [join(source, name), join(target, name)]
  const stats = statSync(from)
  if (stats.isDirectory()) {
    for (const inner of readdirSync(from)) copyChanged(from, to, inner)
    return
  }
  if (!/^package\.json$|\.(js|mjs|node)$|\.d\.m?ts$/.test(name)) return
  if (statSync(to, { throwIfNoEntry: false })?.mtimeMs === stats.mtime.getTime()) return
  mkdirSync(target, { recursive: true })
  // Never into a file that a running process may have loaded: a new one takes its place.
  const fresh = `${to}.${process.pid}`
  copyFileSync(from, fresh)
  utimesSync(fresh, stats.mtime, stats.mtime)
  renameSync(fresh, to)
}

async function serve({ port, release }) {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const secrets = ensureSecrets()
  const url = `http://localhost:${port}`

  const client = { OIDC_CLIENT_ID: "example", OIDC_CLIENT_SECRET: secrets.clientSecret }
  const [openid, mail] = await Promise.all([
    startService("The OpenID provider", "openid.mjs", {
      ...client,
      OIDC_REDIRECT_URI: `${url}/api/auth/callback/loopback`,
      OIDC_COOKIE_KEY: secrets.cookieKey,
      OIDC_JWK: JSON.stringify(secrets.jwk),
    }),
    startService("The mail server", "mail.mjs", {}),
  ])

  await release()
  const server = start("Next.js", [next, "start", "-H", "127.0.0.1", "-p", String(port)], {
    ...client,
    ...production,
    AUTH_URL: url,
    AUTH_SECRET: secrets.authSecret,
    AUTH_DATABASE_URL: pathToFileURL(join(data, "auth.db")).href,
    OIDC_ISSUER: `http://127.0.0.1:${openid.port}`,
    EMAIL_SERVER: `smtp://127.0.0.1:${mail.smtp}`,
    MAIL_API: `http://127.0.0.1:${mail.api}`,
  })
  await answers(port, server)
  for (const child of children) child.started()
  console.log(`
  Open      ${url}
  Database  ${relative(process.cwd(), join(data, "auth.db"))}
  Ctrl-C stops it.
`)
}

// Made once: with other secrets after a restart nobody would be signed in any more.
function ensureSecrets() {
  const file = join(data, "secrets.json")
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const secrets = {
      authSecret: randomBytes(32).toString("base64url"),
      clientSecret: randomBytes(32).toString("base64url"),
      cookieKey: randomBytes(32).toString("base64url"),
      jwk: { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" },
    }
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600, flag: "wx" })
  }
  return JSON.parse(readFileSync(file, "utf8"))
}

// With `release`, to be called when the port is about to be used: one from the kernel is held until
// then, or the kernel would give it to the services too.
async function choosePort() {
  const release = () => {}
  if (process.env.PORT) {
    const port = Number(process.env.PORT)
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      console.error(`PORT is not a port: ${process.env.PORT}\nSet it to a number up to 65535.`)
      await stop(1)
    }
    if (await taken(port)) {
      console.error(`Port ${port} is taken.\nSet PORT to another one, or leave it out.`)
      await stop(1)
    }
    if (port > 0) return { port, release }
  } else if (!(await taken(3000))) {
    return { port: 3000, release }
  }
  const holder = createServer().listen(0, "127.0.0.1")
  await once(holder, "listening")
  return {
    port: holder.address().port,
    release: () => new Promise((resolve) => holder.close(resolve)),
  }
}

// A browser tries both of localhost's addresses, so nobody else may answer at either.
async function taken(port) {
  const answers = ["127.0.0.1", "::1"].map(
    (host) =>
      new Promise((resolve) => {
        const socket = connect({ host, port }, () => resolve(true))
        socket.on("connect", () => socket.destroy())
        socket.on("error", () => resolve(false))
      }),
  )
  return (await Promise.all(answers)).includes(true)
}

/** Starts one of the example's own services; resolves with its ports. */
function startService(name, file, env) {
  const child = start(name, [join(example, "services", file)], env)
  return new Promise((resolve) => child.once("message", resolve))
}

function start(name, args, env) {
  // Whatever happens to this process, the channel between the two closes and the child ends too.
  const follow = "data:text/javascript,process.on('disconnect',()=>process.exit())"
  const child = spawn(process.execPath, ["--import", follow, ...args], {
    cwd: example,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  })
  children.add(child)
  // What it says while starting is of use only if that fails: there is to be one address on the
  // screen. Later on it is shown as it comes.
  let kept = ""
  let started = false
  child.started = () => {
    started = true
  }
  child.showKept = () => console.error(kept.trimEnd())
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      if (started) process.stderr.write(chunk)
      else kept += chunk
    })
  }
  child.on("close", async (code, signal) => {
    children.delete(child)
    // Ctrl-C reaches all processes of the terminal at once: this one may hear of it last.
    await new Promise((resolve) => setTimeout(resolve, 100))
    if (stopping) return
    if (!started) child.showKept()
    console.error(`\n${name} ended unexpectedly (${signal ?? `exit code ${code}`}).`)
    stop(1)
  })
  return child
}

// Resolves when the example serves its first page.
async function answers(port, server) {
  for (;;) {
    if (!children.has(server)) await new Promise(() => {}) // its end is being told and ends all
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => null)
    if (response?.ok) return
    if (response) {
      server.showKept()
      console.error(`The example's first page answers with status ${response.status}.`)
      await stop(1)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

// Ends every process, this one last. Next.js waits for all connections, and a browser keeps some
// open that it has not used yet: they get a moment, no more.
async function stop(code) {
  if (stopping) return new Promise(() => {})
  stopping = true
  const ends = [...children].map((child) => {
    child.kill("SIGTERM")
    return once(child, "close")
  })
  const late = setTimeout(() => {
    for (const child of children) child.kill("SIGKILL")
  }, 2000)
  await Promise.all(ends)
  clearTimeout(late)
  process.exit(code)
}
