const { ask } = require("../support/child")
const { onServers } = require("../support/on-servers")
const { unique } = require("../support/samples")

/** The servers of these tests live in yet another zone, America/St_Johns. */
const ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Europe/Berlin"]

/** Instants that one of the zones has not, or has twice: clocks are put forward and back then. */
const INSTANTS = [
  "2024-03-31T00:59:59.999Z",
  "2024-03-31T01:00:00.000Z",
  "2024-03-31T01:30:00.001Z",
  "2024-10-27T00:30:00.123Z",
  "2024-10-27T01:30:00.123Z",
  "2024-03-10T07:30:00.500Z",
  "2024-11-03T05:30:00.500Z",
  "2024-11-03T06:30:00.500Z",
  "2024-03-10T05:31:00.007Z",
  "2024-11-03T03:45:00.007Z",
  "2011-12-30T12:00:00.000Z",
  "2026-01-01T00:00:00.000Z",
  "2038-01-19T03:14:08.001Z",
]

onServers("an instant written under one time zone", (db) => {
  test("of the client is read the same under every other", async () => {
    const url = JSON.stringify(db.url)
    const ids = new Map()
    for (const TZ of ZONES) {
      const users = INSTANTS.map((text) => [unique("user"), text])
      for (const [id, text] of users) ids.set(id, text)
      const offset = await ask(
        `const adapter = SqlxAdapter(${url})
         Promise.all(${JSON.stringify(users)}.map(([id, text]) =>
           adapter.createUser({ id, emailVerified: new Date(text) })))
           .then(() => adapter.close())
           .then(() => say(new Date(2024, 0, 1).getTimezoneOffset()))`,
        { env: { TZ } },
      )
      expect(offset === 0).toBe(TZ === "UTC")
    }

    for (const TZ of ZONES) {
      const read = await ask(
        `const adapter = SqlxAdapter(${url})
         Promise.all(${JSON.stringify([...ids.keys()])}.map((id) => adapter.getUser(id)))
           .then((found) => found.map((user) => user.emailVerified.toISOString()))
           .then((texts) => adapter.close().then(() => say(texts)))`,
        { env: { TZ } },
      )
      expect(read).toEqual([...ids.values()])
    }
  })

  test("is what the server itself calls it, in its own zone", async () => {
    const instant = new Date("2024-07-01T12:34:56.789Z")
    const id = unique("user")
    const adapter = db.open()
    await adapter.createUser({ id, emailVerified: instant })
    const [row] =
      db.name === "postgres"
        ? await db.rows(
            `SELECT round(extract(epoch FROM email_verified) * 1000)::text AS ms,
             (email_verified AT TIME ZONE 'America/St_Johns')::text AS there
             FROM users WHERE id = ?`,
            [id],
          )
        : await db.rows(
            `SELECT timestampdiff(microsecond, '1970-01-01', email_verified) DIV 1000 AS ms,
             CAST(convert_tz(email_verified, '+00:00', '-02:30') AS CHAR) AS there
             FROM users WHERE id = ?`,
            [id],
          )
    expect(Number(row.ms)).toBe(instant.getTime())
    expect(row.there).toMatch(/^2024-07-01 10:04:56\.789/)
  })

  test("of the database's clock, as rows get it by default, is the same instant", async () => {
    const id = unique("user")
    const before = Date.now()
    await db.open().createUser({ id })
    const [row] = await db.rows("SELECT created_at FROM users WHERE id = ?", [id])
    const made =
      row.created_at instanceof Date
        ? row.created_at.getTime()
        : Date.parse(`${row.created_at.replace(" ", "T")}Z`)
    expect(made).toBeGreaterThanOrEqual(before - 2000)
    expect(made).toBeLessThanOrEqual(Date.now() + 2000)
  })
})
