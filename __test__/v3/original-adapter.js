// v3's own TypeORM adapter in a process of its own, which TypeORM's SQLite driver needs its environment
// for. The other process asks for one thing at a time and gets what came of it.

const { sets } = require("./custom-models")

const { SQLITE3 } = process.env

const appOptions = { session: { maxAge: 3600, updateAge: 0 }, secret: "s", logger: console }
let name
let count = 0

const does = {
  /** Opens a database with a set of models. TypeORM has looked at its tables when this is done. */
  async open(config, set, kind) {
    // It changes its models for the database, so that each needs its own.
    for (const file of Object.keys(require.cache)) {
      if (file.includes("typeorm-legacy-adapter")) delete require.cache[file]
    }
    const { Models, TypeORMLegacyAdapter } = require("@next-auth/typeorm-legacy-adapter")
    const { options = {}, config: more } = sets[set](Models, kind)
    const driver = SQLITE3 && { driver: require(SQLITE3) }
    name = `c${count++}`
    const adapter = TypeORMLegacyAdapter({ name, ...config, ...driver, ...more }, options)
    methods = await adapter.getAdapter(appOptions)
  },
  /** The statements that `synchronize` would run. */
  async wanted() {
    const builder = require("typeorm").getConnection(name).driver.createSchemaBuilder()
    return (await builder.log()).upQueries.map(({ query }) => query)
  },
  async call(method, ...values) {
    const result = await methods[method](...values)
    return result && { ...result }
  },
  async close() {
    await require("typeorm").getConnection(name).close()
  },
}
let methods

// A connection that is open would keep it.
process.on("disconnect", () => process.exit())
process.on("message", async ([what, ...values]) => {
  try {
    process.send({ result: await does[what](...values) })
  } catch (error) {
    process.send({ error: `${what}: ${error.stack}` })
  }
})
