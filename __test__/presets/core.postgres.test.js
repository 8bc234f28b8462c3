const { presetSchemas } = require("../support/schemas")
const { core } = require("./core")

// Those that SQLite has not.
const here = presetSchemas.filter(({ databases }) => !databases.includes("sqlite"))

/** Where there is no key but the tokens'. */
const WHOLE = ["pg-adapter"]

core(
  "postgres",
  here.filter(({ name }) => WHOLE.includes(name)),
)
core(
  "postgres",
  here.filter(({ name }) => !WHOLE.includes(name)),
  { callsOnly: true },
)
