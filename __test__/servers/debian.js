const { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } = require("node:fs")
const { join } = require("node:path")
const { isRoot } = require("./account")
const { cached, cachedLike } = require("./cache")
const { run } = require("./run")

const WAIT = ["-o", "DPkg::Lock::Timeout=300"]
const UNATTENDED = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" }

const hasApt = () => existsSync("/usr/bin/apt-get")

/**
 * Whether missing packages may be installed here: only where one already is root and asked for
 * nothing less.
 */
const canInstall = () => isRoot && hasApt()

/** The one command that a developer who is not root runs once. */
const installCommand = (packages) =>
  hasApt() ? `sudo apt-get install -y ${packages.join(" ")}` : undefined

/**
 * One apt at a time: an update while another installs takes the packages away that are just being
 * installed.
 */
let turn = Promise.resolve()
let updated

/** Installs Debian packages from the machine's own sources. */
function install(packages) {
  const mine = turn.then(async () => {
    updated ??= run("apt-get", [...WAIT, "update"], { env: UNATTENDED })
    await updated
    const how = ["install", "-y", "--no-install-recommends"]
    await run("apt-get", [...WAIT, ...how, ...packages], { env: UNATTENDED })
  })
  turn = mine.catch(() => {})
  return mine
}

/**
 * Programs of another Debian suite, unpacked beside the system and run with that suite's own loader
 * and libraries. The system's apt keeps its own state and knows nothing of it; no root is needed.
 *
 * Once unpacked it is kept, because a newer suite changes any day: delete the cache folder to get a
 * newer one.
 *
 * @param {string} suite for example "sid"
 * @param {string} wanted the package
 * @returns {Promise<{ root: string, program: (path: string) => string[] }>} where it is, and the
 * command that runs a program of it
 */
async function sideBySide(suite, wanted) {
  const name = `debian-${suite}-${wanted}`
  const [known] = cachedLike(name)
  const folder = known ?? (await cached(name, (draft) => unpack(suite, wanted, draft)))
  const root = join(folder, "root")
  const loader = find(root, /^ld-linux.*\.so\.\d$/)
  const libraries = libraryFolders(root).join(":")
  return {
    root,
    program: (path) => [loader, "--library-path", libraries, join(root, path)],
  }
}

async function unpack(suite, wanted, draft) {
  const apt = await privateApt(suite, join(draft, "apt"))
  await run("apt-get", [...apt, "update"], { env: UNATTENDED })
  const packages = await withLibraries(apt, wanted)
  const debs = join(draft, "debs")
  mkdirSync(debs)
  await run("apt-get", [...apt, "download", ...packages], { cwd: debs, env: UNATTENDED })
  const root = join(draft, "root")
  for (const deb of readdirSync(debs)) await run("dpkg", ["-x", join(debs, deb), root])
  for (const used of [debs, join(draft, "apt")]) rmSync(used, { recursive: true })
}

/**
 * Options that give apt lists and a state of its own. Mirror and keys are those of the machine's
 * own Debian source.
 */
async function privateApt(suite, at) {
  const format = "$(ORIGIN) $(LABEL) $(REPO_URI)"
  const targets = await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"])
  const mirror = /^Debian Debian (\S+)$/m.exec(targets)?.[1]
  if (!mirror) throw new Error("this machine has no Debian source")
  const keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
  const signed = existsSync(keys) ? `[signed-by=${keys}] ` : ""
  for (const folder of ["state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(at, folder), { recursive: true })
  }
  writeFileSync(join(at, "sources.list"), `deb ${signed}${mirror} ${suite} main\n`)
  writeFileSync(join(at, "state/status"), "")
  return Object.entries({
    "Dir::Etc::sourcelist": join(at, "sources.list"),
    "Dir::Etc::sourceparts": "-",
    "Dir::State": join(at, "state"),
    "Dir::State::status": join(at, "state/status"),
    "Dir::Cache": join(at, "cache"),
    // Its sandbox account could not write into our folder.
    "APT::Sandbox::User": isRoot ? "root" : (process.env.USER ?? ""),
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
  }).flatMap(([key, value]) => ["-o", `${key}=${value}`])
}

/**
 * The package and every library it needs, down to the C library; what else it depends on is for an
 * installation.
 */
async function withLibraries(apt, wanted) {
  const all = new Set([wanted])
  for (let level = [wanted]; level.length > 0; ) {
    const flags = [
      "--no-recommends",
      "--no-suggests",
      "--no-conflicts",
      "--no-breaks",
      "--no-replaces",
    ]
    const text = await run("apt-cache", [...apt, "depends", ...flags, "--no-enhances", ...level])
    const names = [...text.matchAll(/Depends: ([^\s<>]+)$/gm)].map(
      (match) => match[1].split(":")[0],
    )
    level = [...new Set(names)].filter(
      (name) => /^(lib|zlib|gcc-\d+-base)/.test(name) && !all.has(name),
    )
    for (const name of level) all.add(name)
  }
  return [...all]
}

function libraryFolders(root) {
  return ["usr/lib", "lib"].flatMap((top) => {
    const at = join(root, top)
    if (!existsSync(at)) return []
    const names = readdirSync(at).filter((name) => /-linux-gnu/.test(name))
    const own = names.flatMap((name) => [join(at, name), join(at, name, "systemd")])
    return [...own, at].filter((folder) => existsSync(folder))
  })
}

function find(root, pattern) {
  for (const folder of libraryFolders(root)) {
    const name = readdirSync(folder).find((entry) => pattern.test(entry))
    if (name) return join(folder, name)
  }
  throw new Error(`no dynamic loader in ${root}`)
}

module.exports = { canInstall, installCommand, install, sideBySide }
