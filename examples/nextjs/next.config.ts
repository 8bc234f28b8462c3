import type { NextConfig } from "next"
import { withSqlxAdapter } from "next-auth-sqlx-adapter/next"

const config: NextConfig = {
  // The repository around the example has a lock file too, which Next.js would take for the root.
  turbopack: { root: import.meta.dirname },
}

// The adapter is a native addon: Node.js loads it, the bundler leaves it alone.
export default withSqlxAdapter(config)
