// Values of every kind that JavaScript has, and some that only somebody hostile would make.

const HUGE = 100 << 20

/** Throws whatever is done with it. */
function hostile() {
  const trap = () => {
    throw new Error("trap")
  }
  const names = Object.getOwnPropertyNames(Reflect)
  return new Proxy(() => {}, Object.fromEntries(names.map((name) => [name, trap])))
}

function throwing(key) {
  return Object.defineProperty({}, key, {
    enumerable: true,
    get() {
      throw new Error("getter")
    },
  })
}

/** Another answer each time that it is asked. */
function fickle(key) {
  let n = 0
  return Object.defineProperty({}, key, {
    enumerable: true,
    get: () => [undefined, "a", 1, null, new Date(), {}][n++ % 6],
  })
}

function cyclic() {
  const circle = { list: [] }
  circle.circle = circle
  circle.list.push(circle)
  return circle
}

function deep() {
  let value = {}
  for (let n = 0; n < 5000; n += 1) value = { value }
  return value
}

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const poisoned = () =>
  JSON.parse(
    '{"__proto__": {"id": "x"}, "constructor": {"prototype": 1}, "toString": 1, "then": 1}',
  )

/** What `await` would take for a promise. */
function thenable() {
  const value = {}
  Reflect.set(value, "then", (resolve) => resolve(1))
  return value
}

const inherited = (key) => Object.create({ [key]: "inherited" })

/** Makers, so that a value that is changed by a call is another one in the next. */
const MAKERS = [
  () => undefined,
  () => null,
  () => "",
  () => "a",
  () => "\0",
  () => "\ud800",
  () => "💣".repeat(200),
  () => "'; DROP TABLE users; --",
  () => "x".repeat(70_000),
  () => 0,
  () => -0,
  () => -1,
  () => 1.5,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => 2 ** 31,
  () => 2 ** 53,
  () => 1e300,
  () => true,
  () => false,
  () => 1n,
  () => 2n ** 70n,
  () => Symbol("s"),
  () => new Date(),
  () => new Date(Number.NaN),
  () => new Date(8.64e15),
  () => new Date(-8.64e15),
  () => () => 1,
  () => async () => 1,
  () => class {},
  () => [],
  () => ["a", 1],
  () => new Array(1000),
  () => /x/,
  () => new Map([["id", "a"]]),
  () => new Set(["a"]),
  () => new WeakMap(),
  () => Buffer.from("a"),
  () => new Float64Array(2),
  () => new ArrayBuffer(8),
  () => new SharedArrayBuffer(8),
  () => Object("a"),
  () => Object(1),
  () => Object(Symbol("s")),
  () => new Proxy({}, {}),
  () => new Proxy([], {}),
  () => new Proxy(new Date(), {}),
  () => Object.create(null),
  () => Object.freeze({ id: "a" }),
  () => Promise.resolve(1),
  () => thenable(),
  () => new Error("e"),
  () => globalThis,
  () => ({ toString: () => "a", valueOf: () => 1 }),
  () => ({ [Symbol.toPrimitive]: () => "a" }),
  () => poisoned(),
  () => cyclic(),
  () => deep(),
  () => revoked(),
  () => hostile(),
  () => throwing("id"),
  () => fickle("id"),
  () => inherited("id"),
]

/** As `MAKERS`, but a hundred megabytes each. */
const huge = [
  () => "x".repeat(HUGE),
  () => "ü".repeat(HUGE / 2),
  () => Buffer.alloc(HUGE),
  () => ({ id: "x".repeat(HUGE), name: "x".repeat(HUGE) }),
]

module.exports = { MAKERS, fickle, huge, inherited, throwing }
