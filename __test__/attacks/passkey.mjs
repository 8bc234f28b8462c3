// Attacks on passkeys, through the real core of Auth.js and the real verification of SimpleWebAuthn:
//
//   node passkey.mjs <database URL> <id of a credential whose account has lost its passkey>
//
// It prints what was seen, as JSON.

import Passkey from "@auth/core/providers/passkey"
import * as simpleWebAuthn from "@simplewebauthn/server"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { application, end, form, mailbox, unique, user } from "./application.mjs"
import { authenticator } from "./authenticator.mjs"

const [url, leftId] = process.argv.slice(2)
const adapter = SqlxAdapter(url)
/** Another server of the same application, or a program that imports users. */
const other = SqlxAdapter(url, { pool: { max: 2 } })

/** What happens before a function of the adapter is called, once. */
const before = new Map()
const observed = Object.fromEntries(
  Object.entries(adapter).map(([name, call]) => [
    name,
    async (...args) => {
      const first = before.get(name)
      before.delete(name)
      await first?.(...args)
      return call(...args)
    },
  ]),
)

const { provider: mail, askForLink } = mailbox()
const browser = application(() => ({
  adapter: observed,
  experimental: { enableWebAuthn: true },
  providers: [Passkey({ simpleWebAuthn }), mail],
}))

/** What the site asks of an authenticator; or the status of its refusal. */
async function options(visit, action, email) {
  const query = new URLSearchParams({ action, ...(email && { email }) })
  const response = await visit(`webauthn-options/passkey?${query}`)
  return response.status === 200 ? (await response.json()).options : response.status
}

async function answer(visit, action, credential) {
  const data = JSON.stringify(credential)
  return end(await visit("callback/passkey", await form(visit, { action, data })))
}

async function register(visit, key, email) {
  return answer(visit, "register", key.register(await options(visit, "register", email)))
}

async function signIn(visit, key, email) {
  return answer(
    visit,
    "authenticate",
    key.authenticate(await options(visit, "authenticate", email)),
  )
}

const address = () => `${unique("someone")}@example.com`
/** Somebody who has registered with a passkey: their user, address, key and browser. */
async function somebody() {
  const [visit, key, email] = [browser(), authenticator(), address()]
  await register(visit, key, email)
  return { visit, key, email, ...(await other.getUserByEmail(email)) }
}
/** What a person has to sign in with. */
async function ways(person) {
  const accounts = await other.listAccounts(person.id)
  return [accounts.length, (await other.listAuthenticatorsByUserId(person.id)).length]
}
const seen = {}

// A passkey registers a person, signs them in, and counts.
{
  const [visit, key, email] = [browser(), authenticator(), address()]
  seen.registered = [await register(visit, key, email), (await user(visit)) === email]
  const again = browser()
  seen.registered.push(await signIn(again, key, email), (await user(again)) === email)
  seen.registered.push((await other.getAuthenticator(key.id)).counter)
}

// Eve registers a passkey of hers under somebody's address.
{
  const ada = await somebody()
  const invited = await other.createUser({ email: address() })
  const eve = browser()
  seen.address = [
    await options(eve, "register", ada.email),
    await options(eve, "register", invited.email),
  ]

  // She has asked for it before they were there.
  const victim = address()
  const challenge = await options(eve, "register", victim)
  const [visit, key] = [browser(), authenticator()]
  await visit((await askForLink(visit, victim)).url)
  seen.address.push(await answer(eve, "register", key.register(challenge)), await user(eve))
  seen.address.push(await ways(await other.getUserByEmail(victim)))
}

// Both look whether the address is there, and then both insert it.
{
  const [ada, eve, email] = [browser(), browser(), address()]
  before.set("createUser", async () => {
    seen.race = [await register(ada, authenticator(), email), (await user(ada)) === email]
  })
  const ended = await register(eve, authenticator(), email)
  seen.race.push(ended, await user(eve))
  seen.race.push(await ways(await other.getUserByEmail(email)))
}

// Ada's user is inserted, her passkey is not linked yet, and eve says that she is ada.
{
  const [ada, eve, email] = [browser(), browser(), address()]
  const early = await options(eve, "register", email)
  before.set("linkAccount", async () => {
    const late = await options(browser(), "register", email)
    seen.inFlight = [
      late,
      await answer(eve, "register", authenticator().register(early)),
      await user(eve),
    ]
  })
  const ended = await register(ada, authenticator(), email)
  seen.inFlight.push(ended, (await user(ada)) === email)
  seen.inFlight.push(await ways(await other.getUserByEmail(email)))
}

// A user whom a crash has left over before their passkey was linked is taken over by nobody.
{
  const [eve, email] = [browser(), address()]
  const early = await options(eve, "register", email)
  const left = await other.createUser({ email })
  const key = authenticator()
  seen.leftOver = [
    await answer(eve, "register", key.register(early)),
    await user(eve),
    await ways(left),
  ]
  seen.leftOver.push(await other.getAuthenticator(key.id))
}

// The account is somebody else's at the last moment: the user that was made for it goes.
{
  const owner = await other.createUser({ email: address() })
  const [ada, email] = [browser(), address()]
  let id
  before.set("linkAccount", async ({ userId, ...account }) => {
    id = userId
    await other.linkAccount({ ...account, userId: owner.id })
  })
  seen.lost = [await register(ada, authenticator(), email), await user(ada)]
  seen.lost.push(await other.getUserByEmail(email), await other.getUser(id))
  seen.lost.push(await register(ada, authenticator(), email), (await user(ada)) === email)
  seen.lost.push((await other.getUserByEmail(email)).id === id)
}

// What went over the wire, cookies included, is sent again from elsewhere.
{
  const [ada, key, email] = [browser(), authenticator(), address()]
  const registration = key.register(await options(ada, "register", email))
  let cookies = new Map(ada.cookies)
  await answer(ada, "register", registration)
  let eve = browser("database", cookies)
  seen.replay = [await answer(eve, "register", registration), await user(eve)]

  const visit = browser()
  const assertion = key.authenticate(await options(visit, "authenticate", email))
  cookies = new Map(visit.cookies)
  seen.replay.push(await answer(visit, "authenticate", assertion), (await user(visit)) === email)
  eve = browser("database", cookies)
  seen.replay.push(await answer(eve, "authenticate", assertion), await user(eve))
  // Nor for a challenge of her own.
  eve = browser()
  await options(eve, "authenticate", email)
  seen.replay.push(await answer(eve, "authenticate", assertion), await user(eve))
  seen.replay.push(await ways(await other.getUserByEmail(email)))
}

// Eve's software says that its credential has the id of ada's, which is no secret.
{
  const ada = await somebody()
  const stored = await other.getAuthenticator(ada.key.id)
  const forged = authenticator(Buffer.from(ada.key.id, "base64"))
  let eve = browser()
  seen.credential = [await register(eve, forged, address()), await user(eve)]
  seen.credential.push(await signIn(browser(), forged, ada.email))
  // Also as somebody who is signed in.
  eve = (await somebody()).visit
  const before = await user(eve)
  seen.credential.push(await register(eve, forged), (await user(eve)) === before)
  const now = await other.getAuthenticator(ada.key.id)
  seen.credential.push(now.credentialPublicKey === stored.credentialPublicKey)
  seen.credential.push(now.userId === ada.id, await ways(ada))
  const again = browser()
  seen.credential.push(await signIn(again, ada.key, ada.email), (await user(again)) === ada.email)
}

// Or the id of one whose row somebody has deleted by hand: the account is still there.
{
  const left = await other.getUserByAccount({ provider: "passkey", providerAccountId: leftId })
  const forged = authenticator(Buffer.from(leftId, "base64"))
  const eve = browser()
  seen.left = [await register(eve, forged, address()), await user(eve), await ways(left)]
  seen.left.push(await signIn(browser(), forged, left.email))
}

// A passkey that is unlinked is gone, and its id is whoever's claims it, and opens nothing of ada's.
{
  const ada = await somebody()
  await other.unlinkAccount({ provider: "passkey", providerAccountId: ada.key.id })
  seen.unlinked = [await ways(ada), await signIn(browser(), ada.key, ada.email)]
  const forged = authenticator(Buffer.from(ada.key.id, "base64"))
  const [eve, email] = [browser(), address()]
  seen.unlinked.push(await register(eve, forged, email), (await user(eve)) === email)
  seen.unlinked.push(await ways(ada))
}

// The passkey cannot be stored at the last moment: nothing of it stays, and the person can try again.
{
  const refuse = (passkey) => {
    passkey.counter = -1
  }
  const [visit, email] = [browser(), address()]
  before.set("createAuthenticator", refuse)
  seen.unstored = [await register(visit, authenticator(), email), await user(visit)]
  seen.unstored.push(await other.getUserByEmail(email))
  seen.unstored.push(await register(visit, authenticator(), email), (await user(visit)) === email)
  const ada = await other.getUserByEmail(email)
  // Nor if it is a further one of somebody's who is signed in.
  before.set("createAuthenticator", refuse)
  seen.unstored.push(await register(visit, authenticator()), await ways(ada))
  seen.unstored.push(await register(visit, authenticator()), await ways(ada))
  seen.unstored.push((await user(visit)) === email)
}

// Or one that a database may take for the same: another by one letter's case.
{
  const ada = await somebody()
  const id = ada.key.id.replace(/[a-z]/i, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
  const alike = authenticator(Buffer.from(id, "base64"))
  const [eve, email] = [browser(), address()]
  seen.alike = [await signIn(browser(), alike, ada.email)]
  await register(eve, alike, email)
  seen.alike.push([null, email].includes(await user(eve)), await ways(ada))
  const again = browser()
  seen.alike.push(await signIn(again, ada.key, ada.email), (await user(again)) === ada.email)
}

await adapter.close()
await other.close()
console.log(JSON.stringify(seen))
