// The rounds of one database: in each of them everybody has a turn, in a process of their own.

import { peersOf } from "../peers/index.mjs"
import { schemaOf } from "../schemas/index.mjs"
import { emailOf, tokenOf } from "./data.mjs"
import { run } from "./process.mjs"
import { countMade, removeMade, seed } from "./seed.mjs"

const HOUR = 3_600_000

/** Enough for all connections and statements, few enough for the slowest. */
const READS_FOR_MEMORY = 2000

/**
 * @returns {Promise<object>} by peer: `{ title, kind, driver, unavailable?, cells, delay, cold,
 * memory }`, each a list with one entry a round
 */
export async function measure(database, server, options) {
  const { rounds, users, say, unavailable } = options
  const base = Math.floor(Date.now() / HOUR) * HOUR
  const results = {}
  const taking = []
  for (const peer of peersOf(database, options.peers)) {
    const result = {
      title: peer.title,
      kind: peer.kind,
      driver: peer.drivers?.[database],
      cells: {},
      delay: [],
      cold: [],
      memory: [],
    }
    results[peer.id] = result
    const why = unavailable[peer.id]
    const turn = { peer, result }
    try {
      if (why) throw new Error(why)
      const begun = Date.now()
      await prepare(database, server, turn, { users, base })
      taking.push(turn)
      say(`${peer.id} has its ${users} users (${seconds(begun)})`)
    } catch (error) {
      giveUp(turn, error, say)
    }
  }

  for (let round = 1; round <= rounds; round++) {
    // Everybody begins a round once in a while.
    const turns = taking.filter(({ result }) => !result.unavailable)
    const first = turns.length ? (round - 1) % turns.length : 0
    for (const turn of [...turns.slice(first), ...turns.slice(0, first)]) {
      const begun = Date.now()
      try {
        await takeTurn(database, turn, { ...options, base })
        say(
          `round ${round} of ${rounds}, ${turn.peer.id} ${shown(turn.result)} (${seconds(begun)})`,
        )
      } catch (error) {
        giveUp(turn, error, say)
      }
    }
  }
  return results
}

async function prepare(database, server, turn, data) {
  const { peer } = turn
  turn.place = await server.place(`bench_${peer.id.replaceAll("-", "_")}`)
  turn.schema = peer.schema && schemaOf(peer.schema, database)
  if (!turn.schema) return
  const { ddl } = turn.schema
  if (ddl) {
    await turn.place.withAdmin(async (admin) => {
      for (const statement of ddl) await admin.execute(statement)
    })
  } else {
    const task = { database, place: turn.place.at, module: peer.module, pool: 1 }
    await run(peer, "prepare", task, () => {})
  }
  await seed(turn.place, turn.schema, { count: data.users, base: data.base })
}

async function takeTurn(database, turn, options) {
  const { peer, result, place, schema } = turn
  const { users, base, pool, milliseconds } = options
  const { module, driver, numericIds } = peer
  const peerTask = {
    database,
    place: place.at,
    module,
    driver,
    pool,
    count: users,
    base,
    numericIds,
  }

  const isWhole = !peer.work || peer.kind === "nothing"
  for (let i = 0; isWhole && i < options.cold; i++) {
    const n = Math.floor(Math.random() * users)
    const who = { token: tokenOf(n), email: emailOf(n) }
    const reads = i === 0 && peer.kind !== "nothing" ? READS_FOR_MEMORY : 0
    await run(peer, "cold", { ...peerTask, ...who, reads }, (cold) => {
      result.cold.push(cold)
      if (cold.memoryAfterReads) result.memory.push(cold.memoryAfterReads)
    })
  }

  const cells = options.cells.filter(({ kind }) => !peer.work || peer.work.includes(kind))
  const delay = isWhole && options.delay
  if (cells.length === 0 && !delay) return
  const warmUp = Math.max(50, Math.round(milliseconds / 3))
  const task = { ...peerTask, cells, delay, milliseconds, warmUp }
  let made
  await run(peer, "worker", task, (message) => {
    if (message.cell) {
      result.cells[message.cell] ??= []
      result.cells[message.cell].push(message.result)
    }
    if (message.delay) result.delay.push(message.delay)
    made = message.made ?? made
  })
  if (!schema || made.sessions + made.users === 0) return
  // What was answered must be in the tables, as another driver sees them.
  const found = await countMade(place, schema, { base })
  if (found.sessions !== made.sessions || found.users !== made.users) {
    throw new Error(`said to have made ${JSON.stringify(made)}, there are ${JSON.stringify(found)}`)
  }
  await removeMade(place, schema, { base })
}

function giveUp({ peer, result }, error, say) {
  result.unavailable = error.message
  say(`${peer.id} cannot take part: ${error.message}`)
  if (process.env.BENCH_DEBUG) console.error(error.said ?? error)
}

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/** The first thing measured, for whoever watches. */
function shown({ cells }) {
  const [name, measured] = Object.entries(cells)[0] ?? []
  return name ? `${name}: ${Math.round(measured.at(-1).perSecond)}/s` : ""
}
