const { inspect } = require("node:util")
const gate = require("../servers/gate")
const { refused } = require("../support/expectations")
const { onServers } = require("../support/on-servers")
const { unique } = require("../support/samples")

const LIMIT = 1000

onServers("a connection that cannot be made", (db) => {
  const edited = (edit) => {
    const url = new URL(db.url)
    edit(url)
    return url.href
  }

  /** The error of a first call, which must come within the limit and show no secret. */
  async function errorOf(url, { within = LIMIT + 500 } = {}) {
    const adapter = db.open({ pool: { connectTimeout: LIMIT } }, url)
    const begun = Date.now()
    const errors = await Promise.all(
      Array.from({ length: 8 }, (_, n) => refused(adapter.getUser(`nobody ${n}`), "ERR_CONNECT")),
    )
    expect(Date.now() - begun).toBeLessThan(within)
    for (const error of errors) {
      expect(error.operation).toBe("getUser")
      const everything = `${error.stack}\n${inspect(error, { depth: 9, showHidden: true })}`
      const { password } = new URL(url)
      for (const secret of [url, password, decodeURIComponent(password), "p@ss"]) {
        if (secret) expect(everything).not.toContain(secret)
      }
    }
    return errors[0]
  }

  test("for a wrong password", async () => {
    const secret = unique("secret")
    const error = await errorOf(edited((url) => (url.password = secret)))
    expect(error.message).toMatch(/user or password/)
    expect(error.message).not.toContain(secret)
    expect(error.cause.code).toMatch(/^(28P01|1045)$/)
  })

  test("for no password", async () => {
    expect((await errorOf(edited((url) => (url.password = "")))).message).toMatch(/password/)
  })

  test("for an unknown user", async () => {
    const error = await errorOf(edited((url) => (url.username = "stranger")))
    expect(error.message).toMatch(/user or password/)
  })

  test("for an unknown database", async () => {
    const error = await errorOf(edited((url) => (url.pathname = "/nowhere")))
    expect(error.message).toMatch(/database does not exist/)
  })

  test("for a port that refuses", async () => {
    const way = await gate.start({ to: db.server })
    way.refuse()
    const error = await errorOf(way.through(db.url))
    expect(error.message).toMatch(/refused the connection/)
    expect(error.message).toContain(`127.0.0.1:${way.port}`)
  })

  test("for a port that accepts and never answers", async () => {
    const way = await gate.start({ to: db.server, silent: true })
    const error = await errorOf(way.through(db.url))
    expect(error.message).toMatch(`did not answer within ${LIMIT} ms`)
    await way.stop()
  })

  test("for a server that ends the connection at once", async () => {
    const way = await gate.start({ to: { port: 1 } })
    expect((await errorOf(way.through(db.url))).message).toMatch(/ended the connection/)
    await way.stop()
  })

  test("for a host that no name server knows", async () => {
    const url = edited((place) => (place.hostname = "nowhere.invalid"))
    // How long looking a name up takes is the system's.
    const error = await errorOf(url, { within: LIMIT + 6000 })
    expect(error.message).toMatch(/nowhere\.invalid/)
    expect(error.message).toMatch(/host name|did not answer/)
  })

  test("for another kind of server", async () => {
    const scheme = db.name === "postgres" ? "mysql:" : "postgres:"
    const url = db.url.replace(/^[a-z]+:/, scheme)
    const error = await errorOf(url)
    expect(error.message).toMatch(/protocol|did not answer|ended the connection/)
  })

  test("for an authority's missing socket", async () => {
    const folder = `/tmp/${unique("nowhere")}`
    const path = db.name === "postgres" ? folder : `${folder}/s.sock`
    const adapter = db.open({ socketPath: path, pool: { connectTimeout: LIMIT } })
    const error = await refused(adapter.getUser("nobody"), "ERR_CONNECT")
    expect(error.message).toContain(folder)
    expect(error.message).toMatch(/is not there/)
  })

  test("is made by the same adapter once it can be", async () => {
    const way = await gate.start({ to: db.server })
    way.refuse()
    const adapter = db.open({ pool: { connectTimeout: LIMIT } }, way.through(db.url))
    await refused(adapter.getUser("nobody"), "ERR_CONNECT")
    await way.accept()
    expect(await adapter.getUser("nobody")).toBeNull()
    await adapter.close()
    await way.stop()
  })

  test("within its time is waited for: a server that is just starting", async () => {
    const way = await gate.start({ to: db.server })
    way.refuse()
    const answer = db.open({}, way.through(db.url)).getUser("nobody")
    setTimeout(() => way.accept(), 500)
    expect(await answer).toBeNull()
    await db.closeAll()
    await way.stop()
  })
})
