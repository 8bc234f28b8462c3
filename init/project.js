"use strict"

// What `init` finds in the folder where it is run.

const { existsSync, readdirSync, readFileSync } = require("node:fs")
const path = require("node:path")

/** The application in a folder, or why there is none that `init` knows: `{ problem }`. */
function findProject(root) {
  const manifest = json(path.join(root, "package.json"))
  if (!manifest)
    return { problem: "there is no package.json here: run init in the application's folder" }
  const declared = { ...manifest.devDependencies, ...manifest.dependencies }
  const major = (name) => majorOf(root, name, declared[name])
  const nextMajor = major("next")
  if (nextMajor === undefined) {
    return {
      problem:
        "init knows Next.js, which package.json does not name; " +
        "node_modules/next-auth-sqlx-adapter/docs/frameworks.md has the others",
    }
  }
  const authMajor = major("next-auth")
  if (authMajor === undefined) {
    return {
      problem: "next-auth is missing: npm install next-auth@beta (version 5), or next-auth@4",
    }
  }
  if (authMajor < 4) {
    return {
      problem:
        "next-auth is older than 4: " +
        "node_modules/next-auth-sqlx-adapter/docs/nextauth-v3.md has what it takes",
    }
  }
  const has = (name) => existsSync(path.join(root, name))
  const folder = has("src/app") || has("src/pages") ? "src" : ""
  const router = has(path.join(folder, "app")) || !has(path.join(folder, "pages")) ? "app" : "pages"
  return {
    root,
    nextMajor,
    authMajor,
    folder,
    router,
    // What runs the adapter outside of Pages has to be bundled with care.
    pagesOnly:
      router === "pages" && !["proxy", "middleware"].some((name) => hasScript(root, folder, name)),
    typescript: has("tsconfig.json"),
    alias: aliasOf(root),
    installed: declared["next-auth-sqlx-adapter"] !== undefined,
    has,
    read: (name) => readFileSync(path.join(root, name), "utf8"),
    sources: () => [...sources(root)],
  }
}

const scripts = ["ts", "tsx", "js", "jsx", "mjs", "cjs"]

function hasScript(root, folder, name) {
  return scripts.some((end) => existsSync(path.join(root, folder, `${name}.${end}`)))
}

/** The manifest of an installed package, which in a workspace may be further up. */
function manifestOf(folder, name) {
  const found = json(path.join(folder, "node_modules", name, "package.json"))
  const above = path.dirname(folder)
  return found ?? (above === folder ? undefined : manifestOf(above, name))
}

/** The major version that is installed, or else that package.json asks for. */
function majorOf(root, name, range) {
  const installed = manifestOf(root, name)?.version
  const version = installed ?? (range === "beta" ? "5" : range)
  const major = Number.parseInt(/\d+/.exec(version ?? "")?.[0], 10)
  if (Number.isInteger(major)) return major
  // "latest" and the like, not installed yet: of next-auth, 4 is the latest there is.
  return version === undefined ? undefined : name === "next-auth" ? 4 : Number.POSITIVE_INFINITY
}

/** How a route names `auth` beside the folder `app`, where tsconfig.json has the usual alias. */
function aliasOf(root) {
  const file = ["tsconfig.json", "jsconfig.json"].find((name) => existsSync(path.join(root, name)))
  if (!file) return undefined
  const text = readFileSync(path.join(root, file), "utf8")
  return /"@\/\*"\s*:\s*\[\s*"\.\/(?:src\/)?\*"/.test(text) ? "@/auth" : undefined
}

/** The application's own sources, those nearest to its root first: `{ file, text }`. */
function* sources(root, folder = "", depth = 0) {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true })
  const inner = (entry) => path.posix.join(folder, entry.name)
  for (const entry of entries.filter((entry) => entry.isFile())) {
    if (!scripts.includes(entry.name.split(".").at(-1)) || /\.(test|spec|d)\./.test(entry.name))
      continue
    yield { file: inner(entry), text: readFileSync(path.join(root, inner(entry)), "utf8") }
  }
  if (depth === 6) return
  for (const entry of entries.filter((entry) => entry.isDirectory())) {
    if (/^(\.|node_modules$|dist$|build$|out$|public$)/.test(entry.name)) continue
    yield* sources(root, inner(entry), depth + 1)
  }
}

function json(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return undefined
  }
}

module.exports = { findProject }
