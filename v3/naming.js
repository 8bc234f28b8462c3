"use strict"

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

module.exports = { prefixed, snakeCaseNames }
