const fs = require("node:fs")
const path = require("node:path")

const readme = fs.readFileSync(path.join(__dirname, "../../README.md"), "utf8")

// The files are compiled with the other type tests, against the version they name.
const FILES = [3, 4, 5].map((version) => `readme-next-auth-${version}.ts`)

test.each(FILES)("the README has %s", (name) => {
  const source = fs.readFileSync(path.join(__dirname, name), "utf8")
  expect(readme).toContain(`\`\`\`ts\n${source}\`\`\``)
})
