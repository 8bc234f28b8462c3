// Qwik City, built by Vite for Node.js: once for the browser, once for the server.

const fs = require("node:fs")
const path = require("node:path")
const { must, project, visit, write } = require("./application.js")
const { seesWho } = require("./express.js")
const { providers } = require("./providers.js")

const packages = [
  "@auth/qwik@0.9.1",
  "@builder.io/qwik@1.20.1",
  "@builder.io/qwik-city@1.20.1",
  "nodemailer@7.0.13",
  "typescript@5.9.3",
  "vite@7.3.8",
]

const sources = {
  // The build for the browser resolves what is for the server as well, without the condition "browser".
  "vite.config.js": `
import { qwikCity } from "@builder.io/qwik-city/vite"
import { qwikVite } from "@builder.io/qwik/optimizer"
import { defineConfig } from "vite"

export default defineConfig({
  plugins: [qwikCity(), qwikVite()],
  build: { rollupOptions: { external: ["next-auth-sqlx-adapter"] } },
  ssr: { external: ["next-auth-sqlx-adapter"] },
})
`,
  "adapters/node-server/vite.config.js": `
import { nodeServerAdapter } from "@builder.io/qwik-city/adapters/node-server/vite"
import { extendConfig } from "@builder.io/qwik-city/vite"
import baseConfig from "../../vite.config.js"

export default extendConfig(baseConfig, () => ({
  build: { ssr: true, rollupOptions: { input: ["src/entry.node-server.jsx", "@qwik-city-plan"] } },
  plugins: [nodeServerAdapter({ name: "node-server" })],
}))
`,
  "src/root.jsx": `
import { component$ } from "@builder.io/qwik"
import { QwikCityProvider, RouterOutlet } from "@builder.io/qwik-city"

export default component$(() => (
  <QwikCityProvider>
    <head>
      <meta charset="utf-8" />
    </head>
    <body lang="en">
      <RouterOutlet />
    </body>
  </QwikCityProvider>
))
`,
  "src/entry.ssr.jsx": `
import { renderToStream } from "@builder.io/qwik/server"
import { manifest } from "@qwik-client-manifest"
import Root from "./root"

export default (options) => renderToStream(<Root />, { manifest, ...options })
`,
  "src/entry.node-server.jsx": `
import { createServer } from "node:http"
import { createQwikCity } from "@builder.io/qwik-city/middleware/node"
import qwikCityPlan from "@qwik-city-plan"
import { manifest } from "@qwik-client-manifest"
import render from "./entry.ssr"

const { router, notFound, staticFile } = createQwikCity({ render, qwikCityPlan, manifest })
const server = createServer((request, response) => {
  const otherwise = () => notFound(request, response, () => {})
  staticFile(request, response, () => router(request, response, otherwise))
})
server.listen(Number(process.env.PORT), "127.0.0.1")
`,
  "src/routes/index.jsx": `
import { component$ } from "@builder.io/qwik"
import { useSession } from "./plugin@auth"

export default component$(() => {
  const session = useSession()
  return <p id="who">{session.value?.user?.email ?? "nobody"}</p>
})
`,
  "src/routes/plugin@auth.js": `
import { QwikAuth$ } from "@auth/qwik"
import Nodemailer from "@auth/qwik/providers/nodemailer"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const { onRequest, useSession, useSignIn, useSignOut } = QwikAuth$(() => ({
  adapter: SqlxAdapter(),
  providers: ${providers},
  trustHost: true,
}))
`,
}

async function build(context) {
  const cwd = await project(context.folder, packages)
  const manifest = JSON.parse(fs.readFileSync(path.join(cwd, "package.json"), "utf8"))
  write(cwd, { ...sources, "package.json": JSON.stringify({ ...manifest, type: "module" }) })
  const vite = path.join(cwd, "node_modules/vite/bin/vite.js")
  const server = ["--config", "adapters/node-server/vite.config.js"]
  for (const [name, more] of Object.entries({ client: [], server })) {
    const log = path.join(context.logs, `${name}.log`)
    await must(process.execPath, [vite, "build", ...more], { cwd, log })
  }
  await visit({
    ...context,
    cwd,
    command: () => [process.execPath, ["server/entry.node-server.js"]],
    env: (base) => ({ ORIGIN: base }),
    authPath: "/auth",
    whileSignedIn: seesWho,
  })
}

const line = {
  application: "Qwik City",
  bundler: "vite 7.3.8",
  way: "vite build",
  versions: "qwik-city 1.20.1, @auth/qwik 0.9.1",
  run: build,
}

module.exports = { lines: [line] }
