// Fills a peer's tables: as many users as asked for, each with an account and a session.

import {
  accountOf,
  createdExpires,
  digestOf,
  emailOf,
  expiresOf,
  imageOf,
  NEW,
  nameOf,
  tokenOf,
  userIdOf,
  uuidOf,
} from "./data.mjs"

/** How the schemas hold a moment. */
const DATES = {
  milliseconds: (ms) => ms,
  text: (ms) => String(ms),
  iso: (ms) => new Date(ms).toISOString(),
  "iso-offset": (ms) => new Date(ms).toISOString().replace("Z", "+00:00"),
  // Every server of the benchmark lives in UTC.
  timestamp: (ms) => new Date(ms).toISOString().slice(0, 23).replace("T", " "),
}

const ROWS_A_STATEMENT = 5000

/**
 * @param {import("./databases.mjs").Place} place
 * @param {ReturnType<import("../schemas/index.mjs").schemaOf>} schema
 */
export async function seed(place, schema, { count, base }) {
  const date = DATES[schema.date]
  const userId = (n) => (schema.numericIds ? n + 1 : userIdOf(n))
  const rowsOf = {
    users: (n) => ({
      id: userId(n),
      name: nameOf(n),
      email: emailOf(n),
      emailVerified: null,
      image: imageOf(n),
    }),
    accounts: (n) => accountOf(String(n), userId(n)),
    sessions: (n) => ({
      sessionToken: schema.hashed ? digestOf(tokenOf(n)) : tokenOf(n),
      userId: userId(n),
      expires: date(expiresOf(n, base)),
    }),
  }
  const also = {
    id: (table, n) => uuidOf(`${table} ${n}`),
    updatedAt: () => date(base),
  }
  await place.withAdmin(async (admin) => {
    for (const [model, rowOf] of Object.entries(rowsOf)) {
      const { table, columns } = schema[model]
      const properties = Object.keys(columns)
      const more = Object.keys(schema.also ?? {}).filter((name) =>
        schema.also[name].includes(model),
      )
      const names = [...Object.values(columns), ...more]
      for (let from = 0; from < count; from += ROWS_A_STATEMENT) {
        const rows = []
        for (let n = from; n < Math.min(count, from + ROWS_A_STATEMENT); n++) {
          const row = rowOf(n)
          const values = properties.map((property) => row[property] ?? null)
          rows.push([...values, ...more.map((name) => also[name](model, n))])
        }
        await admin.insert(table, names, rows)
      }
    }
    if (schema.numericIds) await admin.continueIds(schema.users.table, count)
    await admin.settle()
  })
}

/** How many sessions and users a peer has made since its tables were filled. */
export async function countMade(place, schema, { base }) {
  return place.withAdmin(async (admin) => ({
    sessions: await admin.count(schema.sessions.table, whereMade(admin, schema, base).sessions),
    users: await admin.count(schema.users.table, whereMade(admin, schema, base).users),
  }))
}

/** Takes away what a peer has made, so that each round finds the tables as the first one did. */
export async function removeMade(place, schema, { base }) {
  await place.withAdmin(async (admin) => {
    const where = whereMade(admin, schema, base)
    await admin.remove(schema.sessions.table, where.sessions)
    await admin.remove(schema.accounts.table, where.accounts)
    await admin.remove(schema.users.table, where.users)
    await admin.remove(schema.tokens.table, "1 = 1")
    await admin.settle()
  })
}

function whereMade({ quote }, schema, base) {
  const made = DATES[schema.date](createdExpires(base))
  const literal = typeof made === "number" ? made : `'${made}'`
  return {
    sessions: `${quote(schema.sessions.columns.expires)} >= ${literal}`,
    accounts: `${quote(schema.accounts.columns.providerAccountId)} LIKE '${NEW}%'`,
    users: `${quote(schema.users.columns.email)} LIKE '${NEW}%'`,
  }
}
