"use strict"

// How far a long command is: a bar that is drawn again and again on a terminal, and now and then a
// line elsewhere.

/** The longest bar, and the shortest that is worth its place. */
const LONGEST = 24
const SHORTEST = 4
const REDRAW = 100
const LINE = 5_000
/** Over how long the rate is measured, in milliseconds: what was slow long ago says little. */
const WINDOW = 15_000

const number = (value) => value.toLocaleString("en-US")

function time(seconds) {
  if (!Number.isFinite(seconds)) return ""
  const whole = Math.ceil(seconds)
  const two = (value) => String(value).padStart(2, "0")
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const clock = `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`
  return `${clock} left`
}

/**
 * Makes what shows progress on a stream: `update({ label, done, total })` and `end()`.
 */
function progress(stream) {
  const samples = []
  let shown = 0
  let label
  const bar = stream.isTTY && process.env.TERM !== "dumb"

  function line(now, done, total) {
    const [first] = samples
    const seconds = (now - first.now) / 1000
    const rate = seconds > 0 ? (done - first.done) / seconds : 0
    const part = total > 0 ? Math.min(done / total, 1) : 1
    const said = [
      `${number(done)} of ${number(total)}${bar ? "" : " rows"}`,
      rate > 0 ? `${number(Math.round(rate))} rows/s` : "",
      rate > 0 && done < total ? time((total - done) / rate) : "",
    ]
    const join = (parts) => parts.filter((part) => part !== "").join("  ")
    if (!bar) return join([label, `${Math.floor(part * 100)} %`, ...said])
    // A terminal whose width nobody knows says 0. Its last column is left free, or it begins a new line.
    const columns = (stream.columns || 80) - 1
    const width = Math.min(LONGEST, columns - join([label, ...said]).length - "  []".length)
    const filled = Math.round(part * width)
    const drawn = width < SHORTEST ? "" : `[${"#".repeat(filled)}${"-".repeat(width - filled)}]`
    return join([label, drawn, ...said]).slice(0, columns)
  }

  return {
    update(state) {
      const now = performance.now()
      samples.push({ now, done: state.done })
      while (samples.length > 2 && now - samples[0].now > WINDOW) samples.shift()
      const changed = state.label !== label
      label = state.label
      if (!changed && now - shown < (bar ? REDRAW : LINE)) return
      shown = now
      const text = line(now, state.done, state.total)
      if (bar) stream.write(`\r${text}\u001b[K`)
      else stream.write(`${text}\n`)
    },
    end() {
      if (bar && shown > 0) stream.write("\r\u001b[K")
    },
  }
}

module.exports = { number, progress }
