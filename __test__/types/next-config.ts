// The wrapper for the configuration of Next.js gives what it was given, without `next` to compile it.

import Default, { withSqlxAdapter } from "next-auth-sqlx-adapter/next"

interface NextConfig {
  output?: "standalone" | "export"
  serverExternalPackages?: string[]
}

export const object: NextConfig = withSqlxAdapter({ output: "standalone" })
export const none: NextConfig = Default()

// @ts-expect-error not one of the outputs
export const wrong: NextConfig = withSqlxAdapter({ output: "standalon" })

type Context = { defaultConfig: NextConfig }
export const made: (phase: string, context: Context) => NextConfig = withSqlxAdapter(
  (phase: string, { defaultConfig }: Context) => (phase ? defaultConfig : {}),
)
export const promised: (phase: string) => Promise<NextConfig> = withSqlxAdapter(
  async (_phase: string): Promise<NextConfig> => ({ output: "export" }),
)

// @ts-expect-error a configuration is an object or a function
withSqlxAdapter("standalone")
