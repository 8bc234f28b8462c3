const { existsSync, rmSync, writeFileSync } = require("node:fs")
const { dirname, join } = require("node:path")
const debian = require("./debian")
const { startMysqld } = require("./mysqld")
const { run, ask } = require("./run")
const { Unavailable } = require("./unavailable")

/** The only Debian suite with Oracle's MySQL; what it has today may be gone tomorrow. */
const SUITE = "sid"

/**
 * Starts a private MySQL with TLS.
 *
 * @param {object} [options]
 * @param {string} [options.version] for example "9"; without it whichever can be had
 * @param {Record<string, string | number | boolean>} [options.settings] server parameters; `true`
 * for a bare flag
 * @param {boolean} [options.durable] every commit forced to the disk; slower
 */
async function start({ version, ...options } = {}) {
  return startMysqld(await findMysql(version), options)
}

async function findMysql(wanted) {
  const own = installed()
  if (own && (!wanted || own.version.startsWith(wanted))) return own
  let fetched
  try {
    const { root, program } = await debian.sideBySide(SUITE, "mysql-server-core")
    fetched = describe(program("usr/sbin/mysqld"), join(root, "usr"))
    if (!fetched) throw new Error(`what Debian ${SUITE} has does not run here`)
  } catch (cause) {
    throw new Unavailable("MySQL", cause.message.split("\n")[0], { cause })
  }
  if (wanted && !fetched.version.startsWith(wanted)) {
    throw new Unavailable(`MySQL ${wanted}`, `Debian ${SUITE} has ${fetched.version}`)
  }
  return fetched
}

function installed() {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/mysql/bin"]
  for (const folder of folders) {
    const file = folder && join(folder, "mysqld")
    const build = file && existsSync(file) && describe([file], dirname(folder))
    if (build) return build
  }
  return undefined
}

/** Undefined where it does not run or is a MariaDB, which calls its server mysqld too. */
function describe(program, base) {
  const [file, ...first] = program
  const said = ask(file, [...first, "--no-defaults", "--version"]) ?? ""
  const version = /Ver (\d+\.\d+\.\d+)/.exec(said)?.[1]
  if (!version || /mariadb/i.test(said)) return undefined
  const share = ["share/mysql", "share/mysql-9.7", "share"].map((path) => join(base, path))
  const messages = share.find((path) => existsSync(join(path, "english")))
  const plugins = join(base, "lib/mysql/plugin")
  return {
    name: "MySQL",
    scheme: "mysql",
    version,
    program,
    always: {
      basedir: base,
      ...(messages && {
        "lc-messages-dir": messages,
        "character-sets-dir": join(messages, "charsets"),
      }),
      ...(existsSync(plugins) && { "plugin-dir": plugins }),
      "secure-file-priv": "NULL",
      "innodb-redo-log-capacity": "32M",
    },
    // Without its measuring tables it takes 200 MB less.
    serving: { mysqlx: "OFF", "performance-schema": "OFF" },
    initialise,
  }
}

async function initialise({ program: [file, ...first], data, accounts, parameters, options }) {
  const script = join(data, "..", "accounts.sql")
  writeFileSync(script, `${accounts}\n`)
  await run(
    file,
    [...first, ...parameters, "--initialize-insecure", `--init-file=${script}`],
    options,
  )
  // Each copy makes an identity of its own.
  rmSync(join(data, "auto.cnf"), { force: true })
}

module.exports = { start, findMysql }
