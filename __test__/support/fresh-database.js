const { SqlxAdapter } = require("../..")

/**
 * For the tests of a `describe`: a database of each one's own, and `open`, which makes an adapter on it that
 * is closed after the test. `defaults`: options of all of them.
 */
function freshDatabase(database, defaults) {
  let current
  let adapters

  beforeEach(async () => {
    current = await database.fresh()
    adapters = []
  })

  afterEach(async () => {
    await Promise.all(adapters.map((adapter) => adapter.close()))
    await current.drop()
  })

  function open(options) {
    const adapter = SqlxAdapter(current.url, { ...defaults, ...options })
    adapters.push(adapter)
    return adapter
  }

  /** What `fresh()` gave the test that runs. */
  const place = new Proxy({}, { get: (_, name) => current[name] })
  return { place, open }
}

module.exports = { freshDatabase }
