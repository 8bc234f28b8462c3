// Every block of code in README.md and docs, and every example that editors show on hover: JavaScript and TypeScript are type-checked against this
// package's declarations and those of the real next-auth of each version, JSON and shell lines are parsed, and
// languages that are not known here are refused.

const { spawnSync } = require("node:child_process")
const path = require("node:path")
const ts = require("typescript-5")
const { blocks, examples, root } = require("./blocks.js")

jest.setTimeout(60_000)

/** What an example has imported, in the line before it. */
const IMPORTED = `
import NextAuth from "next-auth"
import GitHub from "next-auth/providers/github"
import { composeAdapters, mirror } from "next-auth-sqlx-adapter/compose"
import { withSqlxAdapter } from "next-auth-sqlx-adapter/next"
import { withOpenTelemetry } from "next-auth-sqlx-adapter/otel"
`.replaceAll("\n", ";")

const hover = examples()
const all = [
  ...blocks(),
  ...hover.map((example) => ({ ...example, text: IMPORTED + example.text })),
]
const where = ({ document, line }) => `${document}:${line}`

/** What blocks take for granted: what the page has imported before, and names of the application. */
const GIVEN = `
import type * as own from "next-auth-sqlx-adapter"
import type * as v3 from "next-auth-sqlx-adapter/v3"
declare global {
  const SqlxAdapter: typeof own.SqlxAdapter
  const Adapters: typeof v3.default
  const fromDatabase: typeof v3.fromDatabase
  const NextAuth: (options: object) => unknown
  const adapter: own.SqlxAdapterObject
  const url: string
  const request: Request
  const tenantOf: (request: Request) => string
  const tenant: import("node:async_hooks").AsyncLocalStorage<string>
  const handlers: { GET(request: Request): Promise<Response> }
  const tenant_id: string
  const storage: import("node:async_hooks").AsyncLocalStorage<string>
  const before: own.SqlxAdapterObject
  const after: own.SqlxAdapterObject
  const test: (name: string, run: () => unknown) => void
  const expect: (value: unknown) => any
}
`

/** Packages that pages are about and that are not installed here: their values are any. */
const ABSENT = `
${["@auth/express", "@auth/qwik", "@auth/solid-start", "@auth/sveltekit"]
  .flatMap((name) => [name, `${name}/providers/github`])
  .concat("express", "vite", "@solidjs/start/config", "@builder.io/qwik-city/vite")
  .concat("@builder.io/qwik/optimizer", "@/auth")
  .map((name) => `declare module "${name}"`)
  .join("\n")}
`

/** Files beside a block, which the page has before it. */
const AUTH = `
import type { NextAuthResult } from "next-auth"
export const auth: NextAuthResult["auth"]
export const handle: unknown
`
const AUTH_CONFIG = `
import type { NextAuthConfig } from "next-auth"
export const authConfig: NextAuthConfig
`

/** The NextAuth that a block is written for. */
function version({ document, text }) {
  if (document.endsWith("v3.md") || /from "next-auth-sqlx-adapter\/v3"/.test(text)) return 3
  return text.includes("NextAuthOptions") ? 4 : 5
}

/** Declarations of others, parsed once. */
const declarations = new Map()

/** What is wrong with the blocks in a language, for a NextAuth, as `document:line: message`. */
function wrong(language, nextAuth) {
  const files = new Map()
  const file = (name) => path.join(__dirname, name)
  for (const [index, block] of all.entries()) {
    if (block.language !== language || version(block) !== nextAuth) continue
    const name = file(`block-${index}.${language}`)
    files.set(name, { block, text: `${block.text}\nexport {}\n` })
  }
  files.set(file("given.d.mts"), { text: GIVEN })
  files.set(file("absent.d.ts"), { text: ABSENT })
  files.set(file("auth.d.ts"), { text: AUTH })
  files.set(file("auth.config.d.ts"), { text: AUTH_CONFIG })
  const options = {
    // Who writes JavaScript is not told that the environment may lack a variable.
    strict: language === "ts",
    noImplicitAny: false,
    noEmit: true,
    allowJs: true,
    checkJs: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ["node"],
    baseUrl: root,
    paths: {
      "next-auth": [`node_modules/next-auth-${nextAuth}/index.d.ts`],
      "next-auth/*": [`node_modules/next-auth-${nextAuth}/*.d.ts`],
    },
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.getCurrentDirectory = () => root
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name)?.text ?? readFile(name)
  host.getSourceFile = (name, version, ...rest) => {
    if (files.has(name)) return ts.createSourceFile(name, files.get(name).text, version)
    if (!declarations.has(name)) declarations.set(name, getSourceFile(name, version, ...rest))
    return declarations.get(name)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map((found) => {
    const text = ts.flattenDiagnosticMessageText(found.messageText, "\n")
    const block = files.get(found.file?.fileName)?.block
    if (!block) return `${found.file?.fileName}: ${text}`
    const { line } = found.file.getLineAndCharacterOfPosition(found.start)
    return `${block.document}:${block.line + line}: ${text}`
  })
}

test.each([
  ["ts", 5],
  ["ts", 4],
  ["ts", 3],
  ["js", 5],
  ["js", 3],
])("%s compiles, with NextAuth %i", (language, nextAuth) => {
  const some = all.filter((one) => one.language === language && version(one) === nextAuth)
  expect(some).not.toEqual([])
  expect(wrong(language, nextAuth)).toEqual([])
})

test("there are examples on hover, of the adapter itself too", () => {
  expect(hover.length).toBeGreaterThan(7)
  expect(hover.some(({ text }) => text.startsWith("NextAuth({ adapter: SqlxAdapter()"))).toBe(true)
})

test("shell and JSON can be read", () => {
  for (const block of all.filter(({ language }) => language === "sh")) {
    const { status, stderr } = spawnSync("bash", ["-n"], { input: block.text, encoding: "utf8" })
    expect([where(block), status, stderr]).toEqual([where(block), 0, ""])
  }
  for (const block of all.filter(({ language }) => language === "json")) {
    expect(() => JSON.parse(block.text)).not.toThrow()
  }
})

test("there is nothing else, but what says that it is no code", () => {
  // SQL is run by the tests of what its page is about.
  const known = ["js", "ts", "sh", "json", "sql", "txt"]
  expect(all.filter(({ language }) => !known.includes(language)).map(where)).toEqual([])
})
