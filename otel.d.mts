export * from "./otel.js"
