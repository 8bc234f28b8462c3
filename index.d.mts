import { SqlxAdapter } from "./index.js"

export * from "./index.js"
export default SqlxAdapter
