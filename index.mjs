import { SqlxAdapter, SqlxAdapterError } from "./index.js"

export { SqlxAdapter, SqlxAdapterError }
export default SqlxAdapter
