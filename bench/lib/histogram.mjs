// Latencies, counted in buckets that are 1/256 of their value wide, so that neither memory nor time
// depends on how many there are.

const MANTISSA = 8
const BUCKETS = 36 << MANTISSA

export class Histogram {
  #counts = new Uint32Array(BUCKETS)
  #total = 0

  /** @param {number} milliseconds */
  record(milliseconds) {
    const nanoseconds = Math.max(1, Math.round(milliseconds * 1e6))
    const exponent = Math.max(0, Math.floor(Math.log2(nanoseconds)) - MANTISSA)
    const index = (exponent << MANTISSA) + Math.floor(nanoseconds / 2 ** exponent)
    this.#counts[Math.min(index, BUCKETS - 1)]++
    this.#total++
  }

  get total() {
    return this.#total
  }

  /** The value, in milliseconds, that this share of all is not above. */
  quantile(share) {
    const rank = Math.max(1, Math.ceil(this.#total * share))
    let seen = 0
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index]
      if (seen >= rank) return middle(index) / 1e6
    }
    return Number.NaN
  }
}

function middle(index) {
  // The first two octaves of an exponent are its own; see `record`.
  const exponent = Math.max(0, (index >> MANTISSA) - 1)
  return (index - (exponent << MANTISSA) + 0.5) * 2 ** exponent
}
