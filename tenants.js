"use strict"

const { SqlxAdapterError } = require("./error.js")

// An adapter for each tenant's own database, of which only some are open at once.

/** Adapters that are open at most, how long one stays that nobody uses, and how long a call waits. */
const MAX = 20
const IDLE_TIMEOUT = 300_000
const ACQUIRE_TIMEOUT = 5_000

/** Waits longer than this are as good as none: Node.js's timers take no more. */
const LONGEST = 2 ** 31 - 1

/**
 * The adapter of `SqlxAdapter((tenant) => url, { tenants, ...options })`. `make(url, options)` makes that
 * of one database.
 */
function adapterPerTenant(make, url, given) {
  const { tenants, ...options } = read(() => ({ ...given }))
  const settings = read(() => readSettings(tenants))
  if (options.url !== undefined) {
    throw new SqlxAdapterError(
      'the URL is given twice: as the first argument and as option "url"',
      "ERR_CONFIG",
    )
  }
  // Never opened: it says which functions there are, and refuses options that are wrong at once.
  const shape = make(undefined, options)
  settings.acquireTimeout = read(() => options.pool?.acquireTimeout) ?? ACQUIRE_TIMEOUT
  const databases = new Databases(settings, async (tenant, operation) => {
    const place = await placeOf(url, tenant, operation)
    return { place, adapter: make(place, options) }
  })
  const adapter = {}
  for (const operation of Object.keys(shape)) {
    if (operation === "close" || operation === "getAdapter") continue
    adapter[operation] = (...args) => databases.call(operation, args)
  }
  adapter.close = () => databases.close()
  return adapter
}

/** What the options say. A getter or a proxy among them may throw whatever it likes. */
function read(take) {
  try {
    return take()
  } catch (error) {
    if (error instanceof SqlxAdapterError) throw error
    // Without what was thrown, which may hold a secret.
    throw new SqlxAdapterError("the options cannot be read: a property throws", "ERR_CONFIG")
  }
}

function readSettings(tenants) {
  const wrong = (what) => new SqlxAdapterError(what, "ERR_CONFIG")
  if (tenants === null || typeof tenants !== "object") {
    throw wrong(
      'a URL that is a function needs option "tenants": { current }, a function that says whose call it is',
    )
  }
  const known = ["current", "max", "idleTimeout"]
  for (const name of Object.keys(tenants)) {
    if (!known.includes(name)) {
      throw wrong(`unknown option "tenants.${name}"; known are ${known.join(", ")}`)
    }
  }
  const { current, max = MAX, idleTimeout = IDLE_TIMEOUT } = tenants
  if (typeof current !== "function") {
    throw wrong(`option "tenants.current" must be a function, not ${kindOf(current)}`)
  }
  for (const [name, value, least] of [
    ["max", max, 1],
    ["idleTimeout", idleTimeout, 0],
  ]) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw wrong(`option "tenants.${name}" must be a whole number of at least ${least}`)
    }
  }
  return { current, max, idleTimeout }
}

/** What a value is, for an error: never the value itself. */
function kindOf(value) {
  if (value === null || value === undefined) return String(value)
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object"
  return `a ${typeof value}`
}

/** The place of a tenant's database, as the application says it. */
async function placeOf(url, tenant, operation) {
  let place
  try {
    place = await url(tenant)
  } catch {
    // What it threw may hold anything.
    throw scopeError(operation, "the function that gives a tenant's URL threw an exception")
  }
  if (typeof place !== "string" || place.trim() === "") {
    const what = typeof place === "string" ? "an empty string" : kindOf(place)
    throw scopeError(operation, `the function that gives a tenant's URL gave ${what}`)
  }
  return place
}

function scopeError(operation, what) {
  return new SqlxAdapterError(`${operation}: ${what}`, "ERR_SCOPE", operation)
}

function closedError(operation) {
  return new SqlxAdapterError(`${operation}: the adapter is closed`, "ERR_CLOSED", operation)
}

/** The databases that are open, the one used last at the end. */
class Databases {
  #settings
  #make
  /** By tenant: `{ opened, place, calls, since, closing }`. */
  #open = new Map()
  /** Calls that wait for a database to be closed before theirs is opened, the first first. */
  #waiting = []
  /** Databases that are being closed, which still count. */
  #closing = new Set()
  #timer
  #closed = false

  constructor(settings, make) {
    this.#settings = settings
    this.#make = make
  }

  /** Runs a function for the tenant whose call it is at this moment. */
  async call(operation, args) {
    const tenant = this.#tenant(operation)
    if (this.#closed) throw closedError(operation)
    const database = this.#take(tenant, operation) ?? (await this.#wait(tenant, operation))
    try {
      const { adapter } = await database.opened
      const result = await adapter[operation](...args)
      return operation === "stats" ? { ...result, tenants: this.#state() } : result
    } finally {
      this.#release(database)
    }
  }

  async close() {
    this.#closed = true
    clearInterval(this.#timer)
    for (const { operation, reject } of this.#waiting.splice(0)) reject(closedError(operation))
    for (const [tenant, database] of this.#open) this.#end(tenant, database)
    await Promise.all(this.#closing)
  }

  #tenant(operation) {
    let tenant
    try {
      tenant = this.#settings.current()
    } catch {
      throw scopeError(operation, 'the function of option "tenants.current" threw an exception')
    }
    if ((typeof tenant === "string" && tenant !== "") || Number.isSafeInteger(tenant)) {
      return String(tenant)
    }
    const what = tenant === "" ? "an empty string" : kindOf(tenant)
    throw scopeError(operation, `the function of option "tenants.current" gave ${what}`)
  }

  /** The database of a tenant, with one call more; nothing if it has to be waited for. */
  #take(tenant, operation) {
    let database = this.#open.get(tenant)
    if (database) {
      // To the end of the map: the others are the ones that have not been used for longer.
      this.#open.delete(tenant)
      this.#open.set(tenant, database)
      database.calls += 1
      return database
    }
    if (this.#room() <= 0) return undefined
    database = { tenant, calls: 1, since: 0, place: undefined, opened: undefined }
    this.#open.set(tenant, database)
    database.opened = this.#openAs(database, operation)
    // Each call that waits for it sees why it failed.
    database.opened.catch(() => {})
    this.#watch()
    return database
  }

  async #openAs(database, operation) {
    try {
      const made = await this.#make(database.tenant, operation)
      for (const other of this.#open.values()) {
        if (other !== database && other.place === made.place) {
          await made.adapter.close()
          throw scopeError(
            operation,
            'two tenants have the same URL, so that each would see the other\'s rows (option "scope" keeps ' +
              "tenants apart in one database)",
          )
        }
      }
      database.place = made.place
      return made
    } catch (error) {
      // The next call tries anew.
      if (this.#open.get(database.tenant) === database) this.#open.delete(database.tenant)
      this.#proceed()
      throw error
    }
  }

  #wait(tenant, operation) {
    return new Promise((resolve, reject) => {
      const waiting = { tenant, operation, resolve, reject, timer: undefined }
      const { acquireTimeout, max } = this.#settings
      waiting.timer = setTimeout(
        () => {
          this.#waiting = this.#waiting.filter((other) => other !== waiting)
          const why = `${operation}: the databases of ${max} other tenants were in use for ${acquireTimeout} ms (options "tenants.max" and "pool.acquireTimeout")`
          reject(new SqlxAdapterError(why, "ERR_TIMEOUT", operation))
        },
        Math.min(acquireTimeout, LONGEST),
      )
      this.#waiting.push(waiting)
      this.#makeRoom()
    })
  }

  /** How many more databases may be opened now. */
  #room() {
    return this.#settings.max - this.#open.size - this.#closing.size
  }

  #release(database) {
    database.calls -= 1
    if (database.calls > 0) return
    database.since = Date.now()
    if (this.#closed) return
    if (this.#waiting.length > 0) this.#makeRoom()
  }

  /** Closes those that have not been used for the longest time, as many as are waited for. */
  #makeRoom() {
    const wanted = new Set(this.#waiting.map(({ tenant }) => tenant))
    let missing = wanted.size - this.#room() - this.#closing.size
    for (const [tenant, database] of this.#open) {
      if (missing <= 0) return
      if (database.calls > 0) continue
      this.#end(tenant, database)
      missing -= 1
    }
  }

  #end(tenant, database) {
    this.#open.delete(tenant)
    const closing = database.opened
      .then(({ adapter }) => adapter.close())
      .catch(() => {})
      .then(() => {
        this.#closing.delete(closing)
        this.#proceed()
      })
    this.#closing.add(closing)
  }

  /** Lets those who wait go on, the first first, as far as there is room. */
  #proceed() {
    this.#waiting = this.#waiting.filter(({ tenant, operation, resolve, timer }) => {
      const database = this.#take(tenant, operation)
      if (!database) return true
      clearTimeout(timer)
      resolve(database)
      return false
    })
  }

  /** Closes what nobody has used for too long. It keeps no process alive. */
  #watch() {
    const { idleTimeout } = this.#settings
    if (this.#timer || idleTimeout > LONGEST) return
    this.#timer = setInterval(
      () => {
        const before = Date.now() - idleTimeout
        for (const [tenant, database] of this.#open) {
          if (database.calls === 0 && database.since <= before) this.#end(tenant, database)
        }
        if (this.#open.size > 0) return
        clearInterval(this.#timer)
        this.#timer = undefined
      },
      Math.max(10, idleTimeout / 2),
    )
    this.#timer.unref()
  }

  #state() {
    return {
      max: this.#settings.max,
      open: this.#open.size + this.#closing.size,
      waiting: this.#waiting.length,
    }
  }
}

module.exports = { adapterPerTenant }
