"use strict"

// Spans and metrics of an adapter's calls, by OpenTelemetry's semantic conventions for database
// clients. What is told is which function was called, how long it took and by which code it failed:
// never an argument, a result or a message.

const { SqlxAdapterError } = require("./error.js")
const { version } = require("./package.json")

const NAME = "next-auth-sqlx-adapter"

/** The conventions' names of the databases, where ours differ. */
const SYSTEMS = { postgres: "postgresql" }

/** Seconds, as the conventions advise. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/**
 * Functions that are left as they are: `getAdapter` calls the others of the object that it is called
 * on, and the rest asks no database.
 */
const UNTOLD = new Set(["getAdapter", "stats", "close"])

/**
 * The application's OpenTelemetry, which it may not have: this package does not bring it along. Asked for
 * by the call: Node.js 20 ends a process that imports what throws, even where somebody catches it.
 */
function api() {
  try {
    return require("@opentelemetry/api")
  } catch (error) {
    const missing = /MODULE_NOT_FOUND$/.test(error?.code)
    if (!missing || !error.message.includes("@opentelemetry/api")) throw error
    const message =
      "next-auth-sqlx-adapter/otel uses the application's own @opentelemetry/api, which is not there: " +
      "npm install @opentelemetry/api"
    throw new SqlxAdapterError(message, "ERR_CONFIG")
  }
}

/** The adapter with every call told to OpenTelemetry, as far as the application has set it up. */
function withOpenTelemetry(adapter, { tracerProvider, meterProvider, poolName = NAME } = {}) {
  const { SpanKind, SpanStatusCode, metrics, trace } = api()
  const tracer = (tracerProvider ?? trace).getTracer(NAME, version)
  const meter = (meterProvider ?? metrics).getMeter(NAME, version)
  const duration = meter.createHistogram("db.client.operation.duration", {
    description: "Duration of database client operations.",
    unit: "s",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  const system = databaseOf(adapter)

  function told(name, run) {
    return (...values) => {
      // A sampler is shown what is there when the span begins.
      const attributes = { "db.operation.name": name }
      if (system.known !== undefined) attributes["db.system.name"] = system.known
      return tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, async (span) => {
        const started = performance.now()
        try {
          return await run(...values)
        } catch (error) {
          Object.assign(attributes, failure(error))
          span.setStatus({ code: SpanStatusCode.ERROR })
          throw error
        } finally {
          const seconds = (performance.now() - started) / 1000
          attributes["db.system.name"] = await system.ask()
          span.setAttributes(attributes).end()
          duration.record(seconds, attributes)
        }
      })
    }
  }

  const functions = Object.entries(adapter).map(([name, run]) => [
    name,
    typeof run === "function" && !UNTOLD.has(name) ? told(name, run) : run,
  ])
  const result = Object.fromEntries(functions)
  if (typeof adapter.stats !== "function") return result
  const unobserve = observeConnections(meter, adapter, poolName)
  if (typeof adapter.close === "function") {
    result.close = () => {
      unobserve()
      return adapter.close()
    }
  }
  return result
}

/** The database's name in the conventions, which is known once a call has reached it. */
function databaseOf(adapter) {
  return {
    known: undefined,
    async ask() {
      if (this.known !== undefined) return this.known
      try {
        const { database } = await adapter.stats()
        this.known = SYSTEMS[database] ?? database
        return this.known
      } catch {
        return "other_sql"
      }
    },
  }
}

/** Why a call failed: our code, and the database's own. */
function failure(error) {
  const told = { "error.type": typeof error?.code === "string" ? error.code : "_OTHER" }
  const code = error?.cause?.code
  if (told["error.type"].startsWith("ERR_") && code !== undefined && code !== null) {
    told["db.response.status_code"] = String(code)
  }
  return told
}

/** Reports how the connections are whenever metrics are read. Gives what ends that. */
function observeConnections(meter, adapter, poolName) {
  const count = meter.createObservableUpDownCounter("db.client.connection.count", {
    description: "The number of connections that are currently in the state described.",
    unit: "{connection}",
  })
  const max = meter.createObservableUpDownCounter("db.client.connection.max", {
    description: "The maximum number of open connections allowed.",
    unit: "{connection}",
  })
  const pending = meter.createObservableUpDownCounter("db.client.connection.pending_requests", {
    description: "The number of requests that wait for an open connection.",
    unit: "{request}",
  })
  const instruments = [count, max, pending]
  const observe = async (result) => {
    const { connections } = await adapter.stats()
    const of = { "db.client.connection.pool.name": poolName }
    const state = (state) => ({ ...of, "db.client.connection.state": state })
    result.observe(count, connections.idle, state("idle"))
    result.observe(count, connections.open - connections.idle, state("used"))
    result.observe(max, connections.max, of)
    result.observe(pending, connections.waiting, of)
  }
  meter.addBatchObservableCallback(observe, instruments)
  return () => meter.removeBatchObservableCallback(observe, instruments)
}

module.exports = { withOpenTelemetry }
