const { sleep } = require("../servers/run")

/** Enough to keep whatever serves them busy, and no more than the smallest queue of a test. */
const CALLERS = 96

/**
 * What is served of ten times what can be served. First callers who wait for their answers, which
 * gives the peak; then calls that arrive by the clock, ten times as many, whatever became of those
 * before.
 *
 * @param {(n: number) => Promise<unknown>} call
 * @param {{ seconds: number, callers?: number, times?: number }} options
 * @returns `{ peak, offered, served, refused, heap, slowest }`: calls a second, how many were refused
 *   with each code, by how many bytes the heap and what it keeps outside grew at most, and the longest
 *   that a call that was served took, in milliseconds
 */
async function overload(call, { seconds, callers = CALLERS, times = 10 }) {
  await closed(call, callers, seconds / 4)
  const peak = await closed(call, callers, seconds)
  return { peak, ...(await open(call, peak * times, seconds)) }
}

async function closed(call, callers, seconds) {
  const begun = performance.now()
  const end = begun + seconds * 1000
  let served = 0
  let n = 0
  const caller = async () => {
    while (performance.now() < end) {
      await call(n++)
      served += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return (served * 1000) / (performance.now() - begun)
}

async function open(call, rate, seconds) {
  const refused = {}
  const memory = () => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  globalThis.gc?.()
  const before = memory()
  let [served, offered, waiting, slowest, heap] = [0, 0, 0, 0, 0]
  // What is still waiting at the end is served after it, and does not count.
  let counts = true
  const begun = performance.now()

  function make() {
    const made = performance.now()
    waiting += 1
    call(offered++).then(
      () => {
        waiting -= 1
        if (counts) served += 1
        slowest = Math.max(slowest, performance.now() - made)
      },
      ({ code }) => {
        waiting -= 1
        refused[code] = (refused[code] ?? 0) + 1
      },
    )
  }

  let sampled = begun
  for (let now = begun; now < begun + seconds * 1000; now = performance.now()) {
    for (const due = ((now - begun) / 1000) * rate; offered < due; ) make()
    if (now - sampled > 50) {
      sampled = now
      heap = Math.max(heap, memory() - before)
    }
    await sleep(1)
  }
  const elapsed = (performance.now() - begun) / 1000
  counts = false
  const [servedRate, offeredRate] = [served / elapsed, offered / elapsed]
  while (waiting > 0) await sleep(10)
  return { offered: offeredRate, served: servedRate, refused, heap, slowest }
}

module.exports = { overload }
