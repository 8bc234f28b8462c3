// Spans and metrics, as OpenTelemetry's own SDK receives them.

const { execFileSync } = require("node:child_process")
const fs = require("node:fs")
const os = require("node:os")
const path = require("node:path")
const { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } = require("@opentelemetry/api")
const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks")
const sdkMetrics = require("@opentelemetry/sdk-metrics")
const sdkTrace = require("@opentelemetry/sdk-trace-base")
const { SqlxAdapter } = require("../..")
const { withOpenTelemetry } = require("../../otel.js")
const { databases, describeOn } = require("../support/databases")
const { refused } = require("../support/expectations")
const { hence, makeUser, unique, uniqueEmail } = require("../support/samples")
const { appOptions } = require("../v3/legacy")

const SYSTEMS = { sqlite: "sqlite", postgres: "postgresql", mariadb: "mariadb", mysql: "mysql" }

beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

for (const database of databases.filter(({ name }) => Object.hasOwn(SYSTEMS, name))) {
  describeOn(database.name)(`OpenTelemetry (${database.name})`, () => {
    const exporter = new sdkTrace.InMemorySpanExporter()
    const sampled = []
    const tracerProvider = new sdkTrace.BasicTracerProvider({
      spanProcessors: [new sdkTrace.SimpleSpanProcessor(exporter)],
      sampler: {
        shouldSample(_context, _trace, name, kind, attributes) {
          sampled.push({ name, kind, attributes: { ...attributes } })
          return { decision: sdkTrace.SamplingDecision.RECORD_AND_SAMPLED }
        },
      },
    })
    const reader = new sdkMetrics.MetricReader()
    reader.onForceFlush = reader.onShutdown = async () => {}
    const meterProvider = new sdkMetrics.MeterProvider({ readers: [reader] })
    const system = SYSTEMS[database.name]
    let place
    let adapter

    beforeAll(async () => {
      place = await database.fresh()
      const options = { tracerProvider, meterProvider, poolName: "auth" }
      adapter = withOpenTelemetry(SqlxAdapter(place.url), options)
    })
    afterAll(async () => {
      await adapter.close()
      await place.drop()
    })
    beforeEach(() => exporter.reset())

    /** The metrics that have points now, by their names. */
    async function read() {
      const { resourceMetrics, errors } = await reader.collect()
      expect(errors).toEqual([])
      const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
      return Object.fromEntries(
        all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
      )
    }

    test("a call is a span of a database's client, within the span that it is called in", async () => {
      const outer = tracerProvider.getTracer("app").startSpan("request")
      await context.with(trace.setSpan(ROOT_CONTEXT, outer), () => adapter.getUser("nobody"))
      const [span] = exporter.getFinishedSpans()
      expect(span).toMatchObject({ name: "getUser", kind: SpanKind.CLIENT })
      expect(span.parentSpanContext.spanId).toBe(outer.spanContext().spanId)
      expect(span.attributes).toEqual({ "db.operation.name": "getUser", "db.system.name": system })
      expect(span.status.code).toBe(SpanStatusCode.UNSET)
    })

    test("a sampler sees what is called, and on which database", async () => {
      await adapter.getUser("nobody")
      await adapter.getUserByEmail(uniqueEmail())
      expect(sampled.at(-1)).toEqual({
        name: "getUserByEmail",
        kind: SpanKind.CLIENT,
        attributes: { "db.operation.name": "getUserByEmail", "db.system.name": system },
      })
    })

    test("a call that fails says by which code, and fails as it did", async () => {
      const { email } = await makeUser(adapter)
      exporter.reset()
      await refused(adapter.createUser({ email }), "ERR_UNIQUE")
      const [span] = exporter.getFinishedSpans()
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR })
      expect(span.events).toEqual([])
      expect(span.attributes).toEqual({
        "db.operation.name": "createUser",
        "db.system.name": system,
        "db.response.status_code": expect.any(String),
        "error.type": "ERR_UNIQUE",
      })
    })

    test("nothing that was given or found is told", async () => {
      const [email, sessionToken] = [uniqueEmail("hunter2"), unique("hunter2")]
      const { id } = await adapter.createUser({ email, name: "hunter2" })
      await adapter.createSession({ sessionToken, userId: id, expires: hence() })
      await adapter.getSessionAndUser(sessionToken)
      await refused(adapter.createUser({ email }), "ERR_UNIQUE")
      const spans = exporter.getFinishedSpans()
      expect(spans).toHaveLength(4)
      const told = spans.map(({ name, attributes, status, events, links }) => [
        name,
        attributes,
        status,
        events,
        links,
      ])
      const text = JSON.stringify([told, await read()])
      for (const secret of ["hunter2", id]) expect(text).not.toContain(secret)
    })

    test("durations and connections are metrics", async () => {
      await adapter.ping()
      const metrics = await read()
      const ping = metrics["db.client.operation.duration"].find(
        ({ attributes }) => attributes["db.operation.name"] === "ping",
      )
      expect(ping.attributes).toEqual({ "db.operation.name": "ping", "db.system.name": system })
      expect(ping.value.count).toBe(1)
      expect(ping.value.sum).toBeLessThan(10)
      expect(ping.value.buckets.boundaries[0]).toBe(0.001)
      const { connections } = await adapter.stats()
      const pool = { "db.client.connection.pool.name": "auth" }
      expect(metrics["db.client.connection.max"]).toMatchObject([
        { attributes: pool, value: connections.max },
      ])
      const count = metrics["db.client.connection.count"]
      expect(count.map(({ attributes }) => attributes)).toEqual(
        ["idle", "used"].map((state) => ({ ...pool, "db.client.connection.state": state })),
      )
      expect(count[0].value + count[1].value).toBe(connections.open)
      expect(metrics["db.client.connection.pending_requests"]).toMatchObject([{ value: 0 }])
    })

    test("NextAuth v3's methods are told by the functions that they call", async () => {
      const v3 = await adapter.getAdapter(appOptions())
      await v3.getUser("nobody")
      expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["getUser"])
    })
  })
}

test("without an SDK the calls are what they were", async () => {
  const plain = SqlxAdapter("sqlite::memory:")
  const adapter = withOpenTelemetry(plain)
  expect(Object.keys(adapter)).toEqual(Object.keys(plain))
  const user = await makeUser(adapter)
  expect(await plain.getUser(user.id)).toEqual(user)
  await adapter.close()
  await refused(plain.getUser(user.id), "ERR_CLOSED")
})

test.each(["require", "import"])(
  "an application without the API is told to install it: %s",
  (way) => {
    const root = path.join(__dirname, "../..")
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "next-auth-sqlx-adapter-"))
    try {
      const installed = path.join(folder, "node_modules/next-auth-sqlx-adapter")
      fs.mkdirSync(installed, { recursive: true })
      for (const name of ["package.json", "otel.js", "otel.mjs", "error.js"]) {
        fs.copyFileSync(path.join(root, name), path.join(installed, name))
      }
      const load = { require: "async () => require(name)", import: "() => import(name)" }[way]
      const script = `
        const name = "next-auth-sqlx-adapter/otel"
        const load = ${load}
        load().then(({ withOpenTelemetry }) => {
          try {
            withOpenTelemetry({})
          } catch ({ name, code, message }) {
            console.log(JSON.stringify({ name, code, message }))
          }
        })
      `
      const options = { cwd: folder, encoding: "utf8" }
      expect(JSON.parse(execFileSync(process.execPath, ["-e", script], options))).toEqual({
        name: "SqlxAdapterError",
        code: "ERR_CONFIG",
        message: expect.stringContaining("npm install @opentelemetry/api"),
      })
    } finally {
      fs.rmSync(folder, { recursive: true, force: true })
    }
  },
)
