// The closed loop: so many callers, each of which calls again as soon as it is answered.

import { Histogram } from "./histogram.mjs"

/** After so many calls a caller lets the event loop turn: promises alone would never let it. */
const CALLS_A_TURN = 8

/**
 * Keeps `concurrency` callers busy for a while.
 *
 * @param {object} work
 * @param {() => unknown} work.choose what to ask for; its time does not count
 * @param {(chosen: unknown) => Promise<unknown>} work.call what is measured
 * @param {(answer: unknown, chosen: unknown) => void} work.check throws if the answer is wrong
 * @param {{ concurrency: number, milliseconds: number, callsATurn?: number }} how
 */
export async function load(work, { concurrency, milliseconds, callsATurn = CALLS_A_TURN }) {
  const { choose, call, check } = work
  const histogram = new Histogram()
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  const deadline = began + milliseconds
  let last = began
  let failure

  async function caller() {
    for (let calls = 1; ; calls++) {
      const chosen = choose()
      const start = performance.now()
      const answer = await call(chosen)
      const end = performance.now()
      check(answer, chosen)
      histogram.record(end - start)
      last = end
      if (end >= deadline || failure) return
      if (calls % callsATurn === 0) await turn()
    }
  }

  const callers = Array.from({ length: concurrency }, () =>
    caller().catch((error) => {
      failure ??= error
    }),
  )
  await Promise.all(callers)
  if (failure) throw failure
  const { user, system } = process.cpuUsage(cpuBefore)
  const calls = histogram.total
  return {
    calls,
    perSecond: calls / ((last - began) / 1000),
    p50: histogram.quantile(0.5) * 1000,
    p99: histogram.quantile(0.99) * 1000,
    cpu: (user + system) / calls,
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
