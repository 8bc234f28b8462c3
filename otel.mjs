import otel from "./otel.js"

export const { withOpenTelemetry } = otel
