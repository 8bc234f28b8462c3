const { SqlxAdapterError } = require("../..")

/** Waits for a promise to be rejected with this code, and gives the error. */
async function refused(promise, code) {
  const error = await promise.then(
    (value) => {
      throw new Error(`expected ${code}, but it resolved to ${typeof value}`)
    },
    (reason) => reason,
  )
  expectOurs(error, code)
  return error
}

/** Calls a function that must throw at once with this code, and gives the error. */
function refusedAtOnce(call, code) {
  let error
  try {
    call()
  } catch (thrown) {
    error = thrown
  }
  if (error === undefined) throw new Error(`expected ${code}, but nothing was thrown`)
  expectOurs(error, code)
  return error
}

function expectOurs(error, code) {
  if (!(error instanceof SqlxAdapterError)) throw error
  if (error.code !== code) {
    throw new Error(`expected ${code}, but it was ${error.code}: ${error.message}`, {
      cause: error,
    })
  }
}

/**
 * Expects an object like one that a literal makes. Its prototype may be another realm's: jest gives
 * each test file a realm of its own, and the addon makes its objects in Node's.
 */
function expectPlain(value) {
  const prototype = Object.getPrototypeOf(value)
  expect(Object.getPrototypeOf(prototype)).toBeNull()
  expect(prototype.constructor.name).toBe("Object")
  for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value))) {
    expect(descriptor).toMatchObject({ enumerable: true, writable: true, configurable: true })
  }
  expect(Object.getOwnPropertySymbols(value)).toEqual([])
}

/** Waits until `probe` gives something truthy; fails after two seconds. */
async function eventually(probe) {
  const limit = Date.now() + 2_000
  for (;;) {
    const found = await probe()
    if (found) return found
    if (Date.now() > limit) throw new Error("it did not come about within two seconds")
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

module.exports = { eventually, expectPlain, refused, refusedAtOnce }
