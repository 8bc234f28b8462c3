// docs/options.md has every option that the declarations have, and no other.

const { readFileSync } = require("node:fs")
const path = require("node:path")
const ts = require("typescript-5")
const { SqlxAdapter } = require("../..")
const { refusedAtOnce } = require("../support/expectations")
const { root } = require("./blocks.js")

const read = (name) => readFileSync(path.join(root, name), "utf8")

const declarations = ts.createSourceFile("index.d.ts", read("index.d.ts"), ts.ScriptTarget.ES2022)
const interfaces = new Map(
  declarations.statements
    .filter((statement) => ts.isInterfaceDeclaration(statement))
    .map((statement) => [statement.name.text, statement]),
)

/** Interfaces that are described on pages of their own. */
const ELSEWHERE = new Set(["SchemaOptions", "Logger", "ServerTls"])

/** The properties of a type, and of the objects in it, as paths. */
function paths(node, before = "") {
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText(declarations)
    const declared = !ELSEWHERE.has(name) && interfaces.get(name)
    return declared ? paths(declared, before) : []
  }
  if (ts.isUnionTypeNode(node)) return node.types.flatMap((one) => paths(one, before))
  return (node.members ?? [])
    .filter((member) => ts.isPropertySignature(member))
    .flatMap((member) => {
      const at = before + member.name.text
      return [at, ...(at === "extra" ? [] : paths(member.type, `${at}.`))]
    })
}

const options = paths(interfaces.get("SqlxAdapterOptions"))
const parts = [
  ...paths(interfaces.get("SqliteParts")),
  ...paths(interfaces.get("ServerConnection")),
]

test("docs/options.md lists what index.d.ts declares", () => {
  const listed = [...read("docs/options.md").matchAll(/^\| `([\w.]+)` \|/gm)].map(
    ([, name]) => name,
  )
  expect(options.length).toBeGreaterThan(30)
  expect([...new Set(listed)].sort()).toEqual([...new Set([...options, ...parts])].sort())
  expect(listed).toHaveLength(new Set(listed).size)
})

test.each(options.filter((name) => !name.includes(".")))(
  "a wrong %s is refused by name",
  (name) => {
    const error = refusedAtOnce(() => SqlxAdapter({ [name]: 7.5 }), "ERR_CONFIG")
    expect(error.message).toContain(`"${name}"`)
  },
)
