const { presetSchemas, renamed } = require("../support/schemas")
const { core } = require("./core")

core("mysql", [renamed, ...presetSchemas.filter(({ databases }) => databases.includes("mysql"))])
