import { withSqlxAdapter } from "./next.js"

export { withSqlxAdapter }
export default withSqlxAdapter
