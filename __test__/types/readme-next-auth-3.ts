// pages/api/auth/[...nextauth].ts
import NextAuth from "next-auth"
import Providers from "next-auth/providers"
import Adapters from "next-auth-sqlx-adapter/v3"

const { DATABASE_URL = "", GITHUB_ID = "", GITHUB_SECRET = "" } = process.env
const providers = [Providers.GitHub({ clientId: GITHUB_ID, clientSecret: GITHUB_SECRET })]

export default NextAuth({ adapter: Adapters.Default(DATABASE_URL), providers })
