// The benchmark's own arithmetic: `node --test bench/harness.test.mjs`.

import assert from "node:assert/strict"
import test from "node:test"
import { barChart } from "./lib/chart.mjs"
import { emailOf, expiresOf, tokenOf } from "./lib/data.mjs"
import { Histogram } from "./lib/histogram.mjs"
import { load } from "./lib/load.mjs"
import { best, median, ratio } from "./lib/summary.mjs"
import { short } from "./lib/table.mjs"
import { judged } from "./lib/targets.mjs"
import { workOf } from "./lib/work.mjs"
import { statementsOf } from "./peers/by-hand.mjs"

test("a histogram's quantiles are within half a percent", () => {
  const histogram = new Histogram()
  const values = Array.from({ length: 10_000 }, (_, n) => 0.0001 * 1.0021 ** n)
  for (const value of values) histogram.record(value)
  for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = values[Math.ceil(share * values.length) - 1]
    const found = histogram.quantile(share)
    assert.ok(Math.abs(found / exact - 1) < 0.005, `${share}: ${found} for ${exact}`)
  }
})

test("ratios are taken within each round, and above 1 ours is better", () => {
  assert.deepEqual(ratio([20, 30, 60], [10, 10, 10], true), { median: 3, min: 2, max: 6 })
  assert.deepEqual(ratio([1, 2], [4, 4], false), { median: 3, min: 2, max: 4 })
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1]), 2.5)
})

const peer = (kind, perSecond, more) => ({
  kind,
  title: kind,
  cells: { "session@64": [{ perSecond, cpu: 1 }] },
  delay: [],
  cold: [],
  memory: [],
  ...more,
})

test("the best of a kind leaves out who could not run", () => {
  const peers = {
    a: peer("adapter", 5),
    b: peer("adapter", 7),
    c: peer("adapter", 9, { unavailable: "no" }),
    d: peer("floor", 8),
  }
  assert.equal(best(peers, "adapter", "session@64", "perSecond").id, "b")
  assert.equal(best(peers, ["d"], "session@64", "perSecond").id, "d")
  assert.equal(best(peers, "nothing", "session@64", "perSecond"), undefined)
})

test("a target is met at its ratio and not below", () => {
  const report = (ours) => ({
    databases: { postgres: { peers: { ours: peer("ours", ours), pg: peer("floor", 100) } } },
  })
  const found = (ours) =>
    judged(report(ours)).find(
      ({ metric, against }) => metric === "perSecond" && against === "floor",
    )
  assert.equal(found(200).met, true)
  assert.equal(found(199).met, false)
})

test("the load keeps its callers busy, lets the loop turn and refuses a wrong answer", async () => {
  let busy = 0
  let most = 0
  const call = async () => {
    most = Math.max(most, ++busy)
    await null
    busy--
    return 1
  }
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const work = { choose: () => 0, call, check: (answer) => assert.equal(answer, 1) }
  const measured = await load(work, { concurrency: 8, milliseconds: 50 })
  clearInterval(timer)
  assert.equal(most, 8)
  assert.ok(turns > 5, `the loop turned ${turns} times`)
  assert.ok(measured.calls > 100 && measured.p50 > 0 && measured.p99 >= measured.p50)
  const wrong = { ...work, check: () => assert.fail("this is wrong") }
  await assert.rejects(load(wrong, { concurrency: 2, milliseconds: 50 }), /this is wrong/)
})

test("a session read that gives another's user is found out", () => {
  const base = 0
  const { session } = workOf({}, { count: 2, base, numericIds: false })
  const answer = (n) => ({
    session: { sessionToken: tokenOf(0), expires: new Date(expiresOf(0, base)) },
    user: { email: emailOf(n) },
  })
  session.check(answer(0), 0)
  assert.throws(() => session.check(answer(1), 0), /not the session/)
})

test("statements by hand have the marks of their database", () => {
  const { session, useToken } = statementsOf("postgres")
  assert.match(session.text, /date_part\('epoch', s\.expires\).* WHERE s\.session_token = \$1$/)
  assert.match(useToken.text, /identifier = \$1 AND token = \$2 RETURNING/)
  assert.match(statementsOf("mariadb").session.text, /WHERE s\.session_token = \?$/)
})

test("figures have three digits, and a chart has a bar for each", () => {
  assert.deepEqual([0.98765, 12.34, 100, 1234567].map(short), ["0.988", "12.3", "100", "1,234,567"])
  const svg = barChart("a < b", [
    { label: "x", kind: "ours", value: 2, text: "2" },
    { label: "y", kind: "floor", value: 1, text: "1" },
  ])
  assert.match(svg, /a &lt; b/)
  assert.match(svg, /width="400".*\n.*\n.*\n.*width="200"/)
})
