const { readFileSync } = require("node:fs")
const gate = require("../servers/gate")
const { refused } = require("../support/expectations")
const { onServers } = require("../support/on-servers")

/** The words of each kind for "encrypted, the authority's certificate, and for this host". */
const FULL = {
  postgres: "sslmode=verify-full&sslrootcert=",
  mysql: "ssl-mode=VERIFY_IDENTITY&ssl-ca=",
}
const words = (name) => (name === "postgres" ? FULL.postgres : FULL.mysql)

onServers("TLS", (db) => {
  const verified = (url, caFile) => `${url}?${words(db.name)}${encodeURIComponent(caFile)}`

  test("is accepted with the right authority and host, in a URL and in parts", async () => {
    const { caFile } = db.server
    expect(await db.open({}, verified(db.url, caFile)).getUser("nobody")).toBeNull()

    const byName = db.url.replace("127.0.0.1", "localhost")
    expect(await db.open({}, verified(byName, caFile)).getUser("nobody")).toBeNull()

    const ca = readFileSync(caFile, "utf8")
    expect(await db.open({ ssl: { ca } }).getUser("nobody")).toBeNull()
    expect(await db.open({ ssl: { ca: caFile } }).getUser("nobody")).toBeNull()
  })

  test("is refused where the certificate is another authority's", async () => {
    const { otherCaFile } = db.server
    for (const adapter of [
      db.open({}, verified(db.url, otherCaFile)),
      db.open({ ssl: { ca: readFileSync(otherCaFile, "utf8") } }),
      // The public authorities know nothing of it either.
      db.open({ ssl: true }),
    ]) {
      const begun = Date.now()
      const error = await refused(adapter.getUser("nobody"), "ERR_CONNECT")
      expect(error.message).toMatch(/certificate/)
      // Trying again would not help.
      expect(Date.now() - begun).toBeLessThan(2000)
    }
  })

  test("is refused where the certificate is another host's", async () => {
    const way = await gate.start({ to: db.server, host: "127.0.0.2" })
    try {
      const url = way.through(db.url)
      const { caFile } = db.server
      const error = await refused(
        db.open({}, verified(url, caFile)).getUser("nobody"),
        "ERR_CONNECT",
      )
      expect(error.message).toMatch(/certificate/)
      // Whose host does not matter under verify-ca.
      const byCa = `${url}?sslmode=verify-ca&sslrootcert=${encodeURIComponent(caFile)}`
      expect(await db.open({}, byCa).getUser("nobody")).toBeNull()
    } finally {
      await way.stop()
    }
  })

  test("lets the client's certificate in instead of a password", async () => {
    const { certifiedUrl, caFile, clientCert, clientKey } = db.server
    const ssl = {}
    for (const [name, file] of Object.entries({ ca: caFile, cert: clientCert, key: clientKey })) {
      ssl[name] = readFileSync(file, "utf8")
    }
    // It may look, but not create tables everywhere: that it was let in is what is tested.
    await expect(ping({ ssl }, certifiedUrl)).resolves.toBeUndefined()
    const files = { sslrootcert: caFile, sslcert: clientCert, sslkey: clientKey }
    const url = `${certifiedUrl}?sslmode=verify-full&${new URLSearchParams(files)}`
    await expect(ping({}, url)).resolves.toBeUndefined()
    await refused(ping({ ssl: { ca: ssl.ca } }, certifiedUrl), "ERR_CONNECT")
  })

  test("is agreed on without waiting for a delayed acknowledgement", async () => {
    // Without TCP_NODELAY every connection waits for one, 40 ms at least on Linux: vendor/README.md.
    let fastest = Infinity
    for (let attempt = 0; attempt < 50 && fastest >= 40; attempt += 1) {
      const adapter = db.open({ ssl: { rejectUnauthorized: false } })
      const begun = performance.now()
      await adapter.getUser("nobody")
      fastest = Math.min(fastest, performance.now() - begun)
      await adapter.close()
    }
    expect(fastest).toBeLessThan(40)
  })

  async function ping(options, url) {
    await db.open(options, url).ping()
  }

  test("says so where one of certificate and key is missing", async () => {
    const { caFile, clientCert } = db.server
    const ssl = { ca: caFile, cert: clientCert }
    await refused(db.open({ ssl }).getUser("nobody"), "ERR_CONFIG")
  })

  test("says so where a file of it is not there", async () => {
    const error = await refused(
      db.open({ ssl: { ca: "/nowhere/ca.crt" } }).getUser("nobody"),
      "ERR_CONNECT",
    )
    expect(error.message).toMatch(/TLS|certificate/)
  })

  if (db.name === "postgres") {
    test("is used where nothing was said, and not where it was forbidden", async () => {
      for (const [parameter, expected] of [
        ["", true],
        ["sslmode=prefer", true],
        ["sslmode=require", true],
        ["sslmode=disable", false],
      ]) {
        const adapter = db.open({ applicationName: `tls ${parameter}` }, `${db.url}?${parameter}`)
        await adapter.ping()
        const rows = await db.rows(
          `SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
           WHERE a.application_name = ?`,
          [`tls ${parameter}`],
        )
        expect(rows.length).toBeGreaterThan(0)
        for (const { ssl } of rows) expect(ssl).toBe(expected)
      }
    })
  }
})
