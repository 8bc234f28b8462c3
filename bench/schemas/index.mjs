// Which tables each peer has: those that its own documentation or its own tool makes.

import { drizzle } from "./drizzle.mjs"
import { kysely } from "./kysely.mjs"
import { floor, ours } from "./own.mjs"
import { pgAdapter, pgAdapterIndexed } from "./pg-adapter.mjs"
import { prisma } from "./prisma.mjs"
import { typeorm } from "./typeorm.mjs"

const SCHEMAS = {
  ours,
  floor,
  drizzle,
  kysely,
  prisma,
  typeorm,
  "pg-adapter": pgAdapter,
  "pg-adapter-indexed": pgAdapterIndexed,
}

/**
 * @returns {{ users: object, accounts: object, sessions: object, tokens: object, date: string,
 * ddl?: string[], hashed?: boolean, numericIds?: boolean, also?: object }} without `ddl` the peer
 * makes the tables itself
 */
export const schemaOf = (name, database) => SCHEMAS[name](database)
