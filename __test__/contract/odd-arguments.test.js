"use strict"

const { inspect, types } = require("node:util")
const { SqlxAdapterError } = require("../..")
const { contract } = require("../support/contract")
const { random } = require("../support/mixed-load")
const { makeUser, passkey, unique } = require("../support/samples")

const ROUNDS = 1_500
const ROUNDS_ON_OTHER_TABLES = 300

/** What a call with odd arguments may be refused with. */
const REFUSALS = ["ERR_INVALID_ARGUMENT", "ERR_UNIQUE", "ERR_FOREIGN_KEY", "ERR_NOT_FOUND"]

/** What ends the adapter, and what needs an option. */
const APART = ["close", "rekey"]

const circle = {}
circle.circle = circle

const ODD = [
  undefined,
  null,
  "",
  "a",
  "a ",
  "\0",
  "\ud800",
  "x".repeat(300),
  0,
  -0,
  -1,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 32,
  2 ** 53,
  1e300,
  true,
  false,
  1n,
  Symbol("s"),
  new Date(),
  new Date(Number.NaN),
  new Date(8.64e15),
  new Date(-8.64e15),
  () => 1,
  [],
  ["a", 1],
  new Array(1000),
  /x/,
  new Map(),
  Buffer.from("a"),
  Object("a"),
  Object(1),
  new Proxy({}, {}),
  new Proxy([], {}),
  new Proxy(new Date(), {}),
  new Proxy(() => 1, {}),
  Object.create(null),
  Promise.resolve(1),
  new Error("e"),
  globalThis,
  circle,
  new Proxy(
    {},
    {
      get() {
        throw new Error("get")
      },
      ownKeys() {
        throw new Error("ownKeys")
      },
    },
  ),
]

contract(`${ROUNDS} calls with odd arguments`, (db) => {
  const rounds = db.schema.name === "own" ? ROUNDS : ROUNDS_ON_OTHER_TABLES

  test.each([1, 2])("are answered, or refused with an error of ours: seed %d", async (seed) => {
    const next = random(`odd ${seed} ${db.name}`)
    const pick = (list) => list[Math.floor(next() * list.length)]
    const user = await makeUser(db.adapter)
    const refusals = db.schema.passkeys ? REFUSALS : [...REFUSALS, "ERR_UNSUPPORTED"]
    const account = { userId: user.id, type: "oauth", provider: "p", providerAccountId: "1" }
    const expires = new Date(Date.now() + 3_600_000)
    const token = { identifier: "a", token: "a", sessionToken: unique("s"), expires }
    const whole = { ...account, ...token, ...passkey(user.id), id: user.id }
    const keys = [...Object.keys(whole), "name", "email", "emailVerified", "image", "scope"]
    keys.push("expires_at", "access_token", "except", "current", "constructor", "toString")
    const names = Object.keys(db.adapter).filter((name) => !APART.includes(name))

    function argument() {
      if (next() < 0.3) return pick(ODD)
      const base = next() < 0.7 ? { ...whole } : {}
      for (let n = Math.floor(next() * 4); n > 0; n -= 1) base[pick(keys)] = pick(ODD)
      return base
    }

    const wrong = []
    for (let round = 0; round < rounds; round += 1) {
      const name = pick(names)
      const given = [argument(), argument(), argument()].slice(0, Math.floor(next() * 4))
      const promise = db.adapter[name](...given)
      const problem = await promise.then(
        (answer) => (answer === undefined ? "it gave undefined" : null),
        (error) => {
          if (!(error instanceof SqlxAdapterError)) return `it threw ${error}`
          if (error.operation !== name) return `it named ${error.operation}`
          return refusals.includes(error.code) ? null : `${error.code}: ${error.message}`
        },
      )
      if (!types.isPromise(promise)) wrong.push(`${name} returned no promise`)
      if (problem) wrong.push(`${name}(${inspect(given, { depth: 1 })}): ${problem}`)
    }
    expect(wrong).toEqual([])
    expect(await db.adapter.getUser("nobody")).toBeNull()
  })
})
