// SvelteKit: built for Node.js by Vite, and developed.

const path = require("node:path")
const { must, project, visit, write } = require("./application.js")
const { seesWho } = require("./express.js")
const { providers } = require("./providers.js")

const packages = [
  "@auth/sveltekit@1.11.3",
  "@sveltejs/adapter-node@5.5.7",
  "@sveltejs/kit@2.70.4",
  "@sveltejs/vite-plugin-svelte@6.2.4",
  "nodemailer@7.0.13",
  "svelte@5.57.3",
  "vite@7.3.8",
]

const sources = {
  "svelte.config.js": `
import adapter from "@sveltejs/adapter-node"

export default { kit: { adapter: adapter() } }
`,
  "vite.config.js": `
import { sveltekit } from "@sveltejs/kit/vite"
import { defineConfig } from "vite"

export default defineConfig({ plugins: [sveltekit()] })
`,
  "src/app.html": `<!doctype html>
<html lang="en">
  <head>%sveltekit.head%</head>
  <body>%sveltekit.body%</body>
</html>
`,
  "src/auth.js": `
import { SvelteKitAuth } from "@auth/sveltekit"
import Nodemailer from "@auth/sveltekit/providers/nodemailer"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

export const { handle, signIn, signOut } = SvelteKitAuth({
  adapter: SqlxAdapter(),
  providers: ${providers},
  trustHost: true,
})
`,
  "src/hooks.server.js": `export { handle } from "./auth.js"\n`,
  "src/routes/+page.server.js": `
export const load = async ({ locals }) => ({ who: (await locals.auth())?.user?.email ?? "nobody" })
`,
  "src/routes/+page.svelte": `
<script>
  let { data } = $props()
</script>

<p id="who">{data.who}</p>
`,
}

const visitor = ({ browser, logs }, cwd, command) =>
  visit({
    browser,
    logs,
    cwd,
    command,
    env: (base) => ({ ORIGIN: base, HOST: "127.0.0.1" }),
    authPath: "/auth",
    whileSignedIn: seesWho,
  })

async function prepared({ folder }) {
  const cwd = await project(folder, packages)
  const manifest = JSON.parse(
    require("node:fs").readFileSync(path.join(cwd, "package.json"), "utf8"),
  )
  write(cwd, { ...sources, "package.json": JSON.stringify({ ...manifest, type: "module" }) })
  return { cwd, vite: path.join(cwd, "node_modules/vite/bin/vite.js") }
}

async function build(context) {
  const { cwd, vite } = await prepared(context)
  const log = path.join(context.logs, "build.log")
  await must(process.execPath, [vite, "build"], { cwd, log })
  await visitor(context, cwd, () => [process.execPath, ["build"]])
}

async function dev(context) {
  const { cwd, vite } = await prepared(context)
  const args = (port) => [vite, "dev", "--host", "127.0.0.1", "--port", `${port}`]
  await visitor(context, cwd, (port) => [process.execPath, args(port)])
}

const line = (way, run) => ({
  application: "SvelteKit",
  bundler: "vite 7.3.8",
  way,
  versions: "kit 2.70.4, adapter-node 5.5.7, @auth/sveltekit 1.11.3",
  run,
})

module.exports = { lines: [line("vite build", build), line("vite dev", dev)] }
