const {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} = require("node:fs")
const { homedir } = require("node:os")
const { join } = require("node:path")
const { isRoot } = require("./account")

const NAME = "next-auth-sqlx-adapter"
const building = new Map()
let root

/**
 * Where downloaded servers and initialised data folders are kept between runs, outside of the
 * repository. Root's is not in /root, which the servers' accounts cannot look into.
 * TEST_SERVERS_CACHE names another place.
 */
function cacheRoot() {
  if (root) return root
  root = process.env.TEST_SERVERS_CACHE ?? join(isRoot ? "/var/cache" : userCache(), NAME)
  mkdirSync(root, { recursive: true, mode: 0o755 })
  // What a killed run was just building.
  for (const entry of readdirSync(root)) {
    if (!entry.startsWith(".draft-")) continue
    const draft = join(root, entry)
    if (Date.now() - statSync(draft).mtimeMs > 86_400_000)
      rmSync(draft, { recursive: true, force: true })
  }
  return root
}

function userCache() {
  if (process.env.XDG_CACHE_HOME) return process.env.XDG_CACHE_HOME
  return join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache")
}

/**
 * The folder of that name in the cache. Where it is missing, `fill` makes it, in a draft that takes
 * its final name only when it is complete: nobody ever sees half a server, and two runs at once do
 * no harm.
 *
 * @param {string} name
 * @param {(draft: string) => Promise<void>} fill
 * @returns {Promise<string>}
 */
function cached(name, fill) {
  const folder = join(cacheRoot(), name)
  if (existsSync(folder)) return Promise.resolve(folder)
  if (!building.has(name))
    building.set(
      name,
      build(folder, fill).finally(() => building.delete(name)),
    )
  return building.get(name)
}

async function build(folder, fill) {
  const draft = mkdtempSync(join(cacheRoot(), ".draft-"))
  try {
    const content = join(draft, "content")
    mkdirSync(content, { mode: 0o755 })
    // The servers' accounts must be able to pass.
    chmodSync(draft, 0o755)
    await fill(content)
    try {
      renameSync(content, folder)
    } catch (error) {
      if (!existsSync(folder)) throw error
    }
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

/**
 * What is there already under a name that begins like this, newest first: better than nothing
 * without a network.
 */
function cachedLike(prefix) {
  return readdirSync(cacheRoot())
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(cacheRoot(), name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
}

module.exports = { cached, cachedLike }
