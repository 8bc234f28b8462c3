"use strict"

/** How many lines that stay are shown around those that change. */
const around = 2

/** A change as lines of a diff, `[sign, text]`; `@@` stands between two places. */
function diff(before, after) {
  const lines = compared(split(before), split(after))
  const near = lines.map((_, i) =>
    lines.slice(Math.max(0, i - around), i + around + 1).some(([sign]) => sign !== " "),
  )
  return lines.flatMap((line, i) => {
    if (near[i]) return [line]
    return i > 0 && near[i - 1] && near.includes(true, i) ? [["@@", ""]] : []
  })
}

function split(text = "") {
  const lines = text.split("\n")
  if (lines.at(-1) === "") lines.pop()
  return lines
}

/** By the longest common subsequence: the sources that are compared have some hundred lines. */
function compared(old, fresh) {
  const longest = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1))
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      longest[i][j] =
        old[i] === fresh[j]
          ? longest[i + 1][j + 1] + 1
          : Math.max(longest[i + 1][j], longest[i][j + 1])
    }
  }
  const lines = []
  let [i, j] = [0, 0]
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push([" ", old[i]])
      i += 1
      j += 1
    } else if (i < old.length && (j === fresh.length || longest[i + 1][j] >= longest[i][j + 1])) {
      lines.push(["-", old[i++]])
    } else {
      lines.push(["+", fresh[j++]])
    }
  }
  return lines
}

module.exports = { diff }
