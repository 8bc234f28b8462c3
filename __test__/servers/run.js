const { execFile, execFileSync } = require("node:child_process")

/**
 * Runs a program to its end and gives what it printed; a failure carries the end of its error
 * output.
 */
function run(file, args, { input, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { maxBuffer: 64 << 20, ...options },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout)
        const said = `${stderr}\n${stdout}`.trim().split("\n").slice(-8).join("\n")
        reject(
          new Error(`${file} ${args[0] ?? ""} failed (${error.code ?? error.signal})\n${said}`),
        )
      },
    )
    // A program that ends before it has read its input is reported by its exit code, not by EPIPE.
    child.stdin.on("error", () => {})
    child.stdin.end(input ?? "")
  })
}

/** What a program prints, or undefined where there is no such program or it fails. */
function ask(file, args) {
  try {
    return execFileSync(file, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim()
  } catch {
    return undefined
  }
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

module.exports = { run, ask, sleep }
