// A naming strategy, a prefix and models of the application's own, on each kind of database: what they
// name is where it is, as another program reads it.

const Adapters = require("../../v3.js").default
const { uniqueEmail } = require("../support/samples")
const { appOptions, kinds, onDatabase } = require("./legacy")

const { Models } = Adapters.TypeORM

/** TypeORM's own default: names as they are in the code. */
const namingStrategy = {
  tableName: (className, customName) => customName ?? className.toLowerCase(),
  columnName: (property, customName) => customName ?? property,
  prefixTableName: (prefix, name) => `${prefix}_${name}`,
}

class Member extends Models.User.model {
  constructor(profile) {
    super(profile)
    this.phoneNumber = profile?.phoneNumber
  }
}
const columns = {
  ...Models.User.schema.columns,
  phoneNumber: { type: "varchar", nullable: true },
  logins: { type: "int", default: 1 },
  joinedAt: { type: "timestamp", nullable: true },
}
const models = { User: { model: Member, schema: { name: "Member", target: Member, columns } } }

for (const database of kinds) {
  onDatabase(database, "names and models of one's own", (place) => {
    const quoted = (name) => (place.name === "mysql" ? `\`${name}\`` : `"${name}"`)

    test("are where they are said to be", async () => {
      const config = { url: place.url, synchronize: true, entityPrefix: "app" }
      place.adapter = Adapters.Default(config, { models, namingStrategy })
      const v3 = await place.adapter.getAdapter(appOptions())
      const email = uniqueEmail()
      const user = await v3.createUser({ id: 7, name: "Ada", email, phoneNumber: "+44 20" })
      expect(user).toBeInstanceOf(Member)
      expect(user).toMatchObject({ phoneNumber: "+44 20", logins: 1, joinedAt: null })
      const joinedAt = new Date(1_700_000_000_789)
      expect(await v3.updateUser({ ...user, joinedAt, logins: 2 })).toMatchObject({ joinedAt })
      await v3.linkAccount(user.id, "github", "oauth", 9, undefined, "access", null)
      expect((await v3.getUserByProviderAccountId("github", 9)).joinedAt).toEqual(joinedAt)

      const [row] = await place.rows(`SELECT * FROM ${quoted("app_member")}`)
      expect(row).toMatchObject({ name: "Ada", email, phoneNumber: "+44 20", logins: 2 })
      const [account] = await place.rows(`SELECT * FROM ${quoted("app_account")}`)
      expect(account).toMatchObject({ providerId: "github", providerAccountId: "9" })
    })
  })
}
