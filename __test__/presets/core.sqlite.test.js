const { presetSchemas, renamed } = require("../support/schemas")
const { core } = require("./core")

const here = presetSchemas.filter(({ databases }) => databases.includes("sqlite"))

/** Those with the fewest keys, and with ids that count: where the adapter has most to do itself. */
const WHOLE = ["d1", "typeorm-v3"]

// `npm run test:presets` runs all of it on every preset and every database.
core("sqlite", [renamed, ...here.filter(({ name }) => WHOLE.includes(name))])
core(
  "sqlite",
  here.filter(({ name }) => !WHOLE.includes(name)),
  { callsOnly: true },
)
