const fs = require("node:fs")
const { SqlxAdapter } = require("../..")
const { describeOn } = require("../support/databases")
const { eventually } = require("../support/expectations")
const { makeUser } = require("../support/samples")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(60_000)

const counted = fs.existsSync("/proc/self/fd") ? describeOn("sqlite") : describe.skip

counted("the connections to one file", () => {
  let place

  beforeEach(async () => {
    place = await sqlite.fresh()
  })

  afterEach(() => place.drop())

  /** How many file descriptors of this process lead to the database or what lies beside it. */
  function open() {
    return fs.readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(place.file)
      } catch {
        return false
      }
    }).length
  }

  async function useHard(adapter) {
    const users = await Promise.all(Array.from({ length: 30 }, () => makeUser(adapter)))
    await Promise.all(users.map((user) => adapter.getUser(user.id)))
  }

  test("are shared by 50 adapters, and gone when the last of them is closed", async () => {
    const adapters = []
    await useHard(adapters[adapters.push(SqlxAdapter(place.url)) - 1])
    for (let n = 1; n < 50; n += 1) {
      const adapter = SqlxAdapter(place.url)
      adapters.push(adapter)
      await useHard(adapter)
    }
    // Six connections, each with the database, its log and what they share of it.
    expect(open()).toBeLessThanOrEqual(20)
    const last = adapters.pop()
    await Promise.all(adapters.map((adapter) => adapter.close()))
    await useHard(last)
    expect(open()).toBeGreaterThan(0)
    await last.close()
    await eventually(() => open() === 0)
  })

  test("are closed also when an adapter is closed twice, and not before their time", async () => {
    const [first, second] = [SqlxAdapter(place.url), SqlxAdapter(place.url)]
    await useHard(first)
    const user = await makeUser(second)
    await Promise.all([first.close(), first.close(), first.close()])
    expect(await second.getUser(user.id)).toStrictEqual(user)
    await second.close()
    await eventually(() => open() === 0)
  })

  test("do not pile up when adapters are opened and closed in turn", async () => {
    for (let n = 0; n < 50; n += 1) {
      const adapter = SqlxAdapter(place.url)
      await makeUser(adapter)
      await adapter.close()
    }
    await eventually(() => open() === 0)
  })

  test("are opened by the first call, and never beyond pool.max and the one that writes", async () => {
    const adapter = SqlxAdapter(place.url, { pool: { max: 2 } })
    expect(open()).toBe(0)
    await useHard(adapter)
    const users = await Promise.all(Array.from({ length: 100 }, () => makeUser(adapter)))
    await Promise.all(users.map((user) => adapter.getUser(user.id)))
    // Three connections: for each the database and the log, and one descriptor of shared memory.
    expect(open()).toBeLessThanOrEqual(2 * 3 + 1)
    await adapter.close()
  })

  test("that idle are closed, and opened again when they are needed", async () => {
    const adapter = SqlxAdapter(place.url, { pool: { idleTimeout: 100 } })
    await useHard(adapter)
    expect(open()).toBeGreaterThan(0)
    // One connection at most: the database, its log and what they share of it.
    await eventually(() => open() <= 3)
    await useHard(adapter)
    await adapter.close()
  })
})
