import { redirect } from "next/navigation"
import NextAuth, { type Session } from "next-auth"
import Nodemailer from "next-auth/providers/nodemailer"
import { SqlxAdapter } from "next-auth-sqlx-adapter"
import { cache } from "react"

export const adapter = SqlxAdapter() // the database: AUTH_DATABASE_URL

export const { handlers, auth, signIn, signOut } = NextAuth({
  adapter,
  session: { strategy: "database" },
  providers: [
    {
      id: "loopback",
      name: "Loopback ID",
      type: "oidc",
      issuer: process.env.OIDC_ISSUER,
      clientId: process.env.OIDC_CLIENT_ID,
      clientSecret: process.env.OIDC_CLIENT_SECRET,
      checks: ["pkce", "state", "nonce"],
      // Ask who it is each time, so that one browser can try several people.
      authorization: { params: { scope: "openid email profile", prompt: "login" } },
    },
    Nodemailer({
      // `next build` reads this file too, without the environment of the running server.
      server: process.env.EMAIL_SERVER ?? "smtp://127.0.0.1",
      from: "The example <no-reply@example.test>",
    }),
  ],
  pages: { signIn: "/", verifyRequest: "/inbox", error: "/error" },
})

/**
 * The session of whoever asks for the page, or `null`; read once a request. On the server `auth()`
 * gives all of it, the token too: hand single fields to client components, never the whole.
 */
export const currentSession = cache(
  async () => (await auth()) as (Session & { userId: string; sessionToken: string }) | null,
)

/** The same, for pages and actions that only signed-in people reach. */
export async function requireSession() {
  return (await currentSession()) ?? redirect("/")
}
