"use strict"

// JavaScript and TypeScript as text, as far as `init` edits it: an import, an expression that is
// wrapped. What is not understood is left alone, and `undefined` says so.

/** The source with this name imported, or required, in the manner that the source itself has. */
function withImport(source, name, from) {
  const statement = new RegExp(`\\{[^}]*\\b${name}\\b[^}]*\\}[^;\\n]*["']${from}["']`)
  if (statement.test(source)) return source
  const quote = source.split("'").length > source.split('"').length ? "'" : '"'
  const end = /["')];\s*$/m.test(source) ? ";" : ""
  const line = isModule(source)
    ? `import { ${name} } from ${quote}${from}${quote}${end}\n`
    : `const { ${name} } = require(${quote}${from}${quote})${end}\n`
  const at = afterImports(source)
  return (
    source.slice(0, at) + (at > 0 && source[at - 1] !== "\n" ? "\n" : "") + line + gap(source, at)
  )
}

/** The rest of a source from `at`, set off from an import that comes before it. */
function gap(source, at) {
  const rest = source.slice(at)
  const follows = at > 0 && /^(\s|$)/.test(rest)
  return follows || rest === "" ? rest : `\n${rest}`
}

function isModule(source) {
  return /^\s*(import|export)\b/m.test(source) || !/\b(require\s*\(|module\.exports\b)/.test(source)
}

/** Where the last import ends; without one, the beginning, or what follows a directive there. */
function afterImports(source) {
  const imports = /^import\b[^;'"]*["'][^"'\n]+["'];?[^\S\n]*(?:\n|$)/gm
  const requires = /^(?:const|let|var)\b[^;='"]*=\s*require\(["'][^"'\n]+["']\);?[^\S\n]*(?:\n|$)/gm
  const all = [...source.matchAll(imports), ...source.matchAll(requires)]
  const last = all.sort((a, b) => a.index - b.index).at(-1)
  if (last) return last.index + last[0].length
  return /^(?:#![^\n]*\n)?(?:\s*["']use [a-z]+["'];?\s*\n)?/.exec(source)[0].length
}

/** The source with what it exports by default put into a call of this function. */
function wrapDefaultExport(source, wrapper) {
  const begin = /^(?:export\s+default\s+|module\.exports\s*=\s*)/m.exec(source)
  if (!begin) return undefined
  const start = begin.index + begin[0].length
  const end = endOfExpression(source, start)
  if (end === undefined || /^class\b/.test(source.slice(start))) return undefined
  return `${source.slice(0, start)}${wrapper}(${source.slice(start, end)})${source.slice(end)}`
}

const closing = { "(": ")", "[": "]", "{": "}" }

/** Where the expression that begins at `start` ends, with its brackets closed. */
function endOfExpression(source, start) {
  const open = []
  let end // after the last thing that belongs to it
  for (let at = start; at < source.length; at += 1) {
    const skipped = afterTextOrComment(source, at)
    if (skipped === undefined) return undefined
    if (skipped > at) {
      if (source[at] !== "/") end = skipped
      at = skipped - 1
      continue
    }
    const sign = source[at]
    if (closing[sign]) open.push(closing[sign])
    else if (")]}".includes(sign) && open.pop() !== sign) return undefined
    if (open.length === 0) {
      if (sign === ";") return end
      if (sign === "\n" && end !== undefined && startsStatement(source.slice(at))) return end
    }
    if (!/\s/.test(sign)) end = at + 1
  }
  return open.length === 0 ? end : undefined
}

function startsStatement(rest) {
  return /^\s*(?:(?:import|export|const|let|var|function|class|async\s+function)\b|module\.)/.test(
    rest,
  )
}

/** Where the string, template or comment at a place ends; the place itself, if there is none. */
function afterTextOrComment(source, at) {
  const two = source.slice(at, at + 2)
  if (two === "//") return ends(source.indexOf("\n", at), 0, source.length)
  if (two === "/*") return ends(source.indexOf("*/", at + 2), 2)
  const quote = source[at]
  if (!['"', "'", "`"].includes(quote)) return at
  for (let next = at + 1; next < source.length; next += 1) {
    if (source[next] === "\\") next += 1
    else if (source[next] === quote) return next + 1
  }
  return undefined
}

const ends = (found, length, otherwise) => (found < 0 ? otherwise : found + length)

module.exports = { withImport, wrapDefaultExport }
