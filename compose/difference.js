"use strict"

/**
 * How a second answer differs from the first: `{ kind, fields }`, names only, never values; or
 * `null`. Nothing is the same as `null`; an answer that an adapter does not give (`undefined`, as
 * NextAuth allows for many) and a field that only one of them knows are not compared.
 */
function differingFields(expected, given) {
  if (expected === undefined || given === undefined) return null
  if (expected === null && given === null) return null
  if (given === null) return { kind: "missing", fields: [] }
  if (expected === null) return { kind: "unexpected", fields: [] }
  const fields = paths(expected, given, "")
  return fields.length === 0 ? null : { kind: "different", fields }
}

function paths(one, other, path) {
  if (one === undefined || other === undefined || same(one, other)) return []
  const nested =
    one && other && typeof one === "object" && typeof other === "object" && !(one instanceof Date)
  if (!nested || Array.isArray(one) !== Array.isArray(other)) return [path || "value"]
  if (Array.isArray(one) && one.length !== other.length) return [path ? `${path}.length` : "length"]
  return Object.keys(one).flatMap((key) =>
    paths(one[key], other[key], path === "" ? key : `${path}.${key}`),
  )
}

function same(one, other) {
  if (one instanceof Date && other instanceof Date) return one.getTime() === other.getTime()
  return Object.is(one, other)
}

module.exports = { differingFields }
