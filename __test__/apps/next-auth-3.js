// NextAuth v3 with its default adapter, which is ours, under the Next.js of its time: built, and developed.
// Not moved elsewhere: `output: "standalone"` of Next.js 12 leaves out a file of a package that comes with NextAuth v3.

const path = require("node:path")
const { must, project, visit, write } = require("./application.js")
const { V3 } = require("./sign-in.js")

const packages = [
  "next@12.3.7",
  "next-auth@3.29.10",
  "nodemailer@6.10.1",
  "react@17.0.2",
  "react-dom@17.0.2",
]

const quiet = { NEXT_TELEMETRY_DISABLED: "1" }

const sources = {
  "pages/_app.js": `
import { Provider } from "next-auth/client"

export default function App({ Component, pageProps }) {
  return (
    <Provider session={pageProps.session}>
      <Component {...pageProps} />
    </Provider>
  )
}
`,
  "pages/index.js": `
import { getSession, useSession } from "next-auth/client"

export const getServerSideProps = async (context) => ({
  props: { session: await getSession(context) },
})

export default function Home() {
  const [session] = useSession()
  return <p id="who">{session?.user?.email ?? "nobody"}</p>
}
`,
  "pages/api/auth/[...nextauth].js": `
import NextAuth from "next-auth"
import Providers from "next-auth/providers"
import Adapters from "next-auth-sqlx-adapter/v3"

const issuer = process.env.OIDC_ISSUER
const adapter = Adapters.Default(process.env.AUTH_DATABASE_URL + "?synchronize=true")

export default NextAuth({
  adapter,
  secret: process.env.AUTH_SECRET,
  session: { jwt: false },
  providers: [
    {
      id: "loopback",
      name: "Loopback ID",
      type: "oauth",
      version: "2.0",
      scope: "openid email profile",
      params: { grant_type: "authorization_code" },
      authorizationUrl: issuer + "/auth?response_type=code",
      accessTokenUrl: issuer + "/token",
      profileUrl: issuer + "/me",
      idToken: true,
      protection: ["pkce", "state"],
      clientId: process.env.OIDC_CLIENT_ID,
      clientSecret: process.env.OIDC_CLIENT_SECRET,
      profile: ({ sub, name, email }) => ({ id: sub, name, email }),
    },
    Providers.Email({ server: process.env.EMAIL_SERVER, from: "app@example.test" }),
  ],
})
`,
}

const binary = (place) => path.join(place, "node_modules/next/dist/bin/next")

async function run(command, { browser, folder, logs }) {
  const place = await project(folder, packages)
  write(place, sources)
  if (command === "start") {
    const log = path.join(logs, "build.log")
    await must(process.execPath, [binary(place), "build"], { cwd: place, env: quiet, log })
  }
  await visit({
    browser,
    logs,
    cwd: place,
    command: (port) => [
      process.execPath,
      [binary(place), command, "-H", "127.0.0.1", "-p", `${port}`],
    ],
    env: (base) => ({ ...quiet, NEXTAUTH_URL: base }),
    authPath: "/api/auth",
    authMethod: "client_secret_post",
    tables: V3,
    async whileSignedIn({ page }, { base }) {
      await page.goto(base)
      await page.getByText("ada@example.test").waitFor()
    },
  })
}

const line = (way, command) => ({
  application: "Next.js Pages Router",
  bundler: "webpack",
  way,
  versions: "next 12.3.7, next-auth 3.29.10",
  run: (context) => run(command, context),
})

module.exports = { lines: [line("next build, next start", "start"), line("next dev", "dev")] }
