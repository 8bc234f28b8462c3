const { readFileSync } = require("node:fs")
const { createServer } = require("node:net")

const given = new Set()

/**
 * A free port of 127.0.0.1, below the range that the kernel takes for outgoing connections.
 *
 * Binding to port 0 gives one from *inside* that range. A server that is down for a moment then
 * loses its port to somebody's outgoing connection, or a client that keeps trying connects to
 * itself, which TCP allows.
 */
async function freePort() {
  const top = firstOutgoingPort()
  for (let tries = 0; tries < 100; tries++) {
    const port = 15000 + Math.floor(Math.random() * (top - 15000))
    if (given.has(port) || !(await bind(port))) continue
    given.add(port)
    return port
  }
  return bind(0)
}

function firstOutgoingPort() {
  try {
    const [first] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s/)
    if (Number(first) > 16000) return Number(first)
  } catch {
    // Not Linux: the range of macOS and the BSDs begins at 49152.
  }
  return 32768
}

function bind(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(undefined))
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const { port: bound } = server.address()
      server.close(() => resolve(bound))
    })
  })
}

module.exports = { freePort }
