import { withSqlxAdapter } from "./next.js"

export * from "./next.js"
export default withSqlxAdapter
