import { createRequire } from "node:module"
import { PrismaAdapter } from "@auth/prisma-adapter"
import { documented } from "./documented.mjs"

const require = createRequire(import.meta.url)

const driver = {
  async sqlite({ file }) {
    const { PrismaBetterSqlite3 } = await import("@prisma/adapter-better-sqlite3")
    // As Prisma's own engine keeps dates.
    return new PrismaBetterSqlite3({ url: `file:${file}` }, { timestampFormat: "unixepoch-ms" })
  },
  async postgres({ where }) {
    const { PrismaPg } = await import("@prisma/adapter-pg")
    return new PrismaPg({ ...where, max: 4 })
  },
  async mysql({ where }) {
    const { PrismaMariaDb } = await import("@prisma/adapter-mariadb")
    return new PrismaMariaDb({ ...where, connectionLimit: 4, allowPublicKeyRetrieval: true })
  },
}
driver.mariadb = driver.mysql

/** Prisma's client for a place; `models` is what the names of generated ones begin with. */
export async function client(place, models = "") {
  const kind = place.kind === "mariadb" ? "mysql" : place.kind
  const { PrismaClient } = require(`../.generated/${models}${kind}`)
  return new PrismaClient({ adapter: await driver[place.kind](place) })
}

export async function open(place) {
  const prisma = await client(place)
  return { adapter: PrismaAdapter(prisma), close: () => prisma.$disconnect() }
}

/** The engine that migrates is a program that has to be downloaded: what it made stands in. */
export const create = (place) => documented("prisma", place)
