import PostgresAdapter from "@auth/pg-adapter"
import { documented } from "./documented.mjs"

export function open(place) {
  const pool = place.driver()
  return { adapter: PostgresAdapter(pool), close: () => pool.end() }
}

/** The package creates nothing. */
export const create = (place) => documented("pg-adapter", place)
