import { composeAdapters, mirror } from "./compose.js"

export { composeAdapters, mirror }
