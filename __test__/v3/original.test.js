// NextAuth 3 with TypeORM beside NextAuth 3 with this adapter, on one database that the original made:
// while both are in use each reads what the other wrote.

const { createHash } = require("node:crypto")
const { sleep } = require("../servers/run")
const { databases } = require("../support/databases")
const { uniqueEmail } = require("../support/samples")
const { blocks } = require("../types/blocks")
const { browser, startApp } = require("./browser")
const { onDatabase } = require("./legacy")
const { sqlite3, unavailable } = require("./sqlite3")
const { TYPEORM } = require("./typeorm")

jest.setTimeout(60_000)

for (const database of databases.filter(({ name }) => Object.hasOwn(TYPEORM, name))) {
  if (database.name === "sqlite") database.unavailable ??= unavailable
  onDatabase(database, "A database that TypeORM made", (place) => {
    const profile = { id: 583_231, name: "Octo", email: uniqueEmail("octo"), image: null }
    const octo = { user: { name: "Octo", email: profile.email, image: null } }
    const isMySql = ["mysql", "mariadb"].includes(database.name)
    let [original, ours] = []

    beforeAll(async () => {
      const config = TYPEORM[database.name](place.url)
      const typeorm = { adapter: "typeorm", database: { ...config, synchronize: true }, profile }
      const env = database.name === "sqlite" ? await sqlite3() : {}
      original = await startApp({ ...typeorm, env })
      // Its first request creates the tables.
      await browser().link(original, uniqueEmail())
      ours = await startApp({ adapter: "Default", database: config, profile })
    })
    afterAll(() => Promise.all([original?.stop(), ours?.stop()]))

    /** How far the server's zone is from UTC, in milliseconds: to the west it is less than none. */
    place.zone = async () => {
      const sql = "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS seconds"
      return Number((await place.rows(sql))[0].seconds) * 1000
    }

    const expectNoErrors = () => expect([original.errors, ours.errors]).toEqual([[], []])

    test("is served by ours with the sessions that are in it, and the other way round", async () => {
      const [one, other] = [browser(), browser()]
      await one.signIn(original)
      await other.signIn(ours)
      for (const user of [one, other]) {
        const seen = await user.session(original)
        expect(seen).toMatchObject(octo)
        const { expires, ...rest } = await user.session(ours)
        expect(rest).toEqual({ user: seen.user, accessToken: seen.accessToken })
        // TypeORM gives MySQL UTC for the time of the server's zone, and takes it back so: to the west
        // what it wrote lasts longer here, and what ours wrote ends earlier there.
        const zone = isMySql ? await place.zone() : 0
        expect(Date.parse(seen.expires) - Date.parse(expires)).toBe(zone)
      }
      expect(await place.rows("SELECT * FROM users WHERE name = ?", ["Octo"])).toHaveLength(1)
      await other.signOut(original)
      expect(await other.session(ours)).toEqual({})
      expectNoErrors()
    })

    test("has magic links that either takes, whoever sent them", async () => {
      for (const [sender, taker] of [
        [original, ours],
        [ours, original],
      ]) {
        const [ada, email] = [browser(), uniqueEmail()]
        const url = new URL(await ada.link(sender, email))
        await ada.follow(url.href.replace(url.origin, taker.origin))
        for (const app of [sender, taker]) {
          expect(await ada.session(app)).toMatchObject({ user: { email } })
        }
        expect(await ada.follow(url.href)).toContain("error=Verification")
      }
      expectNoErrors()
    })

    if (isMySql) {
      describe("on a server whose zone is not UTC", () => {
        const started = []
        afterAll(() => Promise.all(started.map((app) => app.stop())))

        /** One more application, whose links end so soon. */
        async function start(options, seconds) {
          const config = TYPEORM[database.name](place.url)
          const env = { LINK_MAX_AGE: String(seconds) }
          const app = await startApp({ database: config, ...options, env })
          started.push(app)
          return app
        }

        const taken = async (url, app) => {
          const ada = browser()
          await ada.follow(url.replaceAll(new URL(url).origin, app.origin))
          return ada.token !== undefined
        }

        test("ends a short link of ours for the original, and that of the original later here", async () => {
          const zone = await place.zone()
          const short = await start({ adapter: "Default" }, 100)
          const url = await browser().link(short, uniqueEmail())
          expect(await taken(url, original)).toBe(zone >= 0)

          const soon = await start({ adapter: "typeorm" }, 1)
          const theirs = await browser().link(soon, uniqueEmail())
          await sleep(1_100)
          expect(await taken(theirs, ours)).toBe(zone < 0)
        })

        test("has the original's dates put right by what the page says", async () => {
          const ada = browser()
          await ada.signIn(original)
          const { expires } = await ada.session(original)
          // As v3 is not stopped, the others' sessions are of no interest.
          await place.execute("DELETE FROM sessions WHERE session_token <> ?", [ada.token])
          const [{ text }] = blocks().filter(
            ({ document, language }) => document === "docs/nextauth-v3.md" && language === "sql",
          )
          const statements = text.split(";").filter((statement) => statement.trim() !== "")
          expect(statements).toHaveLength(2)
          for (const statement of statements) await place.execute(statement)
          expect((await ada.session(ours)).expires).toBe(expires)
        })
      })
    }

    test("has rows that are alike, whoever wrote them", async () => {
      const [theirs, own] = [browser(), browser()]
      const emails = [uniqueEmail(), uniqueEmail()]
      await theirs.follow(await theirs.link(original, emails[0]))
      await own.follow(await own.link(ours, emails[1]))
      const shape = async (table, where, value) => {
        const rows = await place.rows(`SELECT * FROM ${table} WHERE ${where} = ?`, [value])
        return rows.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [
              name,
              value === null || name !== "expires" || value instanceof Date
                ? value?.constructor.name
                : value.replace(/\d/g, "0"),
            ]),
          ),
        )
      }
      expect(await shape("users", "email", emails[1])).toEqual(
        await shape("users", "email", emails[0]),
      )
      expect(await shape("sessions", "session_token", own.token)).toEqual(
        await shape("sessions", "session_token", theirs.token),
      )
      const [account] = await place.rows("SELECT * FROM accounts")
      const digest = createHash("sha256").update("mock:583231").digest("hex")
      expect(account.compound_id).toBe(digest)
    })
  })
}
