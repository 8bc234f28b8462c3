// How late the event loop is. A thread sends the time every two milliseconds, and the main thread
// looks how long ago that was when the message reaches it: unlike a timer of the loop itself this
// is exact to microseconds and leaves the loop alone in between.

import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { Histogram } from "./histogram.mjs"

const SENDER = `
const { parentPort, workerData } = require("node:worker_threads")
const pause = new Int32Array(new SharedArrayBuffer(4))
parentPort.postMessage(0)
setImmediate(function send() {
  Atomics.wait(pause, 0, 0, workerData)
  parentPort.postMessage(process.hrtime.bigint())
  setImmediate(send)
})`

/** Starts to watch; `stop()` gives the 99th percentile in milliseconds. */
export async function watchEventLoop({ every = 2 } = {}) {
  const sender = new Worker(SENDER, { eval: true, workerData: every })
  const delays = new Histogram()
  await once(sender, "message")
  sender.on("message", (sent) => delays.record(Number(process.hrtime.bigint() - sent) / 1e6))
  return {
    async stop() {
      await sender.terminate()
      return { samples: delays.total, p50: delays.quantile(0.5), p99: delays.quantile(0.99) }
    },
  }
}
