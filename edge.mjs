import { SqlxAdapter, SqlxAdapterError } from "./edge.js"

export { SqlxAdapter, SqlxAdapterError }
export default SqlxAdapter
