// Moves from another package's adapter to ours, with both in use: `node move.mjs <SQLite URL>`. It
// prints what was seen, as JSON.

import { setTimeout as sleep } from "node:timers/promises"
import { UnstorageAdapter } from "@auth/unstorage-adapter"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { mirror } from "next-auth-sqlx-adapter/compose"
import { createStorage } from "unstorage"

const before = UnstorageAdapter(createStorage())
const ours = SqlxAdapter(process.argv[2])
const old = []
const expires = new Date(Date.now() + 3_600_789)

const moving = mirror(before, ours, { compareReads: true })
const { id } = await moving.createUser({ name: "Ada", email: "ada@example.com" })
await moving.updateUser({ id, name: "Ada King" })
const account = { userId: id, type: "oauth", provider: "house", providerAccountId: "ada-1" }
await moving.linkAccount(account)
await moving.createSession({ sessionToken: "s", userId: id, expires })
await moving.updateSession({ sessionToken: "s", expires: new Date(expires.getTime() + 1000) })
const token = { identifier: "ada@example.com", token: "t", expires }
await moving.createVerificationToken(token)
await moving.useVerificationToken(token)
await moving.getUserByAccount(account)
await moving.getSessionAndUser("s")
await ours.getSessionAndUser("s")
await sleep(100)
const counts = moving.differences()

const stranger = await before.createUser({ name: "Eve", email: "eve@example.com" })
const comparing = mirror(before, ours, {
  compareReads: true,
  onDifference: (difference) => old.push(difference),
})
await comparing.getUser(stranger.id)
while (old.length === 0) await sleep(5)

const exchanged = mirror(ours, before)
const after = await exchanged.getSessionAndUser("s")
await exchanged.createSession({ sessionToken: "s2", userId: id, expires })
const back = await before.getSessionAndUser("s2")

const seen = { user: await ours.getUser(id), account, counts, old, after, back }
seen.session = (await ours.getSessionAndUser("s")).session
await exchanged.close()
console.log(JSON.stringify(seen))
