// The sources of a Next.js application, as its documentation and this package's have them.

const { magicLink, openId, providers } = require("./providers.js")

/** The files of one, by their paths. */
function nextSources({ next, auth, router, wrapper, standalone, cacheComponents, split }) {
  const files = {
    ...config({ next, wrapper, standalone, cacheComponents }),
    ...(router === "pages" ? pagesRouter : auth === 5 ? appRouter5 : appRouter4),
    ...(router === "app" && auth === 5 && next >= 16 ? { "proxy.ts": proxy } : {}),
    ...(split ? splitConfiguration : {}),
  }
  if (!cacheComponents) return files
  // Such an application has no edge routes, and what waits for a request stands in a boundary.
  const { "app/api/edge/route.ts": _, ...rest } = files
  return { ...rest, "app/page.tsx": homeInBoundary, "app/api/stats/route.ts": statsOfRequest }
}

function config({ next, wrapper, standalone, cacheComponents }) {
  const caching = "cacheComponents: true, partialPrefetching: true"
  const options = `{ ${[standalone && `output: "standalone"`, cacheComponents && caching].filter(Boolean).join(", ")} }`
  const source = wrapper
    ? `import { withSqlxAdapter } from "next-auth-sqlx-adapter/next"\n\nexport default withSqlxAdapter(${options})\n`
    : `export default ${options}\n`
  // TypeScript there is from Next.js 15 on.
  return { [next >= 15 ? "next.config.ts" : "next.config.mjs"]: source }
}

const layout = `
import type { ReactNode } from "react"

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
`

const auth5 = `
import NextAuth from "next-auth"
import Nodemailer from "next-auth/providers/nodemailer"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const adapter = SqlxAdapter()
export const marker = "change 0"

export const { handlers, auth } = NextAuth({
  adapter,
  providers: ${providers},
})
`

const home5 = `
import { auth, marker } from "../auth"

export default async function Home() {
  const session = await auth()
  return <p id="who" title={marker}>{session?.user?.email ?? "nobody"}</p>
}
`

const homeInBoundary = `
import { Suspense } from "react"
import { auth } from "../auth"

async function Who() {
  const session = await auth()
  return <p id="who">{session?.user?.email ?? "nobody"}</p>
}

export default function Home() {
  return (
    <Suspense>
      <Who />
    </Suspense>
  )
}
`

const statsOfRequest = `
import { connection } from "next/server"
import { adapter } from "../../../auth"

export async function GET() {
  await connection()
  const { database, connections } = await adapter.stats()
  return Response.json({ database, connections })
}
`

// What the adapter itself says, in a route of its own.
const stats = `
import { adapter } from "../../../auth"

export const dynamic = "force-dynamic"

export async function GET() {
  const { database, connections } = await adapter.stats()
  return Response.json({ database, connections })
}
`

const edge = `
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const runtime = "edge"

export async function GET() {
  try {
    await SqlxAdapter("sqlite::memory:").ping()
    return Response.json({ code: null })
  } catch (error) {
    return Response.json({ code: (error as { code?: string }).code })
  }
}
`

const proxy = `
import { NextResponse } from "next/server"
import { auth } from "./auth"

export default auth((request) => {
  const response = NextResponse.next()
  response.headers.set("x-proxy-saw", request.auth?.user?.email ?? "nobody")
  return response
})

export const config = { matcher: ["/"] }
`

// As docs/frameworks.md has it: what the edge runtime needs apart from what needs Node.js.
const splitConfiguration = {
  "auth.config.ts": `
import type { NextAuthConfig } from "next-auth"

export const authConfig = {
  session: { strategy: "jwt" },
  providers: [${openId}],
} satisfies NextAuthConfig
`,
  "auth.ts": `
import NextAuth from "next-auth"
import Nodemailer from "next-auth/providers/nodemailer"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { authConfig } from "./auth.config"

export const adapter = SqlxAdapter()
export const marker = "change 0"
const magicLink = ${magicLink}

export const { handlers, auth } = NextAuth({
  ...authConfig,
  adapter,
  providers: [...authConfig.providers, magicLink],
})
`,
  "middleware.ts": proxy.replace(
    `import { auth } from "./auth"\n`,
    `import NextAuth from "next-auth"\nimport { authConfig } from "./auth.config"\n\nconst { auth } = NextAuth(authConfig)\n`,
  ),
}

const appRouter5 = {
  "auth.ts": auth5,
  "app/layout.tsx": layout,
  "app/page.tsx": home5,
  "app/api/auth/[...nextauth]/route.ts": `
import { handlers } from "../../../../auth"

export const { GET, POST } = handlers
`,
  "app/api/stats/route.ts": stats,
  "app/api/edge/route.ts": edge,
}

const auth4 = `
import type { NextAuthOptions } from "next-auth"
import EmailProvider from "next-auth/providers/email"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const adapter = SqlxAdapter()

export const authOptions: NextAuthOptions = {
  adapter,
  providers: [
    {
      id: "loopback",
      name: "Loopback ID",
      type: "oauth",
      wellKnown: process.env.OIDC_ISSUER + "/.well-known/openid-configuration",
      clientId: process.env.OIDC_CLIENT_ID,
      clientSecret: process.env.OIDC_CLIENT_SECRET,
      idToken: true,
      checks: ["pkce", "state", "nonce"],
      authorization: { params: { scope: "openid email profile" } },
      profile: ({ sub, name, email }: Record<string, string>) => ({ id: sub, name, email }),
    },
    EmailProvider({ server: process.env.EMAIL_SERVER, from: "app@example.test" }),
  ],
}
`

const appRouter4 = {
  "auth.ts": auth4,
  "app/layout.tsx": layout,
  "app/page.tsx": `
import { getServerSession } from "next-auth"
import { authOptions } from "../auth"

export default async function Home() {
  const session = await getServerSession(authOptions)
  return <p id="who">{session?.user?.email ?? "nobody"}</p>
}
`,
  "app/api/auth/[...nextauth]/route.ts": `
import NextAuth from "next-auth"
import { authOptions } from "../../../../auth"

const handler = NextAuth(authOptions)

export { handler as GET, handler as POST }
`,
  "app/api/stats/route.ts": stats,
}

const pagesRouter = {
  "auth.ts": auth4,
  "pages/api/auth/[...nextauth].ts": `
import NextAuth from "next-auth"
import { authOptions } from "../../../auth"

export default NextAuth(authOptions)
`,
  "pages/index.tsx": `
import type { GetServerSideProps } from "next"
import { getServerSession } from "next-auth"
import { authOptions } from "../auth"

export const getServerSideProps: GetServerSideProps = async ({ req, res }) => {
  const session = await getServerSession(req, res, authOptions)
  return { props: { who: session?.user?.email ?? "nobody" } }
}

export default function Home({ who }: { who: string }) {
  return <p id="who">{who}</p>
}
`,
}

module.exports = { nextSources }
