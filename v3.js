"use strict"

// The default adapter of NextAuth v2 and v3, by all the names that their documentation gives it.

const { SqlxAdapter } = require("./index.js")
const { configuration, ownModels } = require("./v3/configuration.js")
const { legacyMethods } = require("./v3/methods.js")
const { defaultModels } = require("./v3/models.js")
const { prismaOptions } = require("./v3/prisma.js")

/** `Adapters.Default` and `Adapters.TypeORM.Adapter`, which are one. */
function Default(place, options) {
  const adapter = SqlxAdapter(configuration(place, options ?? {}))
  return legacy(adapter, "TYPEORM_LEGACY", ownModels(options?.models))
}

/**
 * The adapter with the name that v3's log codes begin with, such as `TYPEORM_LEGACY__CREATE_USER_ERROR`:
 * the original's, which alerts may look for. `models` are the application's own.
 */
function legacy(adapter, displayName, models) {
  adapter.getAdapter = async function getAdapter(appOptions) {
    const given = this === undefined || this === adapter ? adapter : { ...adapter, ...this }
    return { displayName, ...legacyMethods(given, appOptions, models) }
  }
  return adapter
}

function TypeORM(place, options) {
  return Default(place, options)
}
TypeORM.Adapter = Default
TypeORM.Models = defaultModels()

/** `Adapters.Prisma`, on the tables that it had in Prisma's schema. */
function Prisma(place) {
  return legacy(SqlxAdapter(prismaOptions(place)), "PRISMA_LEGACY")
}
Prisma.Adapter = Prisma

/** The adapter of the option `database`, which NextAuth would read itself. */
function fromDatabase(database) {
  // Without a database v3 keeps sessions in the cookie alone.
  return database ? Default(database) : undefined
}

/**
 * The option `schema` of SqlxAdapter for the arguments of `Adapters.Default`: for what has to name
 * these tables elsewhere, such as `copy --from-schema`.
 */
function schemaOf(place, options) {
  return configuration(place, options ?? {}).schema
}

// `PrismaAdapter` is how some pages of v3's documentation have it.
const Adapters = { Default, TypeORM, Prisma, PrismaAdapter: Prisma }

module.exports = { Default, TypeORM, Prisma, fromDatabase, schemaOf, default: Adapters }
// Tells what TypeScript and Babel compile to CommonJS that `default` is the default export.
Object.defineProperty(module.exports, "__esModule", { value: true })
