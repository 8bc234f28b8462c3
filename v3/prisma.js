"use strict"

// What v3's `Adapters.Prisma.Adapter` took, as the options of SqlxAdapter.

const { SqlxAdapterError } = require("../error.js")

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
 * environment's `DATABASE_URL`, as in the documentation's `schema.prisma`.
 */
function prismaOptions(place) {
  const given = typeof place === "string" ? { url: place } : place
  if (given === null || typeof given !== "object") {
    throw wrong("Adapters.Prisma.Adapter takes a connection string, or { url, modelMapping }")
  }
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
