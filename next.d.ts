/**
 * Wraps the configuration of Next.js, an object or the function that makes one, so that Next.js
 * leaves the adapter's native addon to Node.js: it adds the package to `serverExternalPackages`
 * or, in Next.js 13 and 14, to `experimental.serverComponentsExternalPackages`. Everything else stays
 * as it is.
 *
 * @example
 * // next.config.ts
 * export default withSqlxAdapter({ output: "standalone" })
 */
export declare function withSqlxAdapter<Args extends unknown[], Config>(
  config: (...args: Args) => Config,
): (...args: Args) => Config
export declare function withSqlxAdapter<Config extends object>(config?: Config): Config
export default withSqlxAdapter
