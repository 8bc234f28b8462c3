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
    // The code stands in the stack's first line, as it does in Node's own errors: a log that prints
    // nothing but the stack, such as Auth.js's, leads to the page of errors by code. It costs some
    // microseconds, which those that come by thousands a second are spared.
    if (code !== undefined && code !== "ERR_OVERLOADED") {
      const name = `${this.name} [${code}]`
      Object.defineProperty(this, "name", { value: name, configurable: true })
      void this.stack // V8 composes it now, when it is first read.
      delete this.name
    }
  }
}
Object.defineProperty(SqlxAdapterError.prototype, "name", {
  value: "SqlxAdapterError",
  configurable: true,
  writable: true,
})

module.exports = { SqlxAdapterError }
