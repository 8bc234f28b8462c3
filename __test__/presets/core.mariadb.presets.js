const { presetSchemas, renamed } = require("../support/schemas")
const { core } = require("./core")

core("mariadb", [
  renamed,
  ...presetSchemas.filter(({ databases }) => databases.includes("mariadb")),
])
