"use strict"

// What v3's `Adapters.Prisma.Adapter` took, as the options of SqlxAdapter.

const { SqlxAdapterError } = require("../error.js")

/** The client alone, which the adapter of other tables took. */
const CLIENT =
  "Adapters.Prisma.Adapter takes { prisma }, on the tables users, accounts, sessions and " +
  "verification_requests. PrismaAdapter(prisma) of @next-auth/prisma-adapter had tables User, " +
  'Account, …: for them call SqlxAdapter(url, { schema: "prisma-v3-cuid" })'

/** v3's models: the property of Prisma's client that each was by default, and what we call it. */
const MODELS = {
  User: { usual: "user", model: "user" },
  Account: { usual: "account", model: "account" },
  Session: { usual: "session", model: "session" },
  VerificationRequest: { usual: "verificationRequest", model: "verificationToken" },
}

/**
 * The options of SqlxAdapter for the argument of `Adapters.Prisma.Adapter`, or for a URL.
 *
 * Prisma's client is of no use here and says its URL to nobody. Without `url` the place is the
 * environment's `DATABASE_URL`.
 */
function prismaOptions(place) {
  // A variable that is not set while the application is built is the first call's error.
  const given = typeof place === "string" ? { url: place } : (place ?? {})
  if (typeof given !== "object") {
    throw wrong("Adapters.Prisma.Adapter takes a connection string, or { url, modelMapping }")
  }
  if (typeof given.$connect === "function") throw wrong(CLIENT)
  const { prisma: _prisma, modelMapping = {}, schema, ...options } = given
  if (schema !== undefined && (schema === null || typeof schema !== "object")) {
    throw wrong('option "schema" must be an object here: its preset is "prisma-v3"')
  }
  for (const [name, property] of Object.entries(modelMapping ?? {}))
    checkName(name, property, schema)
  return { ...options, schema: { preset: "prisma-v3", ...schema } }
}

/** A model of another name has a table of another name, which only `schema.prisma` tells. */
function checkName(name, property, schema) {
  if (!Object.hasOwn(MODELS, name)) {
    throw wrong(`modelMapping.${name} is no model; they are ${Object.keys(MODELS).join(", ")}`)
  }
  const { usual, model } = MODELS[name]
  if (property === usual || schema?.[model]?.table !== undefined) return
  throw wrong(
    `modelMapping.${name} names a model of Prisma's, not its table: say that beside it, as in schema: { ${model}: { table: "…" } }`,
  )
}

function wrong(message) {
  return new SqlxAdapterError(message, "ERR_CONFIG")
}

module.exports = { prismaOptions }
