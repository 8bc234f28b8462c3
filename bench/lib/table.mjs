export function printReport(report) {
  for (const [database, { version, peers }] of Object.entries(report.databases)) {
    console.log(`\n${database} ${version}`)
    for (const [id, p] of Object.entries(peers)) {
      const cells = Object.entries(p.cells).map(
        ([c, r]) =>
          `${c} ${Math.round(r.map((x) => x.perSecond).sort((a, b) => a - b)[r.length >> 1])}/s p50 ${r[0].p50.toFixed(1)} cpu ${r[0].cpu.toFixed(1)}`,
      )
      console.log(id.padEnd(20), p.unavailable ?? cells.join(" | "))
    }
  }
}
