// What we want to reach, and whether we have.

import { best, METRICS, median, ratio, series } from "./summary.mjs"

const BETTER_12 = ["better-sqlite3-12"]
const BETTER_13 = ["better-sqlite3-13"]

/** "Level": within what two runs of the same thing differ by. */
const LEVEL = 0.95

const at = (database) => (cell, metric, against, times) => ({
  database,
  cell,
  metric,
  against,
  times,
})
const sqlite = at("sqlite")
const postgres = at("postgres")
const mariadb = at("mariadb")

/** At least so many times better than the best of a kind, or of those that are named. */
export const TARGETS = [
  sqlite("session@1", "p50", "adapter", 4),
  sqlite("session@1", "p50", BETTER_13, 1),
  sqlite("session@1", "p50", BETTER_12, 1 / 1.3),
  sqlite("session@64", "perSecond", "adapter", 4),
  sqlite("session@64", "perSecond", BETTER_12, LEVEL),
  sqlite("session@64", "perSecond", BETTER_13, 1.5),
  sqlite("createSession@64", "perSecond", "adapter", 10),
  sqlite("createSession@64", "perSecond", "floor", 8),
  sqlite("createSession@1", "perSecond", "adapter", 1),
  sqlite("createSession@1", "perSecond", "floor", 1),
  sqlite("oauthNew@32", "perSecond", "adapter", 6),
  sqlite("oauthNew@32", "perSecond", "floor", 4),
  postgres("session@1", "p50", "adapter", 2),
  postgres("session@1", "p50", ["pg"], 1),
  postgres("session@64", "perSecond", "adapter", 10),
  postgres("session@64", "perSecond", "floor", 2),
  postgres("session@256", "perSecond", "adapter", 14),
  postgres("session@256", "perSecond", "floor", 3),
  postgres("createSession@64", "perSecond", "adapter", 2.5),
  postgres("createSession@64", "perSecond", "floor", 2),
  postgres("oauthNew@32", "perSecond", "adapter", 2.5),
  postgres("oauthNew@32", "perSecond", "floor", 1.5),
  mariadb("session@1", "p50", "adapter", 1.5),
  mariadb("session@1", "p50", "floor", 1),
  mariadb("session@64", "perSecond", "adapter", 4),
  mariadb("session@64", "perSecond", "floor", 3),
  mariadb("session@256", "perSecond", "adapter", 4),
  mariadb("session@256", "perSecond", "floor", 3),
  mariadb("createSession@64", "perSecond", "adapter", 2),
  mariadb("createSession@64", "perSecond", "floor", 1.7),
  mariadb("oauthNew@32", "perSecond", "adapter", 2),
  mariadb("oauthNew@32", "perSecond", "floor", 1.7),
  sqlite("session@64", "cpu", "adapter", 3),
  postgres("session@64", "cpu", "adapter", 6),
  mariadb("session@64", "cpu", "adapter", 6),
  ...[sqlite, postgres, mariadb].flatMap((on) => [
    on("delay", undefined, "adapter", 1),
    on("coldMemory", undefined, "adapter", 1),
    on("memory", undefined, "adapter", 1),
    // Not a ratio: milliseconds more than an adapter that does nothing.
    { ...on("cold", undefined, "nothing"), within: 20 },
  ]),
]

/** Each target with what was measured; those that this run did not measure are left out. */
export function judged(report) {
  return TARGETS.flatMap((target) => {
    const peers = report.databases[target.database]?.peers
    if (!peers) return []
    const { cell, metric, against, times, within } = target
    const ours = series(peers.ours, cell, metric)
    const other = best(peers, against, cell, metric)
    if (ours.length === 0 || !other) return []
    if (within !== undefined) {
      const more = median(ours) - median(other.values)
      return [{ ...target, other, more, met: more <= within }]
    }
    const found = ratio(ours, other.values, METRICS[metric]?.more ?? false)
    return [{ ...target, other, found, met: found.median >= times }]
  })
}
