const fs = require("node:fs")
const path = require("node:path")
const { SqlxAdapter } = require("../..")
const { databases, describeOn } = require("../support/databases")
const { create } = require("../presets/presets")
const { ago, makeSession, makeUser } = require("../support/samples")
const { freshFolder, root, run } = require("../package/project")

jest.setTimeout(60_000)

const { DATABASE_URL: _, AUTH_DATABASE_URL: __, ...environment } = process.env

let folder

beforeAll(() => {
  folder = freshFolder()
})

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const command = (args, env = {}) =>
  run(process.execPath, [path.join(root, "cli.js"), ...args], {
    cwd: folder,
    env: { ...environment, ...env },
  })

for (const database of databases.filter(({ name }) => ["sqlite", "postgres"].includes(name))) {
  describeOn(database.name)(`the command (${database.name})`, () => {
    let place
    let env

    beforeEach(async () => {
      place = await database.fresh()
      env = { AUTH_DATABASE_URL: place.url }
    })

    afterEach(() => place.drop())

    test("check finds an empty database, migrate makes the tables, and check is content", async () => {
      const before = await command(["check"], env)
      expect(before.code).toBe(1)
      expect(before.stdout).toMatch(/^error users missing_table\n/)
      const planned = await command(["migrate", "--dry-run"], env)
      expect([planned.code, planned.stderr]).toEqual([0, ""])
      expect(planned.stdout).toMatch(/statements would be run\.\n$/)
      const migrated = await command(["migrate"], env)
      expect([migrated.code, migrated.stderr]).toEqual([0, ""])
      expect(migrated.stdout.replace(/\n.*\n$/, "")).toBe(planned.stdout.replace(/\n.*\n$/, ""))
      const after = await command(["check"], env)
      expect([after.code, after.stdout]).toEqual([
        0,
        "The tables are as the adapter expects them.\n",
      ])
    })

    test("a foreign key that is missing is a warning, with the statement where there is one", async () => {
      await create("typeorm-v3", database.name, place)
      const checked = await command(["check", "--schema", "typeorm-v3"], env)
      expect([checked.code, checked.stderr]).toEqual([0, ""])
      const [, warning] = checked.stdout.split(
        /^(?=warning sessions\.user_id missing_foreign_key$)/m,
      )
      const lines = warning.split("\n")
      expect(lines[1]).toMatch(/^ {2}no foreign key ties it to users\.id: /)
      const add =
        '    ALTER TABLE "sessions" ADD FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE;'
      expect(lines[2] === add).toBe(database.name === "postgres")
      const migrated = await command(["migrate", "--dry-run", "--schema", "typeorm-v3"], env)
      expect([migrated.code, migrated.stdout.includes("FOREIGN KEY")]).toEqual([0, false])
    })

    test("--json prints one value", async () => {
      const adapter = SqlxAdapter(place.url)
      const user = await makeUser(adapter)
      await makeSession(adapter, user.id, { expires: ago() })
      await adapter.close()
      const cleaned = await command(["cleanup", "--json"], env)
      expect([cleaned.code, JSON.parse(cleaned.stdout)]).toEqual([
        0,
        { sessions: 1, verificationTokens: 0 },
      ])
      const checked = await command(["check", "--json"], env)
      expect([checked.code, JSON.parse(checked.stdout)]).toEqual([0, []])
      const pinged = await command(["ping", "--json", "--url", place.url])
      expect(JSON.parse(pinged.stdout)).toEqual({
        database: database.kind,
        milliseconds: expect.any(Number),
      })
    })

    test("takes the adapter's options from a file, and the address from another", async () => {
      fs.writeFileSync(path.join(folder, "options.json"), '{ "schema": { "prefix": "auth_" } }')
      fs.writeFileSync(
        path.join(folder, "options.mjs"),
        'export default { schema: { prefix: "auth_" } }\n',
      )
      fs.writeFileSync(path.join(folder, ".env.local"), `AUTH_DATABASE_URL="${place.url}"\n`)
      const made = await command(["migrate", "--options", "options.json", "--dotenv", ".env.local"])
      expect([made.code, made.stderr]).toEqual([0, ""])
      expect(made.stdout).toContain("auth_users")
      const checked = await command(["check", "--options", "options.mjs"], env)
      expect([checked.code, checked.stderr]).toEqual([0, ""])
    })
  })
}

describe("a mistake", () => {
  test.each([
    [[], 2, /^$/],
    [
      ["chekc"],
      2,
      /no command "chekc": there are ping, check, migrate, cleanup, rekey, sql, copy, init/,
    ],
    [["check", "--ulr", "x"], 2, /Unknown option '--ulr'/],
    [["check", "twice"], 2, /"twice" is one argument too many/],
    [["cleanup", "--dry-run"], 2, /--dry-run is for migrate, rekey, copy, init/],
    [["check", "--decrypt"], 2, /--decrypt is for rekey/],
    [["rekey"], 2, /AUTH_ENCRYPTION_KEYS is not set/],
    [["check", "--schema", "prisam"], 2, /did you mean "prisma"/],
    [["check", "--options", "nowhere.json"], 2, /--options nowhere.json cannot be read/],
    [["check", "--dotenv", "nowhere"], 2, /--dotenv nowhere cannot be read: ENOENT/],
    [["ping", "--url", "postgres://app:hunter2@127.0.0.1:1/x"], 3, /^ERR_CONNECT: .*refused/],
  ])("%j is told in a sentence", async (args, code, message) => {
    const said = await command(args)
    expect(said.code).toBe(code)
    expect(said.stderr).toMatch(message)
    expect(said.stderr).not.toMatch(/\n\s+at |hunter2/)
  })

  test.each(["ping", "check", "migrate", "cleanup", "rekey", "sql", "copy", "init"])(
    "%s --help names options that it takes, and examples",
    async (name) => {
      const help = await command([name, "--help"])
      expect([help.code, help.stderr]).toEqual([0, ""])
      expect(help.stdout).toMatch(`Usage: npx next-auth-sqlx-adapter ${name} `)
      const named = [...help.stdout.matchAll(/^ {2}--([\w-]+)(.*)/gm)]
      const given = named
        .filter(([, option]) => option !== "dotenv")
        .flatMap(([, option, rest]) => [`--${option}`, ...(/^ [A-Z]+ /.test(rest) ? ["x"] : [])])
      // An option that is another command's is refused before the file is looked for.
      const { stderr } = await command([name, ...given, "--dotenv", "nowhere"])
      expect(stderr).toMatch(/^--dotenv nowhere cannot be read/)
      const examples = [...help.stdout.matchAll(/^ {2}npx next-auth-sqlx-adapter (.*)$/gm)]
      expect(examples.length).toBeGreaterThan(0)
      for (const [, example] of examples) expect(example).toMatch(new RegExp(`^${name}\\b`))
    },
  )

  test("--help says what there is, and --version which one it is", async () => {
    const help = await command(["--help"])
    expect([help.code, help.stderr]).toEqual([0, ""])
    for (const word of ["ping", "check", "migrate", "cleanup", "--json", "Exit status"]) {
      expect(help.stdout).toContain(word)
    }
    const { version } = require("../../package.json")
    expect((await command(["--version"])).stdout).toBe(`${version}\n`)
  })
})
