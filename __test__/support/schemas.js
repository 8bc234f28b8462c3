const { SNAKE, TOKENS, create, presets } = require("../presets/presets")
const { renamed } = require("../schema/renamed")

const PROPERTIES = {
  user: ["id", "name", "email", "emailVerified", "image"],
  account: ["userId", "type", "provider", "providerAccountId"],
  session: ["sessionToken", "userId", "expires"],
  verificationToken: ["identifier", "token", "expires"],
  authenticator: [
    "credentialID",
    "userId",
    "providerAccountId",
    "credentialPublicKey",
    "counter",
    "credentialDeviceType",
    "credentialBackedUp",
    "transports",
  ],
}

/**
 * The schemas that the contract is tested on: what `presets.js` says of one, and
 *
 * - `name`;
 * - `option`: the adapter's option `schema`; without it the adapter has its own tables;
 * - `create(database, place)`: makes the tables, if the adapter does not;
 * - `properties(model)`: those with a column;
 * - `extra`: what a user's, or a session's, columns of the application's own hold without being told;
 * - `own`: our own models: session tokens are digests, and e-mail addresses are normalised.
 */
const own = tested({
  name: "own",
  tables: {
    user: "users",
    account: "accounts",
    session: "sessions",
    verificationToken: "verification_tokens",
    authenticator: "authenticators",
  },
  column: SNAKE,
  dates: () => "native",
  ids: "text",
  passkeys: true,
  dated: true,
  own: true,
})

const renamedSchema = tested({
  ...own,
  name: "renamed",
  option: renamed,
  tables: Object.fromEntries(
    Object.entries(renamed).flatMap(([model, { table } = {}]) => (table ? [[model, table]] : [])),
  ),
  column(property, model) {
    const column = renamed[model].columns[property]
    return column?.name ?? column ?? SNAKE(property)
  },
  dates: (_, property, model) =>
    ({ "user.emailVerified": "milliseconds", "session.expires": "iso-text" })[
      `${model}.${property}`
    ] ?? "native",
  without: ["image"],
  extra: {
    user: {
      role: "member",
      age: null,
      score: null,
      admin: null,
      seen: null,
      settings: null,
      team: null,
    },
    session: { ip: null },
  },
})

const presetSchemas = Object.entries(presets).map(([name, preset]) =>
  tested({
    ...preset,
    name,
    option: name,
    create: (database, place) => create(name, database, place),
    // A table may be in a schema of its own.
    dot: ".",
  }),
)

function tested(schema) {
  const { without = [], tokens = TOKENS } = schema
  const more = { account: tokens }
  return {
    extra: {},
    others: {},
    generated: {},
    latestExpiry: () => undefined,
    longest: () => undefined,
    longestId: () => undefined,
    counter: () => undefined,
    loose: () => undefined,
    earliest: () => undefined,
    latest: () => undefined,
    ...schema,
    properties: (model) =>
      [...PROPERTIES[model], ...(more[model] ?? [])].filter((one) => !without.includes(one)),
  }
}

module.exports = { own, presetSchemas, renamed: renamedSchema }
