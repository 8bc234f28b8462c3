// `node .ci/repository.mjs OWNER/NAME [FOLDER]`: whether package.json and each npm/*/package.json say that they come from
// this repository of GitHub. npm refuses a provenance that names another than `repository.url`, and compares letter by letter.

import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { root } from "./setup.mjs"

const [repository, folder = root] = process.argv.slice(2)
if (!/^[\w.-]+\/[\w.-]+$/.test(repository ?? "")) {
  console.error("Name the repository, as $GITHUB_REPOSITORY does: owner/name.")
  process.exit(2)
}

const expected = `git+https://github.com/${repository}.git`
const manifests = [
  "package.json",
  ...readdirSync(path.join(folder, "npm")).map((name) => `npm/${name}/package.json`),
]
const wrong = manifests.filter((name) => {
  const manifest = JSON.parse(readFileSync(path.join(folder, name), "utf8"))
  return manifest.repository?.url !== expected
})

if (wrong.length > 0) {
  console.error(`"repository": { "type": "git", "url": "${expected}" } is not in:`)
  for (const name of wrong) console.error(`  ${name}`)
  console.error("Write it into package.json, and run `npx napi create-npm-dirs` for the others.")
}
console.log(`${manifests.length - wrong.length} of ${manifests.length} packages name ${repository}`)
process.exitCode = wrong.length === 0 ? 0 : 1
