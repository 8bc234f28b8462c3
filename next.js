"use strict"

const { readFileSync } = require("node:fs")
const { createRequire } = require("node:module")
const path = require("node:path")

const packageName = "next-auth-sqlx-adapter"

/**
 * Leaves the adapter to Node.js, which loads its native addon; a bundler cannot. Everything else of
 * the configuration stays as it is, and the object that was given is not changed.
 */
function withSqlxAdapter(config = {}) {
  if (typeof config !== "function") return external(config)
  return (...args) => {
    const made = config(...args)
    return typeof made?.then === "function" ? made.then(external) : external(made)
  }
}

function external(config = {}) {
  const major = installedMajor()
  // Up to Next.js 12 there are only Pages, whose packages are left to Node.js anyway.
  if (major < 13) return config
  if (major < 15) {
    const experimental = config.experimental ?? {}
    const packages = added(experimental.serverComponentsExternalPackages)
    return {
      ...config,
      experimental: { ...experimental, serverComponentsExternalPackages: packages },
    }
  }
  return { ...config, serverExternalPackages: added(config.serverExternalPackages) }
}

function added(packages = []) {
  return packages.includes(packageName) ? packages : [...packages, packageName]
}

/** The major version of Next.js that is installed in the app; where it is not found, the newest. */
function installedMajor() {
  // `next build apps/web` runs in another folder than the app's: then the command's own file tells.
  for (const from of [path.join(process.cwd(), "next.config.js"), process.argv[1], __filename]) {
    try {
      const manifest = createRequire(from).resolve("next/package.json")
      const major = Number.parseInt(JSON.parse(readFileSync(manifest, "utf8")).version, 10)
      if (major > 0) return major
    } catch {
      // Not to be found from there.
    }
  }
  return Number.POSITIVE_INFINITY
}

module.exports = { withSqlxAdapter, default: withSqlxAdapter }
// Tells what TypeScript and Babel compile to CommonJS that `default` is the default export.
Object.defineProperty(module.exports, "__esModule", { value: true })
