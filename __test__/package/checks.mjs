// What publint and Are The Types Wrong say of a packed tarball, as JSON:
//
//   node checks.mjs <tarball>

import { readFileSync } from "node:fs"
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { publint } from "publint"
import { formatMessage } from "publint/utils"

const tarball = readFileSync(process.argv[2])

const { messages, pkg } = await publint({
  pack: {
    tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.length),
  },
  level: "suggestion",
  strict: true,
})
const { types, problems, entrypoints } = await checkPackage(createPackageFromTarballData(tarball))

console.log(
  JSON.stringify({
    publint: messages.map((message) => `${message.type}: ${formatMessage(message, pkg)}`),
    types: types?.kind,
    entrypoints: Object.keys(entrypoints),
    problems,
  }),
)
