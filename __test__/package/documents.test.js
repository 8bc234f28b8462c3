// What the documents say of files and code is there.

const fs = require("node:fs")
const path = require("node:path")
const { root } = require("./project.js")

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "docs/cli.md",
  "docs/frameworks.md",
  "docs/platforms.md",
  "docs/runtimes.md",
  "docs/security.md",
  "docs/refresh-tokens.md",
]
const read = (name) => fs.readFileSync(path.join(root, name), "utf8")

test.each(documents)("%s links to what there is", (name) => {
  const links = [...read(name).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
    ([, to]) => to,
  )
  const missing = links.filter((to) => !fs.existsSync(path.join(root, path.dirname(name), to)))
  expect(missing).toEqual([])
})

test("CONTRIBUTING.md names files and commands that there are", () => {
  const text = read("CONTRIBUTING.md")
  const paths = [...text.matchAll(/`((?:src|__test__|docs|\.ci)\/[\w./-]*)`/g)].map(([, at]) => at)
  const named = paths.filter((at) => !at.includes("NAME"))
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((at) => !fs.existsSync(path.join(root, at)))).toEqual([])
  const { scripts } = JSON.parse(read("package.json"))
  const commands = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, command]) => command)
  expect(commands.filter((command) => !(command in scripts))).toEqual([])
})

// Those two are compiled with the type tests, as the README's.
test.each(["readme-next-auth-4.ts", "readme-next-auth-5.ts"])(
  "docs/frameworks.md has %s",
  (name) => {
    expect(read("docs/frameworks.md")).toContain(
      `\`\`\`ts\n${read(`__test__/types/${name}`)}\`\`\``,
    )
  },
)
