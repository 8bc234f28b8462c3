// pages/api/auth/[...nextauth].ts
import NextAuth from "next-auth"
import GitHub from "next-auth/providers/github"
import { SqlxAdapter } from "next-auth-sqlx-adapter"

const { GITHUB_ID = "", GITHUB_SECRET = "" } = process.env
const providers = [GitHub({ clientId: GITHUB_ID, clientSecret: GITHUB_SECRET })]

export default NextAuth({ adapter: SqlxAdapter(), providers })
