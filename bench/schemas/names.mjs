// How a schema names what the benchmark fills in: properties as Auth.js calls them.

const USER = ["id", "name", "email", "emailVerified", "image"]
const SESSION = ["sessionToken", "userId", "expires"]
const ACCOUNT = [
  "userId",
  "type",
  "provider",
  "providerAccountId",
  "access_token",
  "token_type",
  "scope",
]

const snake = (property) => property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const same = (property) => property

function named(style, tables, more) {
  const model = (table, properties) => ({
    table,
    columns: Object.fromEntries(properties.map((property) => [property, style(property)])),
  })
  return {
    users: model(tables[0], USER),
    accounts: model(tables[1], ACCOUNT),
    sessions: model(tables[2], SESSION),
    tokens: { table: tables[3], columns: {} },
    ...more,
  }
}

export const snakeCase = (tables, more) => named(snake, tables, more)
export const camelCase = (tables, more) => named(same, tables, more)
