const { ask } = require("./run")

const isRoot = process.getuid?.() === 0

/**
 * The unprivileged account that a server runs under when the tests run as root: PostgreSQL, MariaDB
 * and PgBouncer all refuse to be root. Any other user runs the servers as themselves.
 *
 * @param {...string} preferred account names, best first
 * @returns {{ uid?: number, gid?: number }} what `child_process.spawn` takes
 */
function serverAccount(...preferred) {
  if (!isRoot) return {}
  for (const name of [...preferred, "nobody"]) {
    const uid = ask("id", ["-u", name])
    if (uid) return { uid: Number(uid), gid: Number(ask("id", ["-g", name])) }
  }
  throw new Error(
    `no unprivileged account to run a server under (looked for ${preferred} and nobody)`,
  )
}

module.exports = { isRoot, serverAccount }
