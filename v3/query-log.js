"use strict"

// TypeORM's options `logging`, `logger` and `maxQueryExecutionTime`. Queries are logged by the
// operation that needed them: neither their text nor what is bound, which has tokens.

const { SqlxAdapterError } = require("../error.js")

const CONSOLES = [undefined, "advanced-console", "simple-console", "debug"]

const toConsole = {
  logQuery: (operation) => console.log(`query: ${operation}`),
  logQueryError: (error) => console.error(`query failed: ${error}`),
  logQuerySlow: (duration, operation) =>
    console.warn(`query is slow: ${operation}, ${Math.round(duration)} ms`),
  log: (level, text) => console[level === "warn" ? "warn" : "info"](text),
}

/** The options `logger` and `onQuery` of SqlxAdapter. */
function queryLog({ logging, logger, maxQueryExecutionTime }) {
  if (!CONSOLES.includes(logger) && (logger === null || typeof logger !== "object")) {
    const message = `option "logger" cannot be honoured: it must be an object with TypeORM's methods, or one of ${CONSOLES.slice(1).join(", ")}`
    throw new SqlxAdapterError(message, "ERR_CONFIG")
  }
  // An object decides itself what it writes.
  const isOwn = typeof logger === "object"
  const log = isOwn ? logger : toConsole
  const wants = (level) =>
    isOwn || logging === true || logging === "all" || [logging].flat().includes(level)
  const used = {
    ...(wants("query") && { debug: (operation) => log.logQuery?.(operation) }),
    ...(wants("error") && {
      error: ({ message, operation }) => log.logQueryError?.(message, operation),
    }),
    ...(wants("warn") && { warn: (text) => log.log?.("warn", text) }),
  }
  const slow = ({ duration, operation }) => {
    if (duration > maxQueryExecutionTime) log.logQuerySlow?.(duration, operation)
  }
  return {
    ...(Object.keys(used).length > 0 && { logger: used }),
    ...(maxQueryExecutionTime > 0 && { onQuery: slow }),
  }
}

module.exports = { queryLog }
