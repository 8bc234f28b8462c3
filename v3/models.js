"use strict"

// The default models of v3, for applications to extend: `Adapters.TypeORM.Models.User.model` is the
// class and `.schema` describes the table, in the words of TypeORM's EntitySchema.

const { createHash, randomBytes } = require("node:crypto")

class User {
  /** A profile; or `name, email, image, emailVerified`, as NextAuth's documentation has it. */
  constructor(profile, email, image, emailVerified) {
    const values =
      typeof profile === "object" && profile !== null
        ? profile
        : { name: profile, email, image, emailVerified }
    this.name = values.name
    this.email = values.email
    this.image = values.image
    if (values.emailVerified) {
      const { emailVerified: verified } = values
      this.emailVerified = verified instanceof Date ? verified : new Date()
    }
  }
}

class Account {
  constructor(userId, provider, type, id, refreshToken, accessToken, accessTokenExpires) {
    this.compoundId = createHash("sha256").update(`${provider}:${id}`).digest("hex")
    this.userId = userId
    this.providerType = type
    this.providerId = provider
    this.providerAccountId = id
    this.refreshToken = refreshToken
    this.accessToken = accessToken
    this.accessTokenExpires = accessTokenExpires
  }
}

class Session {
  constructor(userId, expires, sessionToken, accessToken) {
    this.userId = userId
    this.expires = expires
    this.sessionToken = sessionToken || randomBytes(32).toString("hex")
    this.accessToken = accessToken || randomBytes(32).toString("hex")
  }
}

class VerificationRequest {
  constructor(identifier, token, expires) {
    this.identifier = identifier
    this.token = token
    this.expires = expires
  }
}

const id = { primary: true, type: "int", generated: true }
const text = { type: "varchar" }
const unique = { type: "varchar", unique: true }
const date = { type: "timestamp" }

/** A model whose columns begin and end as all do. */
function model(target, columns, indices = []) {
  const dates = {
    createdAt: { type: "timestamp", createDate: true },
    updatedAt: { type: "timestamp", updateDate: true },
  }
  const schema = {
    name: target.name,
    target,
    columns: copied({ id, ...columns, ...dates }),
    indices: indices.map((column) => ({ name: column, columns: [column] })),
  }
  return { model: target, schema }
}

/** Columns of their own for each model: applications may change them. */
function copied(columns) {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, { ...column }]))
}

/** The default models, made anew: one application's changes are not another's. */
function defaultModels() {
  return {
    User: model(User, {
      name: { ...text, nullable: true },
      email: { ...unique, nullable: true },
      emailVerified: { ...date, nullable: true },
      image: { ...text, nullable: true },
    }),
    Account: model(
      Account,
      {
        compoundId: unique,
        userId: { type: "int" },
        providerType: text,
        providerId: text,
        providerAccountId: text,
        refreshToken: { type: "text", nullable: true },
        accessToken: { type: "text", nullable: true },
        accessTokenExpires: { ...date, nullable: true },
      },
      ["userId", "providerId", "providerAccountId"],
    ),
    Session: model(Session, {
      userId: { type: "int" },
      expires: date,
      sessionToken: unique,
      accessToken: unique,
    }),
    VerificationRequest: model(VerificationRequest, {
      identifier: text,
      token: unique,
      expires: date,
    }),
  }
}

module.exports = { defaultModels }
