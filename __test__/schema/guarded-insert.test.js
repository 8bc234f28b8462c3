const { contract } = require("../support/contract")
const { refused } = require("../support/expectations")
const { makeUser, uniqueEmail } = require("../support/samples")

contract("tables in which nothing but the adapter keeps an address to one user", (db) => {
  test("and the database counts the ids: who comes second is given nobody else", async () => {
    const schema = {
      prefix: "counted_",
      ids: "serial",
      user: { columns: { email: { unique: false } } },
    }
    // One connection, which has inserted other rows before.
    const adapter = db.open({ schema, pool: { max: 1 } })
    const email = uniqueEmail()
    const ada = await makeUser(adapter, { email })
    const last = await makeUser(adapter)
    expect([ada.id, last.id]).toEqual(["1", "2"])
    await refused(adapter.createUser({ email, name: "Eve" }), "ERR_UNIQUE")
    await refused(adapter.updateUser({ id: last.id, email }), "ERR_UNIQUE")
    expect(await db.count("counted_users", "1 = ?", [1])).toBe(2)
    expect(await adapter.getUser(last.id)).toEqual(last)
    expect((await makeUser(adapter)).email).not.toBe(email)
  })
})
