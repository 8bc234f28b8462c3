/** What a test says of itself: why it was not run, or what was seen. */
const SAID = /^(skipped|seen): (.*)$/s

/** A reporter of jest's that ends with a table: topology × what was done × result. */
class TopologyTable {
  #rows = []

  onTestResult(_test, { console: lines = [], testExecError, testFilePath, testResults }) {
    const said = lines.map(({ message }) => SAID.exec(message)).filter(Boolean)
    if (testExecError) this.#rows.push([testFilePath, "the file could not be run", "**failed**"])
    for (const { ancestorTitles, title, fullName, status, duration } of testResults) {
      const topology = ancestorTitles.join(", ") || "(none)"
      const [, kind, text] = said.find(([, , words]) => words.startsWith(`${fullName}: `)) ?? []
      const more = text?.slice(fullName.length + 2)
      this.#rows.push([topology, title, result(status, kind, more, duration)])
    }
  }

  onRunComplete() {
    const rows = [["topology", "what was done", "result"], ["---", "---", "---"], ...this.#rows]
    const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ")
    console.log(`\n${rows.map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n")}\n`)
  }
}

function result(status, kind, more, duration) {
  if (kind === "skipped") return `not run: ${more}`
  if (status === "pending") return "not run"
  const took = `${((duration ?? 0) / 1000).toFixed(1)} s`
  return `${status === "passed" ? "passed" : "**failed**"}, ${took}${more ? `: ${more}` : ""}`
}

module.exports = TopologyTable
