const { presetSchemas } = require("../support/schemas")
const { core } = require("./core")

// Those that SQLite has not; `npm run test:presets` has every preset on every database.
core(
  "postgres",
  presetSchemas.filter(({ databases }) => !databases.includes("sqlite")),
)
