const { presetSchemas, renamed } = require("../support/schemas")
const { core } = require("./core")

core("postgres", [
  renamed,
  ...presetSchemas.filter(({ databases }) => databases.includes("postgres")),
])
