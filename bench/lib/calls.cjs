// What instructions.mjs counts: the calls of an adapter on a SQLite file, one after another.

"use strict"

const { SqlxAdapter } = require("../..")

const [file, more, calls] = process.argv.slice(2)
const FEW = 48
const expires = new Date(Date.now() + 86_400_000)

async function main() {
  const adapter = SqlxAdapter(`sqlite:${file}`)
  const { id: userId } = await adapter.createUser({ name: "Somebody", email: "a@example.com" })
  let made = 0
  const createSession = () =>
    adapter.createSession({ sessionToken: `session token number ${++made}`, userId, expires })
  const read = async (n) => {
    const found = await adapter.getSessionAndUser(`session token number ${1 + (n % FEW)}`)
    if (found?.user.id !== userId) throw new Error("this is not the session's user")
  }
  const times = (name) => (name === more ? FEW + Number(calls) : FEW)

  for (let n = 0; n < times("createSession"); n++) await createSession()
  for (let n = 0; n < times("sessionRead"); n++) await read(n)
  for (let n = 0; n < times("sessionReads16"); n += 16) {
    await Promise.all(Array.from({ length: 16 }, (_, i) => read(n + i)))
  }
  await adapter.close()
}

main()
