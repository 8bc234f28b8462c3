import type { NextConfig } from "next"

const config: NextConfig = {
  // The adapter is a native addon: Node.js loads it, the bundler leaves it alone.
  serverExternalPackages: ["next-auth-sqlx-adapter"],
  // The repository around the example has a lock file too, which Next.js would take for the root.
  turbopack: { root: import.meta.dirname },
}

export default config
