import nextAuth3 from "next-auth-3/adapters"
import { connect } from "./connect.mjs"
import { documented } from "./documented.mjs"
import { client } from "./prisma.mjs"

/** NextAuth v3's own `Adapters.Prisma` on tables that Prisma made, at a database's URL. */
export async function open({ kind, url }) {
  const place = connect(kind, url)
  await documented("prisma-v3", place)
  const prisma = await client(place, "v3-")
  return nextAuth3.default.Prisma.Adapter({ prisma })
}
