// The session that NextAuth 4 and Auth.js 5 find for a cookie of v3's, as JSON:
//
//   node later.mjs <database URL> <session token> [schema]      v3's own, without a schema

import { Auth } from "@auth/core"
import { SqlxAdapter } from "../../index.js"
// Its own entry point needs Next.js.
import next4 from "../../node_modules/next-auth-4/core/index.js"
import browser from "./browser.js"

const [url, token, schema = "typeorm-v3"] = process.argv.slice(2)
const cookie = browser.SESSION_COOKIE
const adapter = SqlxAdapter(url, schema === "own" ? {} : { schema })
const options = {
  adapter,
  secret: "the application's secret",
  providers: [],
  session: { strategy: "database" },
}

const four = await next4.AuthHandler({
  req: {
    action: "session",
    method: "GET",
    origin: "http://localhost",
    cookies: { [cookie]: token },
    headers: {},
  },
  options,
})

const request = new Request("http://localhost/api/auth/session", {
  headers: { cookie: `${cookie}=${token}` },
})
const five = await Auth(request, {
  ...options,
  basePath: "/api/auth",
  trustHost: true,
  cookies: { sessionToken: { name: cookie } },
})

console.log(JSON.stringify({ four: four.body, five: await five.json() }))
await adapter.close()
