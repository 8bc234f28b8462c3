const entry = require("../..")
const { functions } = require("./functions.js")

test("the adapter's own properties are the declared functions, and no others", () => {
  const adapter = entry.SqlxAdapter("sqlite::memory:")
  expect(Object.keys(adapter).sort()).toEqual([...functions].sort())
  expect(Object.values(adapter).every((value) => typeof value === "function")).toBe(true)
})

test("the package exports what is declared, and nothing else", () => {
  expect(Object.keys(entry).sort()).toEqual(["SqlxAdapter", "SqlxAdapterError", "default"])
  expect(entry.default).toBe(entry.SqlxAdapter)
})
