import type { MeterProvider, TracerProvider } from "@opentelemetry/api"

export interface OpenTelemetryOptions {
  /** @default the application's global one */
  tracerProvider?: TracerProvider
  /** @default the application's global one */
  meterProvider?: MeterProvider
  /** `db.client.connection.pool.name`, to tell several adapters apart. @default "next-auth-sqlx-adapter" */
  poolName?: string
}

/**
 * The adapter with a span for every call, and metrics, by OpenTelemetry's conventions for database
 * clients. It needs the application's `@opentelemetry/api`: without it, this throws
 * `ERR_CONFIG`. It costs next to nothing where the application has set up neither. Arguments, results
 * and messages are never told.
 *
 * @example
 * adapter: withOpenTelemetry(SqlxAdapter())
 */
export declare function withOpenTelemetry<Adapter extends object>(
  adapter: Adapter,
  options?: OpenTelemetryOptions,
): Adapter
