const { connect, createServer } = require("node:net")
const { sleep } = require("./run")

/**
 * Starts a TCP relay in front of a server, for what happens to a network and not to a server: a
 * port that refuses, a firewall that drops packets, a connection that is cut.
 *
 * Listening on 127.0.0.2 (Linux) it also makes a host name that the server's certificate lacks.
 *
 * @param {object} options
 * @param {{ host?: string, port: number }} options.to the server; it may be down
 * @param {string} [options.host] where to listen
 * @param {boolean} [options.silent] silent from the start: a port that accepts and never answers
 * @param {(bytes: Buffer) => Buffer | undefined} [options.answer] what is answered to a client's packet
 *   in the server's place, which does not get it then
 */
async function start({ to, host = "127.0.0.1", silent = false, answer }) {
  const pairs = new Set()
  let listener
  let port = 0
  let latency = 0
  let allowance
  let turns = 0

  function admit(client) {
    const server = connect({ host: to.host ?? "127.0.0.1", port: to.port })
    const pair = { client, server }
    let last = server
    pairs.add(pair)
    const close = () => {
      pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const [from, onto] of [
      [client, server],
      [server, client],
    ]) {
      from.setNoDelay(true)
      from.on("error", () => {}).on("close", close)
      const pass = inOrder((bytes) => {
        if (!onto.write(bytes)) from.pause()
      })
      // With nothing passing, the kernel's own acknowledgements still do: as a dropping firewall
      // looks to a client whose send buffer is not yet full.
      from.on("data", (bytes) => {
        if (from === client && last === server) turns += 1
        last = from
        if (silent) return
        const own = from === client ? answer?.(bytes) : undefined
        if (own !== undefined) return client.write(own)
        const left = from === server ? allowance : undefined
        if (left === undefined || bytes.length <= left) return pass(bytes, latency)
        onto.write(bytes.subarray(0, left))
        onto.end()
        from.destroy()
      })
      onto.on("drain", () => from.resume())
      from.on("end", () => silent || onto.end())
    }
  }

  function accept() {
    if (listener) return Promise.resolve()
    return new Promise((resolve, reject) => {
      listener = createServer({ allowHalfOpen: true }, admit)
      listener.once("error", reject)
      listener.listen({ host, port }, () => {
        port = listener.address().port
        listener.unref()
        resolve()
      })
    })
  }

  function cut() {
    for (const { client, server } of pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }

  function refuse() {
    listener?.close()
    listener = undefined
  }

  await accept()
  return {
    host,
    port,
    /** A server's URL, by way of this gate. */
    through(place) {
      const by = new URL(place)
      by.hostname = host
      by.port = String(port)
      return by.href
    },
    /** New connections are refused; those there are live on. */
    refuse,
    /** New connections are accepted again, on the same port. */
    accept,
    /** Nothing passes any more, in either direction; what comes meanwhile is lost. */
    silence() {
      silent = true
    },
    /** Passes on again. A connection that lost something in between is of no use any more. */
    speak() {
      silent = false
    },
    /** Resets every connection. */
    cut,
    /** What passes takes this many milliseconds longer, in each direction. */
    delay(milliseconds) {
      latency = milliseconds
    },
    /**
     * Of each packet from the server no more than so many bytes pass, and where it had more the
     * connection ends; `undefined`: all of it.
     */
    truncate(bytes) {
      allowance = bytes
    },
    /** How often clients have had to speak to go on: at first, and after the server had spoken. */
    turns: () => turns,
    /** How many connections there are. */
    connections: () => pairs.size,
    async stop() {
      refuse()
      cut()
    },
  }
}

/** Passes things on after a while, none before those that came earlier. */
function inOrder(pass) {
  let last = Promise.resolve()
  let waiting = 0
  return (bytes, latency) => {
    if (latency === 0 && waiting === 0) return pass(bytes)
    waiting += 1
    const late = sleep(latency)
    last = last
      .then(() => late)
      .then(() => {
        waiting -= 1
        pass(bytes)
      })
  }
}

module.exports = { start }
