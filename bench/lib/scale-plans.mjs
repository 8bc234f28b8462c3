// What the server says of the statements that the adapter sends: `EXPLAIN (ANALYZE, BUFFERS, WAL)` of each
// as it runs, by PostgreSQL's own auto_explain, those that check foreign keys included.

import { closeSync, openSync, readSync, statSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { median } from "./summary.mjs"

const FILE = "statements"

/** What the server must be started with. */
export const SETTINGS = {
  shared_preload_libraries: "auto_explain",
  logging_collector: "on",
  log_destination: "jsonlog",
  log_directory: "explained",
  log_filename: FILE,
  log_file_mode: "0644",
  "auto_explain.log_analyze": "on",
  "auto_explain.log_buffers": "on",
  "auto_explain.log_wal": "on",
  "auto_explain.log_timing": "off",
  "auto_explain.log_nested_statements": "on",
  "auto_explain.log_format": "json",
}

/** Has the statements of connections that are made from now on explained, or not. */
export async function explain(admin, database, on) {
  const value = on ? "0" : "-1"
  await admin.query(`ALTER DATABASE "${database}" SET auto_explain.log_min_duration = ${value}`)
}

/** Runs something and gives the plans of the statements that it made the server run. */
export async function plansOf(server, run) {
  const file = join(server.folder, "data", "explained", `${FILE}.json`)
  const before = statSync(file).size
  await run()
  await settled(file)
  return since(file, before).flatMap(({ message }) => {
    const at = message?.indexOf("plan:\n") ?? -1
    return at < 0 || !message.startsWith("duration:") ? [] : [JSON.parse(message.slice(at + 6))]
  })
}

/** Waits until the server has written what it had to say. */
async function settled(file) {
  for (let size = -1; ; ) {
    await sleep(300)
    const { size: now } = statSync(file)
    if (now === size) return
    size = now
  }
}

function since(file, position) {
  const descriptor = openSync(file, "r")
  try {
    const bytes = Buffer.alloc(statSync(file).size - position)
    readSync(descriptor, bytes, 0, bytes.length, position)
    return bytes
      .toString()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  } finally {
    closeSync(descriptor)
  }
}

/**
 * The plans by statement.
 *
 * @returns {{ text: string, count: number, pages: number, most: number, wal: number, plan: string }[]}
 */
export function byStatement(plans) {
  const groups = new Map()
  for (const plan of plans) {
    const text = plan["Query Text"]
    groups.set(text, [...(groups.get(text) ?? []), plan])
  }
  return [...groups].map(([text, group]) => {
    const pages = group.map(({ Plan }) => Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"])
    return {
      text,
      count: group.length,
      pages: median(pages),
      most: Math.max(...pages),
      wal: median(group.map(({ Plan }) => Plan["WAL Bytes"] ?? 0)),
      plan: outline(group[0].Plan),
    }
  })
}

/** A plan in one line: its nodes and the indexes that they use. */
function outline(node) {
  const within = (node.Plans ?? []).map(outline)
  const name = [node["Node Type"], node["Index Name"]].filter(Boolean).join(" ")
  return within.length > 0 ? `${name} (${within.join(", ")})` : name
}
