// Attacks on sign-ins that are not complete, through the real core of Auth.js:
//
//   node half-sign-in.mjs <database URL> <JSON: { id, email } of a user whom another program has inserted>
//
// It prints what was seen, as JSON.

import { createServer } from "node:http"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { application, end, form, mailbox, unique, user } from "./application.mjs"

const [url, imported] = process.argv.slice(2)
const adapter = SqlxAdapter(url)
/** Another server of the same application. */
const other = SqlxAdapter(url, { pool: { max: 2 } })

/** What happens between core's look at the account and its linking. */
let before = async () => {}
const withGap = {
  ...adapter,
  async linkAccount(account) {
    await before(account)
    return adapter.linkAccount(account)
  },
}

/** The provider: whoever asks is the person of the moment, whose address it takes their word for. */
let person
const provider = createServer((request, response) => {
  const answers = { "/token": { access_token: "a", token_type: "bearer" }, "/me": person }
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(answers[request.url]))
})
await new Promise((resolve) => provider.listen(0, "127.0.0.1", resolve))
const at = `http://127.0.0.1:${provider.address().port}`

const { provider: mail, askForLink } = mailbox()
const browser = application(() => ({
  adapter: withGap,
  providers: [
    {
      id: "house",
      name: "House",
      type: "oauth",
      issuer: at,
      clientId: "client",
      clientSecret: "secret",
      checks: ["state"],
      authorization: { url: `${at}/authorize`, params: { scope: "me" } },
      token: `${at}/token`,
      userinfo: `${at}/me`,
      profile: ({ id, name, email }) => ({ id, name, email }),
    },
    mail,
    {
      id: "password",
      name: "Password",
      type: "credentials",
      credentials: { email: {} },
      // A password is looked at by a query of the application's own.
      authorize: ({ email }) => other.getUserByEmail(email),
    },
  ],
}))

async function signIn(visit, who) {
  const sent = await visit("signin/house", await form(visit))
  const state = new URL(sent.headers.get("location")).searchParams.get("state")
  person = who
  return end(await visit(`callback/house?code=c&state=${encodeURIComponent(state)}`))
}

async function withPassword(visit, email) {
  return end(await visit("callback/password", await form(visit, { email })))
}

const someone = (email = `${unique("someone")}@example.com`) => ({
  id: unique("id"),
  name: "Somebody",
  email,
})
const accountsOf = async ({ id }) => (await other.listAccounts(id)).length
const seen = {}

// Who is invited, or imported, is there without an account, and eve's provider says that she is them.
async function attackOn(person) {
  const eve = browser()
  const told = [await signIn(eve, someone(person.email)), await user(eve)]
  told.push(await accountsOf(person))
  // The person comes in by the mail that only they get, and is the user that was there.
  const ada = browser()
  const mail = await askForLink(ada, person.email)
  told.push(mail.identifier === person.email, end(await ada(mail.url)))
  told.push((await user(ada)) === person.email)
  const verified = await other.getUserByEmail(person.email)
  told.push(verified.id === person.id, verified.emailVerified instanceof Date)
  return told
}
seen.invited = await attackOn(await other.createUser({ email: `${unique("invited")}@example.com` }))
seen.imported = await attackOn(JSON.parse(imported))

// Eve asks for a link to somebody's address: it goes there. Guessing does not take it from them.
{
  const email = `${unique("victim")}@example.com`
  const [eve, ada] = [browser(), browser()]
  const mail = await askForLink(eve, email)
  const guessed = new URL(mail.url)
  seen.link = []
  for (const token of [unique("guess"), "", "sha256:0"]) {
    guessed.searchParams.set("token", token)
    seen.link.push(end(await eve(guessed.href)))
  }
  seen.link.push(await user(eve), end(await ada(mail.url)), (await user(ada)) === email)
  seen.link.push(end(await eve(mail.url)), await user(eve))
}

// A sign-in in flight: ada's user is inserted, her account is not linked yet, and eve says that she is ada.
{
  const who = someone()
  const [ada, eve] = [browser(), browser()]
  before = async () => {
    before = async () => {}
    seen.inFlight = [await signIn(eve, someone(who.email)), await user(eve)]
  }
  const ended = await signIn(ada, who)
  seen.inFlight.push(ended, (await user(ada)) === who.email)
  const made = await other.getUserByEmail(who.email)
  seen.inFlight.push(await accountsOf(made))
  const account = { provider: "house", providerAccountId: who.id }
  seen.inFlight.push((await other.getUserByAccount(account)).id === made.id)
}

// The account is somebody else's at the last moment: the user that was made for it goes, and ada can sign in
// with her address by another way.
{
  const [who, owner] = [someone(), await other.createUser({ email: someone().email })]
  const take = async ({ userId, ...account }) => {
    before = async () => {}
    await other.linkAccount({ ...account, userId: owner.id })
  }
  before = take
  const ada = browser()
  seen.lost = [await signIn(ada, who), await user(ada), await other.getUserByEmail(who.email)]
  const mail = await askForLink(ada, who.email)
  seen.lost.push(end(await ada(mail.url)), (await user(ada)) === who.email)

  // One who has registered with a password moments ago, and has no row but the user's, stays.
  const registered = await adapter.createUser({ email: someone().email })
  const bob = browser("jwt")
  seen.password = [await withPassword(bob, registered.email)]
  before = take
  seen.password.push(await signIn(bob, someone()))
  seen.password.push((await other.getUser(registered.id))?.id === registered.id)
  seen.password.push(await accountsOf(registered))
}

// What somebody's address is worth to eve when they have a passkey.
{
  const victim = await adapter.createUser({ email: someone().email })
  await adapter.linkAccount({
    userId: victim.id,
    type: "webauthn",
    provider: "passkey",
    providerAccountId: unique("credential"),
  })
  const eve = browser()
  seen.passkey = [await signIn(eve, someone(victim.email)), await user(eve)]
  seen.passkey.push(await accountsOf(victim))
}

provider.close()
provider.closeAllConnections()
await adapter.close()
await other.close()
console.log(JSON.stringify(seen))
