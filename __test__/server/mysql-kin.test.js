const gate = require("../servers/gate")
const { refused } = require("../support/expectations")
const { onServers } = require("../support/on-servers")
const { makeUser, uniqueEmail } = require("../support/samples")

/** What TiDB answers where a transaction is to be serializable: https://docs.pingcap.com/tidb/stable/error-codes */
const NO_SERIALIZABLE = 8048

const COM_QUERY = 3

/** The statement of a packet of MySQL's protocol; nothing, if it is another command. */
function statementOf(bytes) {
  return bytes[4] === COM_QUERY ? bytes.subarray(5).toString() : ""
}

/** An error as MySQL's protocol has it: its length, its place in the exchange, the number, a state, the text. */
function errorPacket(number, text) {
  const body = Buffer.concat([
    Buffer.from([0xff, number & 0xff, number >> 8]),
    Buffer.from(`#HY000${text}`),
  ])
  return Buffer.concat([Buffer.from([body.length & 0xff, body.length >> 8, 0, 1]), body])
}

// A MySQL that refuses what TiDB refuses, with its number. TiDB itself could not be had.
onServers(
  "a server without serializable transactions",
  (db) => {
    let way
    let met = 0
    let lacking = []

    beforeAll(async () => {
      // Over TLS, after which the server takes the password without: what passes the gate has to be read.
      await db.open().ping()
      way = await gate.start({
        to: db.server,
        answer(bytes) {
          const sql = statementOf(bytes)
          if (sql.includes("ISOLATION LEVEL SERIALIZABLE")) {
            met += 1
            return errorPacket(
              NO_SERIALIZABLE,
              "The isolation level 'SERIALIZABLE' is not supported",
            )
          }
          if (!lacking.some((word) => sql.includes(word))) return undefined
          return errorPacket(1305, "FUNCTION does not exist")
        },
      })
    })

    beforeEach(() => {
      met = 0
      lacking = []
    })

    afterAll(() => way.stop())

    /** Tables in which nothing but the adapter keeps an address to one user. */
    const open = () => {
      const schema = { user: { columns: { email: { unique: false } } } }
      return db.open({ schema, ssl: false }, way.through(db.url))
    }

    test("keeps an address to one user all the same, whoever else asks for it", async () => {
      const adapters = [open(), open()]
      for (let round = 0; round < 10; round += 1) {
        const email = uniqueEmail()
        const calls = Array.from({ length: 16 }, (_, n) =>
          adapters[n % 2].createUser({ email, name: `Caller ${n}` }),
        )
        const settled = await Promise.allSettled(calls)
        const made = settled.filter(({ status }) => status === "fulfilled")
        const codes = settled.flatMap(({ reason }) => (reason ? [reason.code] : []))
        expect([made.length, codes]).toEqual([1, Array(15).fill("ERR_UNIQUE")])
        const rows = await db.rows("SELECT id FROM users WHERE email = ?", [email])
        expect(rows).toEqual([{ id: made[0].value.id }])
      }
      expect(met).toBeGreaterThan(0)
      const [one, other] = [await makeUser(adapters[0]), await makeUser(adapters[0])]
      await refused(adapters[0].updateUser({ id: one.id, email: other.email }), "ERR_UNIQUE")
      const email = uniqueEmail()
      expect((await adapters[0].updateUser({ id: one.id, email })).email).toBe(email)
      // No lock is left.
      const [{ locks }] = await db.rows(
        "SELECT count(*) AS locks FROM performance_schema.metadata_locks WHERE object_name LIKE '% keys'",
      )
      expect(Number(locks)).toBe(0)
    })

    test("that has no named locks either says so, and has made nobody", async () => {
      const adapter = open()
      await adapter.ping()
      lacking = ["GET_LOCK"]
      const email = uniqueEmail()
      const error = await adapter.createUser({ email }).catch((error) => error)
      expect(error.cause).toMatchObject({ code: "8048" })
      expect(await db.rows("SELECT id FROM users WHERE email = ?", [email])).toEqual([])
    })
  },
  ["mysql"],
)
