// Express, which bundles nothing.

const assert = require("node:assert/strict")
const { project, visit, write } = require("./application.js")
const { providers } = require("./providers.js")

const packages = ["express@5.3.0", "@auth/express@0.12.3", "nodemailer@7.0.13"]

const sources = {
  "server.mjs": `
import { ExpressAuth, getSession } from "@auth/express"
import Nodemailer from "@auth/express/providers/nodemailer"
import express from "express"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

const config = { adapter: SqlxAdapter(), providers: ${providers} }

const app = express()
app.set("trust proxy", true)
app.use("/auth", ExpressAuth(config))
app.get("/", async (request, response) => {
  const session = await getSession(request, config)
  response.send(\`<p id="who">\${session?.user?.email ?? "nobody"}</p>\`)
})
app.listen(Number(process.env.PORT), "127.0.0.1")
`,
}

/** The page that every application here has, with who is signed in. */
async function seesWho({ page }, { base }) {
  await page.goto(base)
  assert.equal(await page.locator("#who").textContent(), "ada@example.test")
}

const express = {
  application: "Express",
  bundler: "none",
  way: "node server.mjs",
  versions: "express 5.3.0, @auth/express 0.12.3",
  async run({ browser, folder, logs }) {
    const cwd = await project(folder, packages)
    write(cwd, sources)
    await visit({
      browser,
      logs,
      cwd,
      command: () => [process.execPath, ["server.mjs"]],
      env: () => ({ AUTH_TRUST_HOST: "true" }),
      authPath: "/auth",
      whileSignedIn: seesWho,
    })
  },
}

module.exports = { lines: [express], seesWho }
