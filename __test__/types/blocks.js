// The code in the documents, block by block.

const { readdirSync, readFileSync } = require("node:fs")
const path = require("node:path")

const root = path.resolve(__dirname, "../..")

const documents = [
  "README.md",
  ...readdirSync(path.join(root, "docs")).map((name) => `docs/${name}`),
]
  .filter((name) => name.endsWith(".md"))
  .sort()

/** `{ document, line, language, text }` of every block between fences. */
function blocks() {
  return documents.flatMap((document) => {
    const found = []
    let open
    const lines = readFileSync(path.join(root, document), "utf8").split("\n")
    for (const [index, line] of lines.entries()) {
      const [, indent, language] = /^( *)```(\S*)/.exec(line) ?? []
      if (indent === undefined) open?.text.push(line)
      else if (open) {
        found.push({ ...open, text: `${open.text.join("\n")}\n` })
        open = undefined
      } else open = { document, line: index + 2, language, text: [] }
    }
    return found
  })
}

const declarations = readdirSync(root).filter((name) => name.endsWith(".d.ts"))

/** The same of every `@example` in the declarations, which editors show on hover. */
function examples() {
  return declarations.flatMap((document) => {
    const found = []
    let open
    const lines = readFileSync(path.join(root, document), "utf8").split("\n")
    for (const [index, line] of lines.entries()) {
      const [, text] = /^ *\* ?(.*)$/.exec(line) ?? []
      if (open && (text === undefined || text === "/" || text === "" || text.startsWith("@"))) {
        found.push({ ...open, text: `${open.text.join("\n")}\n` })
        open = undefined
      }
      if (text === "@example") open = { document, line: index + 2, language: "ts", text: [] }
      else open?.text.push(text)
    }
    return found
  })
}

module.exports = { blocks, examples, root }
