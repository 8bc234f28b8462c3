"use strict"

/** The error of this package: `index.d.ts` has its shape. */
class SqlxAdapterError extends Error {
  constructor(message, code, operation, cause) {
    super(message)
    // Not enumerable, as with Node's own errors: loggers print an error's own keys again.
    for (const [name, value] of Object.entries({ code, operation, cause })) {
      if (value !== undefined) {
        Object.defineProperty(this, name, { value, configurable: true, writable: true })
      }
    }
  }
}
Object.defineProperty(SqlxAdapterError.prototype, "name", {
  value: "SqlxAdapterError",
  configurable: true,
  writable: true,
})

module.exports = { SqlxAdapterError }
