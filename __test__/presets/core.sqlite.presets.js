const { presetSchemas, renamed } = require("../support/schemas")
const { core } = require("./core")

core("sqlite", [renamed, ...presetSchemas.filter(({ databases }) => databases.includes("sqlite"))])
