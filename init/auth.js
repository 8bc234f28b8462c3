"use strict"

// The adapter's line in NextAuth's configuration.

const path = require("node:path")
const { withImport } = require("./source.js")

const ours = "next-auth-sqlx-adapter"

/** Where the object of NextAuth's options begins, in the ways that people write it. */
const beginnings = [
  // const authOptions = {, const options: NextAuthOptions = {
  /\b(?:const|let|var)\s+(?:\w+\s*:\s*(?:NextAuthOptions|AuthOptions)|authOptions)\s*=\s*\{/,
  // NextAuth({, NextAuth(() => ({, NextAuth(req, res, {
  /\bNextAuth\s*\(\s*(?:async\s*)?(?:\([^()]*\)\s*=>\s*\(\s*|\w+\s*,\s*\w+\s*,\s*)?\{/,
  // NextAuth(async () => { …; return {
  /\bNextAuth\s*\(\s*(?:async\s*)?\([^()]*\)\s*=>\s*\{[\s\S]*?\breturn\s*\{/,
  // const config = { … } satisfies NextAuthConfig
  /\b(?:const|let|var)\s+\w+\s*:\s*NextAuthConfig\s*=\s*\{/,
]

/** Presets for the adapters that an application may have had: docs/switching.md has the same table. */
const presets = {
  "@auth/pg-adapter": "pg-adapter",
  "@auth/neon-adapter": "neon",
  "@auth/prisma-adapter": "prisma",
  "@next-auth/prisma-adapter": "prisma-v4",
  "@auth/drizzle-adapter": "drizzle",
  "@auth/kysely-adapter": "kysely",
  "@auth/typeorm-adapter": "typeorm",
  "@next-auth/typeorm-legacy-adapter": "typeorm",
  "@auth/sequelize-adapter": "sequelize",
  "@auth/mikro-orm-adapter": "mikro-orm",
  "@auth/supabase-adapter": "supabase",
  "@auth/d1-adapter": "d1",
}

/** What is to be done with the configuration: `{ changes, notes }`. */
function planAuth(project) {
  const found = project
    .sources()
    // The part of the configuration that is shared with the edge, where there is no adapter.
    .filter(({ file }) => !/(?:^|\/)(?:auth\.config|middleware|proxy)\.\w+$/.test(file))
    .filter(({ text }) => /["']next-auth(?:\/\w+)?["']|["']@auth\//.test(text))
    .find(({ text }) => beginnings.some((beginning) => beginning.test(text)))
  return found ? planExisting(found) : planNew(project)
}

function planExisting({ file, text }) {
  if (text.includes(`"${ours}"`) || text.includes(`'${ours}'`)) {
    return { changes: [], notes: [`${file} has the adapter already.`] }
  }
  const other = /\badapter\s*:/.test(text) || /^\s*adapter,?\s*$/m.test(text)
  if (other) return { changes: [], notes: [replacing(file, text)] }
  const beginning = beginnings.find((pattern) => pattern.test(text)).exec(text)
  const at = beginning.index + beginning[0].length
  const edited = text.slice(0, at) + lineAt(text, at) + text.slice(at)
  const after = withImport(edited, "SqlxAdapter", ours)
  const notes = /strategy\s*:\s*["']jwt["']/.test(text)
    ? [`${file} has sessions as JWTs, so users and accounts are stored, and sessions are not.`]
    : []
  return { changes: [{ file, before: text, after }], notes }
}

/** The option, on a line of its own with the indentation of the next, or in the line that there is. */
function lineAt(text, at) {
  const next = /^[^\S\n]*\n([^\S\n]*)/.exec(text.slice(at))
  if (next) return `\n${next[1]}adapter: SqlxAdapter(),`
  return text[at] === " " ? " adapter: SqlxAdapter()," : " adapter: SqlxAdapter(), "
}

function replacing(file, text) {
  const preset = Object.entries(presets).find(([name]) => text.includes(name))?.[1]
  const left = `${file} has another adapter, which is left as it is.`
  const page = "node_modules/next-auth-sqlx-adapter/docs/switching.md"
  if (!preset) return `${left} Whether this one reads its tables is in ${page}.`
  return `${left} To go on with its tables, put SqlxAdapter({ schema: "${preset}" }) in its place: ${page}.`
}

function planNew({ authMajor, router, typescript, folder, alias }) {
  const script = typescript ? "ts" : "js"
  const variables =
    authMajor >= 5 ? "AUTH_GITHUB_ID and AUTH_GITHUB_SECRET" : "GITHUB_ID and GITHUB_SECRET"
  const notes = [
    "While developing, any e-mail address signs in: the link is printed in the terminal.",
    `GitHub is an example, and takes ${variables} in the environment: put the providers there that you want.`,
  ]
  const source = (text) => (typescript ? text : withoutTypes(text))
  const file = (name) => path.posix.join(folder, `${name}.${script}`)
  if (authMajor >= 5) {
    const from = alias ?? "../../../../auth"
    const route = `import { handlers } from "${from}"\n\nexport const { GET, POST } = handlers\n`
    return {
      changes: [
        { file: file("auth"), before: undefined, after: source(auth5) },
        { file: file("app/api/auth/[...nextauth]/route"), before: undefined, after: route },
      ],
      notes,
    }
  }
  const name =
    router === "app" ? "app/api/auth/[...nextauth]/route" : "pages/api/auth/[...nextauth]"
  const after = `${auth4}\n${router === "app" ? handler : "export default NextAuth(authOptions)\n"}`
  return { changes: [{ file: file(name), before: undefined, after: source(after) }], notes }
}

/** The same in JavaScript. */
function withoutTypes(source) {
  return source
    .replace(/^import type .*\n/gm, "")
    .replace(", { type NextAuthOptions }", "")
    .replace(/: (?:NextAuthOptions|Provider\[\]|NextAuthOptions\["providers"\])(?= =)/g, "")
}

const auth5 = `import NextAuth from "next-auth"
import type { Provider } from "next-auth/providers"
import GitHub from "next-auth/providers/github"
import { SqlxAdapter } from "${ours}"

const providers: Provider[] = [GitHub]

// While developing, a sign-in that needs no account anywhere.
if (process.env.NODE_ENV === "development") {
  providers.push({
    id: "email",
    type: "email",
    name: "a link in the terminal",
    sendVerificationRequest: ({ url }) => console.log("Sign in:", url),
  })
}

export const { handlers, auth, signIn, signOut } = NextAuth({
  adapter: SqlxAdapter(),
  providers,
})
`

// Not exported: a route may export its methods and nothing else.
const auth4 = `import NextAuth, { type NextAuthOptions } from "next-auth"
import GitHub from "next-auth/providers/github"
import { SqlxAdapter } from "${ours}"

const { GITHUB_ID = "", GITHUB_SECRET = "" } = process.env

const providers: NextAuthOptions["providers"] = [
  GitHub({ clientId: GITHUB_ID, clientSecret: GITHUB_SECRET }),
]

// While developing, a sign-in that needs no account anywhere.
if (process.env.NODE_ENV === "development") {
  providers.push({
    id: "email",
    type: "email",
    name: "Email",
    server: "",
    from: "",
    maxAge: 24 * 60 * 60,
    options: {},
    sendVerificationRequest: ({ url }) => console.log("Sign in:", url),
  })
}

const authOptions: NextAuthOptions = { adapter: SqlxAdapter(), providers }
`

const handler = `const handler = NextAuth(authOptions)

export { handler as GET, handler as POST }
`

module.exports = { planAuth, presets }
