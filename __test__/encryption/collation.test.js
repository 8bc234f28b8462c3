const { SqlxAdapter } = require("../..")
const { create } = require("../presets/presets")
const { databases, describeOn } = require("../support/databases")
const { newKey } = require("../support/envelope")
const { refused } = require("../support/expectations")
const { makeAccount, makeUser } = require("../support/samples")

jest.setTimeout(60_000)

for (const name of ["mysql", "mariadb"]) {
  const database = databases.find((one) => one.name === name)
  describeOn(name)(`a table that takes different account ids for the same (${name})`, () => {
    const encryption = { keys: [newKey("a")] }

    test.each([[false], [encryption]])("gives no account another's tokens (%#)", async (option) => {
      const place = await database.fresh()
      await create("prisma", name, place)
      const adapter = SqlxAdapter(place.url, { schema: "prisma", encryption: option })
      const user = await makeUser(adapter)
      const lower = { providerAccountId: "abc", access_token: "hers" }
      const account = await makeAccount(adapter, user.id, lower)
      const before = await place.rows("SELECT * FROM Account")
      for (const values of [
        { providerAccountId: "ABC", access_token: "another" },
        { providerAccountId: "abc", provider: "GitHub", access_token: "another" },
      ]) {
        await refused(makeAccount(adapter, user.id, values), "ERR_UNIQUE")
        expect(await place.rows("SELECT * FROM Account")).toEqual(before)
      }
      expect(await adapter.listAccounts(user.id)).toStrictEqual([account])
      const fresh = { ...account, access_token: "fresh" }
      expect(await adapter.linkAccount(fresh)).toStrictEqual(fresh)
      await adapter.close()
      await place.drop()
    })
  })
}
