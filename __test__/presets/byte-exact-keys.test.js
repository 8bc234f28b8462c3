// The keys of other adapters' tables on MySQL and MariaDB, whose collations take different texts for the
// same: one preset each, as `npm run test:presets` has them all.

const path = require("node:path")
const { contractOn } = require("../support/contract")
const { databases } = require("../support/databases")
const { presetSchemas } = require("../support/schemas")

const EXACT = path.join(__dirname, "../contract/byte-exact-keys.test.js")

for (const [name, preset] of [
  ["mysql", "prisma"],
  ["mariadb", "typeorm"],
]) {
  const database = databases.find((one) => one.name === name)
  const schemas = presetSchemas.filter((schema) => schema.name === preset)
  if (database) contractOn(database, schemas, [EXACT])
  else describe.skip(`DATABASES leaves ${name} out`, () => test("", () => {}))
}
