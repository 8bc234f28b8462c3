/**
 * A server that cannot be had on this machine. Callers tell it from a server that is broken: the
 * first is a visible skip, the second always a failure.
 */
class Unavailable extends Error {
  /**
   * @param {string} what the server, with the version asked for
   * @param {string} reason why, in one line
   * @param {{ command?: string, cause?: unknown }} [more] the one command that would change it
   */
  constructor(what, reason, { command, cause } = {}) {
    super(`${what} is not available: ${reason}${command ? `. Try: ${command}` : ""}`, { cause })
    this.name = "Unavailable"
    this.code = "UNAVAILABLE"
    this.what = what
    this.reason = reason
    this.command = command
  }
}

module.exports = { Unavailable }
