// What the documents say of files and code is there.

const fs = require("node:fs")
const path = require("node:path")
const { root } = require("./project.js")

const read = (name) => fs.readFileSync(path.join(root, name), "utf8")
const documents = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
  ...fs.readdirSync(path.join(root, "docs")).map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"))

/** What a link to a heading of a page may say after `#`, as GitHub makes it of the heading. */
function anchors(name) {
  const seen = new Map()
  const text = read(name).replace(/^```[\s\S]*?^```/gm, "")
  return [...text.matchAll(/^#+ +(.+)$/gm)].map(([, heading]) => {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
}

test.each(documents)("%s links to what there is", (name) => {
  const links = [...read(name).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
  const missing = links.filter(([, to, anchor]) => {
    const file = to === "" ? name : path.join(path.dirname(name), to)
    if (!fs.existsSync(path.join(root, file))) return true
    return anchor !== undefined && file.endsWith(".md") && !anchors(file).includes(anchor)
  })
  expect(missing.map(([link]) => link)).toEqual([])
})

test("docs/errors.md has every code, with what it means", () => {
  const [, union] = /type SqlxAdapterErrorCode =([\s\S]*?)\n\n/.exec(read("index.d.ts"))
  const declared = [...union.matchAll(/"(ERR_\w+)"/g)].map(([, code]) => code)
  const given = [...read("src/error.rs").matchAll(/"(ERR_\w+)"/g)].map(([, code]) => code)
  expect(declared.length).toBeGreaterThan(15)
  expect([...new Set(given)].sort()).toEqual([...declared].sort())
  const pages = read("docs/errors.md").split(/^## /m).slice(1)
  const headings = pages.map((page) => page.split("\n", 1)[0])
  expect(headings.filter((heading) => heading.startsWith("ERR_")).sort()).toEqual(declared.sort())
  for (const page of pages) expect(page.split("\n").slice(1).join(" ").length).toBeGreaterThan(30)
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
