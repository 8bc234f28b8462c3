// The short version of `npm run test:faults`.

const { server } = require("../servers")
const { databases } = require("../support/databases")
const { canMount } = require("../support/small-disk")
const { FULL_DISK } = require("./sign-ins/harm")
const { DATABASES, run } = require("./sign-ins/run")

jest.setTimeout(120_000)

const FAULTS = 14

/** Only servers that were started here are killed. */
function whyNot(name) {
  if (name === "sqlite") return undefined
  const { unavailable, yours } = server(name)
  return unavailable ?? (yours ? "the user has one" : undefined)
}

const mountable = canMount()
const withoutDisk = mountable ? "" : `, but not "${FULL_DISK}": needs the right to mount a tmpfs`

const tested = databases.map(({ name }) => name).filter((name) => DATABASES.includes(name))

describe.each(tested)("people who sign in through faults (%s)", (name) => {
  const reason = whyNot(name)
  const it = reason ? test.skip : test
  it(`lose nothing that was acknowledged${reason ? ` (${reason})` : withoutDisk}`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const { wrong, signIns, reads, signOuts, acknowledged, done } = await run(name, {
      faults: FAULTS,
      seed,
    })
    // The seed brings the same faults in the same order.
    expect({ seed, wrong }).toEqual({ seed, wrong: [] })
    if (mountable) expect(done[FULL_DISK].times).toBeGreaterThan(0)
    for (const times of [signIns, reads, signOuts, acknowledged]) expect(times).toBeGreaterThan(20)
  })
})
