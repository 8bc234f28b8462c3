"use strict"

// The wrapper around what next.config exports.

const { withImport, wrapDefaultExport } = require("./source.js")

const line = 'export default withSqlxAdapter(…), from "next-auth-sqlx-adapter/next"'

/** What is to be done with next.config: `{ changes, notes }`. */
function planNextConfig(project) {
  if (project.pagesOnly) {
    return {
      changes: [],
      notes: ["next.config needs nothing: an application of Pages alone bundles no package."],
    }
  }
  const names = ["ts", "mjs", "js", "cjs", "mts"].map((end) => `next.config.${end}`)
  const file = names.find((name) => project.has(name))
  if (file === undefined) {
    const made =
      project.nextMajor >= 15 && project.typescript ? "next.config.ts" : "next.config.mjs"
    const after = withImport(
      "export default withSqlxAdapter({})\n",
      "withSqlxAdapter",
      "next-auth-sqlx-adapter/next",
    )
    return { changes: [{ file: made, before: undefined, after }], notes: [] }
  }
  const before = project.read(file)
  if (before.includes("next-auth-sqlx-adapter")) {
    return { changes: [], notes: [`${file} leaves the adapter to Node.js already.`] }
  }
  const wrapped = wrapDefaultExport(before, "withSqlxAdapter")
  if (wrapped === undefined) {
    return {
      changes: [],
      notes: [`${file} could not be read: wrap what it exports yourself, as in ${line}.`],
    }
  }
  const after = withImport(wrapped, "withSqlxAdapter", "next-auth-sqlx-adapter/next")
  return { changes: [{ file, before, after }], notes: [] }
}

module.exports = { planNextConfig }
