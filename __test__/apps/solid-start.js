// SolidStart: built by Vinxi, whose Nitro traces what the server needs and copies it beside it.

const fs = require("node:fs")
const path = require("node:path")
const { must, project, visit, write } = require("./application.js")
const { seesWho } = require("./express.js")
const { providers } = require("./providers.js")

const packages = [
  // @auth/solid-start asks for SolidStart 0.2, and works with 1.
  "--legacy-peer-deps",
  "@auth/core@0.41.2",
  "@auth/solid-start@0.19.2",
  "@solidjs/router@0.15.4",
  "@solidjs/start@1.3.2",
  "nodemailer@7.0.13",
  "solid-js@1.9.14",
  "vinxi@0.5.11",
]

const sources = {
  "app.config.js": `
import { defineConfig } from "@solidjs/start/config"

export default defineConfig({
  server: { preset: "node-server" },
  vite: { ssr: { external: ["next-auth-sqlx-adapter"] } },
})
`,
  "src/app.jsx": `
import { Router } from "@solidjs/router"
import { FileRoutes } from "@solidjs/start/router"
import { Suspense } from "solid-js"

export default function App() {
  return (
    <Router root={(props) => <Suspense>{props.children}</Suspense>}>
      <FileRoutes />
    </Router>
  )
}
`,
  "src/entry-client.jsx": `
import { mount, StartClient } from "@solidjs/start/client"

mount(() => <StartClient />, document.getElementById("app"))
`,
  "src/entry-server.jsx": `
import { createHandler, StartServer } from "@solidjs/start/server"

const document = ({ assets, children, scripts }) => (
  <html lang="en">
    <head>{assets}</head>
    <body>
      <div id="app">{children}</div>
      {scripts}
    </body>
  </html>
)

export default createHandler(() => <StartServer document={document} />)
`,
  "src/auth.js": `
import Nodemailer from "@auth/core/providers/nodemailer"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const authOptions = {
  adapter: SqlxAdapter(),
  providers: ${providers},
  secret: process.env.AUTH_SECRET,
  trustHost: true,
  basePath: "/api/auth",
}
`,
  "src/routes/index.jsx": `
import { createAsync, query } from "@solidjs/router"
import { getSession } from "@auth/solid-start"
import { getRequestEvent } from "solid-js/web"
import { authOptions } from "../auth"

const who = query(async () => {
  "use server"
  const session = await getSession(getRequestEvent().request, authOptions)
  return session?.user?.email ?? "nobody"
}, "who")

export default function Home() {
  const name = createAsync(() => who(), { deferStream: true })
  return <p id="who">{name()}</p>
}
`,
  "src/routes/api/auth/[...solidauth].js": `
import { SolidAuth } from "@auth/solid-start"
import { authOptions } from "../../../auth"

export const { GET, POST } = SolidAuth(authOptions)
`,
}

async function build(context) {
  const cwd = await project(context.folder, packages)
  const manifest = JSON.parse(fs.readFileSync(path.join(cwd, "package.json"), "utf8"))
  write(cwd, { ...sources, "package.json": JSON.stringify({ ...manifest, type: "module" }) })
  const vinxi = path.join(cwd, "node_modules/.bin/vinxi")
  await must(vinxi, ["build"], { cwd, log: path.join(context.logs, "build.log") })

  // What was built is all that is needed: it has to run elsewhere.
  const elsewhere = path.join(context.logs, "moved")
  const copy = { recursive: true, verbatimSymlinks: true }
  fs.cpSync(path.join(cwd, ".output"), elsewhere, copy)
  fs.renameSync(cwd, `${cwd}-hidden`)
  try {
    await visit({
      ...context,
      cwd: elsewhere,
      command: () => [process.execPath, ["server/index.mjs"]],
      env: () => ({ HOST: "127.0.0.1" }),
      authPath: "/api/auth",
      whileSignedIn: seesWho,
    })
  } finally {
    fs.renameSync(`${cwd}-hidden`, cwd)
  }
}

const line = {
  application: "SolidStart",
  bundler: "vinxi 0.5.11",
  way: "vinxi build, moved",
  versions: "@solidjs/start 1.3.2, @auth/solid-start 0.19.2",
  run: build,
}

module.exports = { lines: [line] }
