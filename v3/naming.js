"use strict"

const { createHash } = require("node:crypto")

/** `VerificationRequest` as `verification_request`, as TypeORM writes it. */
function snakeCase(name) {
  return name
    .replace(/([A-Z])([A-Z])([a-z])/g, "$1_$2$3")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
}

/** How NextAuth v2 and v3 named tables and columns, where no other strategy was given. */
const snakeCaseNames = {
  tableName: (className, customName) => customName || snakeCase(`${className}s`),
  columnName: (property, customName) => customName || snakeCase(property),
}

/** A table's name with the option `entityPrefix` before it. */
function prefixed(strategy, prefix, table) {
  if (!prefix) return table
  return strategy.prefixTableName ? strategy.prefixTableName(prefix, table) : `${prefix}${table}`
}

/**
 * What TypeORM calls the keys and indexes of one column: by the strategy, if it says, or else by a
 * digest. MySQL's unique keys are indexes.
 */
function keyNames(strategy, kind, table, column) {
  const name = (method, start) =>
    strategy[method]?.(table, [column]) ?? digest(start, `${table}_${column}`)
  const index = () => name("indexName", "IDX_")
  const unique = kind === "mysql" ? index : () => name("uniqueConstraintName", "UQ_")
  return { index, unique, primary: () => name("primaryKeyName", "PK_") }
}

function digest(start, text) {
  return `${start}${createHash("sha1").update(text).digest("hex")}`.slice(0, 30)
}

module.exports = { keyNames, prefixed, snakeCaseNames }
