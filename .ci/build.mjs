// `npm run build` and `npm run build:quick`: the addon, with the profile that is named.

import { buildAddon } from "./setup.mjs"

buildAddon(process.argv[2])
