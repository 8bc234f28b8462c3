"use strict"

const { SqlxAdapterError } = require("../error.js")

/** The parts and whether `false` may say that there is none; without `user` nothing makes sense. */
const models = {
  user: { required: true, optional: false },
  account: { required: true, optional: true },
  session: { required: true, optional: true },
  verificationToken: { required: true, optional: true },
  authenticator: { required: false, optional: true },
}

/** The parts that were given, or `ERR_CONFIG`. */
function checkedParts(given) {
  if (given === null || typeof given !== "object") {
    throw config(`give the parts as an object: { ${Object.keys(models).join(", ")} }`)
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(models, name)) {
      throw config(`there is no part of this name; the parts are ${Object.keys(models).join(", ")}`)
    }
  }
  const parts = {}
  for (const [name, { required, optional }] of Object.entries(models)) {
    const part = given[name]
    if (optional && part === false) continue
    if (part === undefined && !required) continue
    if (part === null || typeof part !== "object") {
      const none = optional ? ", or false where there is none" : ""
      throw config(`the part ${name} is missing: give an adapter or an object of functions${none}`)
    }
    parts[name] = part
  }
  return parts
}

function config(text) {
  return new SqlxAdapterError(`composeAdapters: ${text}`, "ERR_CONFIG")
}

function has(part, name) {
  return typeof part?.[name] === "function"
}

/** Calls a part's function as its method: a part may be an instance of a class. */
function call(parts, model, name, ...args) {
  if (!has(parts[model], name)) throw unsupported(model, name)
  return parts[model][name](...args)
}

function unsupported(model, name) {
  const text = `the part ${model} has no function ${name}: give another adapter, or add it to the part`
  return new SqlxAdapterError(text, "ERR_UNSUPPORTED", name)
}

/** Whether two parts keep their rows in the same system, as far as it can be told. */
function sameSystem(one, other) {
  if (one === other) return true
  // What was spread into another object shares its functions.
  return has(one, "createUser") && Object.hasOwn(one, "createUser")
    ? one.createUser === other?.createUser
    : false
}

module.exports = { call, checkedParts, has, sameSystem, unsupported }
