export * from "./compose.js"
