const { SqlxAdapter } = require("../..")
const { ask } = require("../support/child")
const { describeOn } = require("../support/databases")
const { makeUser } = require("../support/samples")
const { sqlite } = require("../support/sqlite")

jest.setTimeout(90_000)

const MIXED = `
  const { mixedLoad } = require(${JSON.stringify(require.resolve("../support/mixed-load"))})
`

describeOn("sqlite")("several processes on one file", () => {
  let place

  beforeEach(async () => {
    place = await sqlite.fresh()
  })

  afterEach(() => place.drop())

  test("each write several hundred rows, and no error reaches any caller", async () => {
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      const ids = []
      const errors = []
      const lane = async () => {
        while (ids.length + errors.length < 400) {
          await adapter.createUser({ name: "Ada" }).then(
            async ({ id }) => {
              ids.push(id)
              const found = await adapter.getUser(id)
              if (found?.id !== id) errors.push("not found: " + id)
            },
            (error) => errors.push(String(error)),
          )
        }
      }
      Promise.all(Array.from({ length: 16 }, lane))
        .then(() => adapter.close())
        .then(() => say({ ids, errors }))
    `
    const runs = [1, 2].map(() => ask(script, { args: [place.url] }))
    const [first, second] = await Promise.all(runs)
    expect([...first.errors, ...second.errors]).toEqual([])

    const ids = [...first.ids, ...second.ids]
    expect(ids.length).toBeGreaterThanOrEqual(800)
    const rows = await place.rows("SELECT id FROM users")
    expect(rows.map(({ id }) => id).sort()).toEqual(ids.sort())
    expect(await place.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }])
  })

  test("get right answers under a mixed load, this process being one of them", async () => {
    const script = `${MIXED}
      const adapter = SqlxAdapter(process.argv.at(-1))
      mixedLoad(adapter, { calls: 1500, concurrency: 32, seed: process.pid })
        .then(({ wrong }) => adapter.close().then(() => say(wrong)))
    `
    const { mixedLoad } = require("../support/mixed-load")
    const adapter = SqlxAdapter(place.url)
    const [here, there, elsewhere] = await Promise.all([
      mixedLoad(adapter, { calls: 1500, concurrency: 32, seed: 7 }),
      ask(script, { args: [place.url] }),
      ask(script, { args: [place.url] }),
    ])
    await adapter.close()
    expect([...here.wrong, ...there, ...elsewhere]).toEqual([])
    expect(await place.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }])
  })

  test("use one token once", async () => {
    const adapter = SqlxAdapter(place.url)
    const tokens = []
    for (let n = 0; n < 20; n += 1) {
      const token = { identifier: "a", token: `t${n}`, expires: new Date(Date.now() + 60_000) }
      tokens.push(await adapter.createVerificationToken(token))
    }
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      const begin = Number(process.argv.at(-2))
      setTimeout(async () => {
        const won = []
        for (let n = 0; n < 20; n += 1) {
          const got = await adapter.useVerificationToken({ identifier: "a", token: "t" + n })
          if (got) won.push(got.token)
        }
        await adapter.close()
        say(won)
      }, begin - Date.now())
    `
    const begin = String(Date.now() + 1_000)
    const runs = [1, 2, 3].map(() => ask(script, { args: [begin, place.url] }))
    const won = (await Promise.all(runs)).flat()
    expect(won.sort()).toEqual(tokens.map(({ token }) => token).sort())
    await adapter.close()
  })

  test("see each other's writes at once", async () => {
    const adapter = SqlxAdapter(place.url)
    const user = await makeUser(adapter)
    const script = `
      const adapter = SqlxAdapter(process.argv.at(-1))
      adapter.getUser(process.argv.at(-2))
        .then((user) => adapter.updateUser({ id: user.id, name: "Changed there" }))
        .then(() => adapter.close())
        .then(() => say("done"))
    `
    await ask(script, { args: [user.id, place.url] })
    expect((await adapter.getUser(user.id)).name).toBe("Changed there")
    await adapter.close()
  })
})
