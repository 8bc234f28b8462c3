const { existsSync, readFileSync } = require("node:fs")
const { join } = require("node:path")
const debian = require("./debian")
const { startMysqld } = require("./mysqld")
const { run, ask } = require("./run")
const { Unavailable } = require("./unavailable")

/** Which suite has which version, beside the machine's own. */
const SUITES = { 11.8: "trixie" }

const PACKAGE = "mariadb-server-core"

/**
 * Starts a private MariaDB with TLS.
 *
 * @param {object} [options]
 * @param {string} [options.version] for example "11.8"; without it the machine's own
 * @param {Record<string, string | number | boolean>} [options.settings] server parameters; `true`
 * for a bare flag
 * @param {boolean} [options.durable] every commit forced to the disk; slower
 * @param {string} [options.within] the folder to keep it in
 */
async function start({ version, ...options } = {}) {
  return startMysqld(await findMariadb(version), options)
}

async function findMariadb(wanted) {
  const own = installed()
  if (own && (!wanted || own.version.startsWith(wanted))) return own
  const suite = SUITES[wanted]
  if (suite) {
    try {
      const { root, program } = await debian.sideBySide(suite, PACKAGE)
      return describe(program("usr/sbin/mariadbd"), join(root, "usr"))
    } catch (cause) {
      throw new Unavailable(`MariaDB ${wanted}`, cause.message.split("\n")[0], { cause })
    }
  }
  if (own) throw new Unavailable(`MariaDB ${wanted}`, `this machine has ${own.version}`)
  if (debian.canInstall()) {
    await debian.install([PACKAGE])
    const fresh = installed()
    if (fresh) return fresh
  }
  const command = debian.installCommand([PACKAGE])
  throw new Unavailable("MariaDB", "there is no mariadbd", { command })
}

function installed() {
  const folders = [
    ...(process.env.PATH ?? "").split(":"),
    "/usr/sbin",
    "/usr/local/sbin",
    "/opt/homebrew/bin",
  ]
  const folder = folders.find((path) => path && existsSync(join(path, "mariadbd")))
  return folder && describe([join(folder, "mariadbd")], join(folder, ".."))
}

/** @param {string[]} program @param {string} base the folder with `share` and `lib` in it */
function describe(program, base) {
  const [file, ...first] = program
  const version = /Ver (\d+\.\d+\.\d+)/.exec(
    ask(file, [...first, "--no-defaults", "--version"]) ?? "",
  )?.[1]
  if (!version) throw new Error(`${program.at(-1)} does not run here`)
  const share = ["mysql", "mariadb"]
    .map((name) => join(base, "share", name))
    .find((path) => scripts(path))
  if (!share) throw new Error(`${program.at(-1)} has no system tables beside it`)
  return {
    name: "MariaDB",
    scheme: "mariadb",
    version,
    program,
    always: { basedir: base, "lc-messages-dir": share, "innodb-log-file-size": "32M" },
    // As Debian's own configuration has it; without one 10.11 still speaks Latin-1.
    serving: { "character-set-server": "utf8mb4" },
    // It also forces table definitions to the disk, which creating a database for every test would
    // wait for.
    fast: { "debug-no-sync": true },
    initialise: (at) => bootstrap(at, scripts(share)),
  }
}

/**
 * The SQL that makes the system tables. Its files were renamed in 11; help texts and the sys schema
 * are left out.
 */
function scripts(share) {
  for (const prefix of ["mariadb", "mysql"]) {
    if (!existsSync(join(share, `${prefix}_system_tables.sql`))) continue
    const names = ["system_tables", "performance_tables", "system_tables_data"]
    return names.map((name) => join(share, `${prefix}_${name}.sql`))
  }
  return undefined
}

/**
 * What mariadb-install-db does, without the shell script, which wants more of an installation than
 * we may have.
 */
async function bootstrap({ program: [file, ...first], accounts, parameters, options }, files) {
  const tables = files.map((path) => readFileSync(path, "utf8"))
  const input = [
    "create database if not exists mysql;",
    "use mysql;",
    "set @auth_root_socket = null;",
    ...tables,
    // The server has been started without its accounts; it must read them before it can add some.
    "flush privileges;",
    accounts,
    "",
  ].join("\n")
  await run(file, [...first, ...parameters, "--bootstrap"], { ...options, input })
}

module.exports = { start, findMariadb, MARIADB_SUITES: SUITES }
