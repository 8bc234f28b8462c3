/** A schema in which nothing is called as usual, with columns of the application's own. */
const renamed = {
  dbSchema: undefined,
  user: {
    table: "order by",
    columns: {
      name: "full name",
      email: "e.mail",
      emailVerified: { name: "vérifié", type: "milliseconds" },
      image: false,
      role: { type: "text", default: "member" },
      age: { type: "integer" },
      score: { type: "float" },
      admin: { type: "boolean" },
      seen: { name: "last seen", type: "datetime" },
      settings: { type: "json" },
      team: { type: "uuid", index: true },
      secret: { type: "text", hidden: true },
    },
  },
  account: {
    table: "select",
    columns: { userId: "from", providerAccountId: 'the "id"', note: { type: "text" } },
  },
  session: {
    table: "group`s",
    columns: {
      sessionToken: "key",
      expires: { name: "until", type: "iso-text" },
      ip: { type: "text" },
    },
  },
  verificationToken: { table: "tökens", columns: { identifier: "who", token: "table" } },
  authenticator: { table: "Passkeys", columns: { counter: "count" } },
}

module.exports = { renamed }
