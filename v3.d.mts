import Adapters from "./v3.js"

export * from "./v3.js"
export default Adapters
