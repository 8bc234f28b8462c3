// What was measured, made comparable: medians over the rounds, and ratios to ours, each of them
// within one round and then the median of those.

/** What is better, more or less of it, and how to find it in a peer's result. */
export const METRICS = {
  perSecond: { more: true },
  p50: { more: false },
  p99: { more: false },
  cpu: { more: false },
}

const PER_PROCESS = {
  delay: (peer) => peer.delay.map(({ p99 }) => p99),
  cold: (peer) => peer.cold.map(({ milliseconds }) => milliseconds),
  coldMemory: (peer) => peer.cold.map(({ memory }) => memory / 2 ** 20),
  memory: (peer) => peer.memory.map((bytes) => bytes / 2 ** 20),
}

/** What was measured of a peer, one value a round: `metric` of a cell, or one of PER_PROCESS. */
export function series(peer, what, metric) {
  if (!peer || peer.unavailable) return []
  if (PER_PROCESS[what]) return PER_PROCESS[what](peer)
  return (peer.cells[what] ?? []).map((result) => result[metric])
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * How many times better ours is than another: above 1 ours is.
 *
 * @returns {{ median: number, min: number, max: number } | undefined}
 */
export function ratio(ours, other, more) {
  const rounds = Math.min(ours.length, other.length)
  if (rounds === 0) return undefined
  const each = Array.from({ length: rounds }, (_, n) =>
    more ? ours[n] / other[n] : other[n] / ours[n],
  )
  return { median: median(each), min: Math.min(...each), max: Math.max(...each) }
}

/** The best peer of a kind, or of some ids; none, if nobody was measured. */
export function best(peers, kindOrIds, what, metric) {
  const more = METRICS[metric]?.more ?? false
  const candidates = Object.entries(peers)
    .filter(([id, { kind }]) =>
      Array.isArray(kindOrIds) ? kindOrIds.includes(id) : kind === kindOrIds,
    )
    .map(([id, peer]) => ({ id, peer, values: series(peer, what, metric) }))
    .filter(({ values }) => values.length > 0)
    .sort((a, b) => (median(a.values) - median(b.values)) * (more ? -1 : 1))
  return candidates[0]
}

/** A peer's name with the driver it goes over. */
export const fullTitle = ({ title, kind, driver }) =>
  kind === "adapter" && driver ? `${title} (${driver})` : title
