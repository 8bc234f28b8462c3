// Moves from @auth/kysely-adapter's tables to ours and back while people sign in:
//
//   node live-move.mjs <PostgreSQL URL of its tables> <URL of ours> <file for the journal>
//
// The steps are those of docs/compose.md. Each call is noted in the journal, as the checker of the
// fault harness reads it. It prints what was seen, as JSON.

import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { openSync, writeSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { KyselyAdapter } from "@auth/kysely-adapter"
import { Kysely, PostgresDialect } from "kysely"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { mirror } from "next-auth-sqlx-adapter/compose"
import pg from "pg"

const [theirUrl, ourUrl, file] = process.argv.slice(2)
const LANES = 4
const SEEDS = 200
const STAGE = 800

const pool = new pg.Pool({ connectionString: theirUrl, max: 10 })
const theirs = KyselyAdapter(new Kysely({ dialect: new PostgresDialect({ pool }) }))
const ours = SqlxAdapter(ourUrl)
/** Their tables, with the ids that it is given. */
const kept = SqlxAdapter(theirUrl, { schema: "kysely" })

const journal = openSync(file, "a")
const note = (line) => writeSync(journal, `${JSON.stringify(line)}\n`)
const seen = { wrong: [], signIns: 0, reads: 0, signOuts: 0, deletions: 0, copies: [] }

/** What the application uses now, and its calls that are under way. */
let adapter = theirs
const underWay = new Set()

async function call(operation, ...args) {
  note({ begun: operation, args })
  const calling = adapter[operation](...args)
  underWay.add(calling)
  try {
    const answer = await calling
    note({ done: operation, args, answer })
    return answer
  } catch (error) {
    note({ refused: operation, args, code: error.code ?? String(error) })
    seen.wrong.push(`${operation} was refused: ${error.code ?? error}`)
    throw error
  } finally {
    underWay.delete(calling)
  }
}

/** As when the last process of before has ended. */
async function change(to) {
  adapter = to
  await Promise.allSettled(underWay)
}

const later = (hours = 1) => new Date(Date.now() + hours * 3_600_000)

async function signUp() {
  const given = randomUUID()
  const user = { id: given, name: "Ada", email: `${given}@example.com`, emailVerified: null }
  // Theirs makes an id of its own.
  const { id } = await call("createUser", user)
  const account = { userId: id, type: "oauth", provider: "house", providerAccountId: id }
  await call("linkAccount", account)
  return { id, email: user.email, account }
}

async function signIn({ id }) {
  const sessionToken = randomUUID()
  await call("createSession", { sessionToken, userId: id, expires: later() })
  seen.signIns += 1
  return sessionToken
}

/** A session that is there is its owner's; one that has ended is nobody's. */
async function look({ id, email, account }, token, ended) {
  const found = await adapter.getSessionAndUser(token)
  seen.reads += 1
  if (ended && found) seen.wrong.push("a session was back after its deletion")
  if (!ended && found?.user.email !== email) seen.wrong.push("somebody was signed out")
  if (!ended && (await adapter.getUserByAccount(account))?.id !== id) {
    seen.wrong.push("an account does not lead to its user")
  }
}

let over = false

/** Somebody who was there before, or comes now, does what people do. */
async function visit(person) {
  const token = person.token ?? (await signIn(person))
  await look(person, token, false)
  await call("updateUser", { id: person.id, emailVerified: new Date() })
  await call("updateSession", { sessionToken: token, expires: later(2) })
  const another = await signIn(person)
  await call("deleteSession", another)
  seen.signOuts += 1
  await look(person, another, true)
  await look(person, token, false)
  if (Math.random() < 0.3) {
    await call("deleteSession", token)
    seen.signOuts += 1
    await look(person, token, true)
    ended.push({ person, token })
  }
  if (Math.random() < 0.1) {
    await call("deleteUser", person.id)
    seen.deletions += 1
    await look(person, token, true)
  }
}

const ended = []
const people = await Promise.all(
  Array.from({ length: SEEDS }, async () => {
    const person = await signUp()
    return { ...person, token: await signIn(person) }
  }),
)
/** Nobody touches these: they are those who are away while it happens. */
const away = people.splice(0, SEEDS / 4)

const lanes = Array.from({ length: LANES }, async () => {
  while (!over) {
    await visit(people.length > 0 && Math.random() < 0.5 ? people.pop() : await signUp())
    if (ended.length > 0) {
      const { person, token } = ended[Math.floor(Math.random() * ended.length)]
      await look(person, token, true)
    }
  }
}).map((lane) => lane.catch((error) => seen.wrong.push(String(error))))

/** The command, while people go on. */
function copy() {
  const cli = fileURLToPath(import.meta.resolve("next-auth-sqlx-adapter/package.json"))
  const command = [cli.replace(/package\.json$/, "cli.js"), "copy", "--from", theirUrl]
  command.push("--from-schema", "kysely", "--to", ourUrl, "--json")
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, stdout) => {
      const { models, reasons } = JSON.parse(stdout || "{}")
      resolve({ status: error ? error.code : 0, models, reasons })
    })
  })
}

/** Those who are away are the same in both. */
async function compare(primary, secondary) {
  const comparing = mirror(primary, secondary, { compareReads: true })
  for (const { id, email, account, token } of away) {
    await comparing.getUser(id)
    await comparing.getUserByEmail(email)
    await comparing.getUserByAccount(account)
    await comparing.getSessionAndUser(token)
  }
  await sleep(200)
  return comparing.differences()
}

// 1. Writes go to both.
await sleep(STAGE / 2)
const moving = mirror(theirs, ours, { copying: true })
await change(moving)
// 2. What was there before is copied, and what was written meanwhile brought into line.
for (let n = 0; n < 2; n += 1) seen.copies.push(await copy())
seen.settled = await moving.settle()
seen.duringCopy = moving.differences()
// 3. Nothing differs.
seen.compared = await compare(theirs, ours)
// 4. Reads come from ours.
const moved = mirror(ours, kept)
await change(moved)
await sleep(STAGE)
seen.moved = moved.differences()
// 5. And back.
const back = mirror(theirs, ours)
await change(back)
await sleep(STAGE)
over = true
await Promise.all(lanes)
for (const { person, token } of ended) await look(person, token, true)
for (const person of away) await look(person, person.token, false)
seen.back = back.differences()
seen.comparedBack = await compare(theirs, ours)
seen.findings = await ours.check()
await Promise.all([ours.close(), kept.close()])
await pool.end()
console.log(JSON.stringify(seen))
