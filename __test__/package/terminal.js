// A command at a terminal, and somebody who answers what it asks.

const { spawn } = require("node:child_process")

/**
 * Runs a shell command in a pseudo-terminal of util-linux' `script`, and types each answer once its question has
 * been asked: `[[question, answer], …]`. Gives `{ code, output }`, as the terminal showed it.
 */
async function answering(command, answers, options) {
  const stdio = ["pipe", "pipe", "inherit"]
  const child = spawn("script", ["-qec", command, "/dev/null"], { ...options, stdio })
  const due = [...answers]
  let output = ""
  let unanswered = ""
  child.stdout.on("data", (piece) => {
    output += piece
    unanswered += piece
    while (due.length > 0 && unanswered.includes(due[0][0])) {
      unanswered = ""
      child.stdin.write(`${due.shift()[1]}\r`)
    }
  })
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", resolve)
  })
  return { code, output }
}

module.exports = { answering }
