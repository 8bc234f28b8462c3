// A bar chart as SVG. Its colours follow the reader's light or dark page.

const BAR = 22
const GAP = 10
const LABELS = 300
const BARS = 400
const VALUES = 90
const TOP = 44

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .value { fill: #59636e }
  .ours { fill: #1a7f37 }
  .adapter { fill: #8c959f }
  .floor { fill: #54aeff }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .value { fill: #9198a1 }
    .ours { fill: #3fb950 }
    .adapter { fill: #656c76 }
    .floor { fill: #388bfd }
  }`

/**
 * @param {string} title
 * @param {{ label: string, kind: "ours" | "adapter" | "floor", value: number, text: string }[]} bars
 */
export function barChart(title, bars) {
  const longest = Math.max(...bars.map(({ value }) => value))
  const width = LABELS + BARS + VALUES
  const height = TOP + bars.length * (BAR + GAP)
  const drawn = bars.map(({ label, kind, value, text }, n) => {
    const y = TOP + n * (BAR + GAP)
    const length = Math.max(1, Math.round((value / longest) * BARS))
    const middle = y + BAR / 2 + 5
    return `  <text x="${LABELS - 10}" y="${middle}" text-anchor="end">${escaped(label)}</text>
  <rect class="${kind}" x="${LABELS}" y="${y}" width="${length}" height="${BAR}" rx="3"/>
  <text class="value" x="${LABELS + length + 8}" y="${middle}">${escaped(text)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
  <title>${escaped(title)}</title>
  <style>${STYLE}
  </style>
  <text class="title" x="10" y="24">${escaped(title)}</text>
${drawn.join("\n")}
</svg>
`
}

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
