// The package alone: nothing of next-auth, @auth/core or Node.js is there to lean on.

import DefaultAdapter, {
  type AdapterAccount,
  type AdapterAuthenticator,
  type AdapterSession,
  type AdapterUser,
  type ListedSession,
  SqlxAdapter,
  SqlxAdapterError,
  type SqlxAdapterErrorCode,
  type SqlxAdapterObject,
  type SqlxAdapterOptions,
  type VerificationToken,
} from "next-auth-sqlx-adapter"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function is<_ extends true>(): void {}

// Where the database is.
SqlxAdapter()
SqlxAdapter(undefined)
SqlxAdapter("sqlite:auth.db")
SqlxAdapter(undefined as string | undefined, { synchronize: "create" })
SqlxAdapter({ url: "sqlite::memory:" })
SqlxAdapter({ type: "sqlite", database: ":memory:", synchronize: true })
SqlxAdapter({ type: "better-sqlite3", database: "./auth.db" })
SqlxAdapter({ type: "postgres", host: "db", username: "app", password: "secret", database: "app" })
SqlxAdapter({ type: "mysql", socketPath: "/run/mysqld.sock", extra: { connectionLimit: 3 } })
SqlxAdapter("mariadb://db/app", { ssl: { ca: "./ca.pem" } })
DefaultAdapter("./auth.db")

// Every option at once.
const all: Required<SqlxAdapterOptions> = {
  url: "sqlite:auth.db",
  synchronize: false,
  schema: { dbSchema: "auth" },
  pool: {
    max: 5,
    min: 0,
    acquireTimeout: 1000,
    connectTimeout: 1000,
    idleTimeout: 1000,
    maxLifetime: 1000,
    queueLimit: 1000,
  },
  pooler: true,
  sqlite: { synchronous: "normal", busyTimeout: 1000 },
  sessions: { hash: true, key: "sixteen characters" },
  encryption: {
    keys: [
      { id: "2026", key: "base64" },
      { id: "2025", key: new Uint8Array(32) },
    ],
    columns: ["access_token"],
    allowPlain: false,
  },
  verificationTokens: { graceSeconds: 60, maxAttempts: 5 },
  autoCleanup: false,
  reclaimUnfinishedUsers: true,
  replicas: { urls: ["postgres://db-2/app"], sessions: false, maxLag: 1000 },
  normalizeEmail: false,
  retry: { attempts: 3, maxTime: 1000 },
  scope: { columns: { tenant_id: "text" }, values: () => ({ tenant_id: "acme" }) },
  onQuery: (event) => void event.duration.toFixed(),
  logger: {
    error: (_, { error }) => void error.code,
    warn: (text) => void text.trim(),
    debug: () => {},
  },
}
SqlxAdapter(all)
SqlxAdapter("sqlite:auth.db", all)

// @ts-expect-error unknown option
SqlxAdapter({ synchronise: true })
// @ts-expect-error unknown option beside a place
SqlxAdapter("sqlite:auth.db", { tablePrefix: "auth_" })
// @ts-expect-error a nested option that does not exist
SqlxAdapter({ pool: { maximum: 3 } })
// @ts-expect-error a number, not its text
SqlxAdapter({ pool: { max: "5" } })
// @ts-expect-error not one of SQLite's words
SqlxAdapter({ sqlite: { synchronous: "always" } })
// @ts-expect-error "create", true or false
SqlxAdapter({ synchronize: "update" })
SqlxAdapter({ scope: () => ({ tenant_id: undefined as string | undefined, shard: 7 }) })
const tenants = { current: () => "acme" as string | undefined, max: 3 }
SqlxAdapter((tenant) => `sqlite:${tenant.trim()}.db`, { tenants, pool: { max: 1 } })
SqlxAdapter(async (tenant) => tenant, { tenants })
// @ts-expect-error nothing says whose call it is
SqlxAdapter((tenant) => tenant, {})
// @ts-expect-error an answer that is not there at once
SqlxAdapter({ scope: async () => ({ tenant_id: "acme" }) })
// @ts-expect-error no type of a key
SqlxAdapter({ scope: { columns: { tenant_id: "json" }, values: () => ({}) } })
SqlxAdapter({ sessions: { hash: "migrate" } })
// @ts-expect-error hash is a boolean or "migrate"
SqlxAdapter({ sessions: { hash: "sha256" } })
// @ts-expect-error whole seconds, not a text
SqlxAdapter({ verificationTokens: { graceSeconds: "60" } })
// @ts-expect-error parts need a database
SqlxAdapter({ type: "sqlite" })
// @ts-expect-error a database that is not supported
SqlxAdapter({ type: "mssql", database: "auth" })
// @ts-expect-error a port is a number
SqlxAdapter({ type: "postgres", host: "db", port: "5432" })
// @ts-expect-error a file has no host
SqlxAdapter({ type: "sqlite", database: "auth.db", host: "db" })
// @ts-expect-error a preset that does not exist
SqlxAdapter({ schema: "prism" })
SqlxAdapter({ schema: "prisma" })
SqlxAdapter({
  schema: {
    preset: "drizzle",
    prefix: "auth_",
    naming: "snake_case",
    ids: () => "id",
    user: { readOnly: true, columns: { email: "mail", image: false, role: { type: "text" } } },
    verificationToken: false,
  },
})
// @ts-expect-error a type that no column has
SqlxAdapter({ schema: { user: { columns: { role: { type: "enum" } } } } })
// @ts-expect-error an option of TLS that does not exist
SqlxAdapter("postgres://db/auth", { ssl: { rejectUnauthorised: false } })
// @ts-expect-error a URL is text
SqlxAdapter(5432)
// @ts-expect-error null is not "nothing given"
SqlxAdapter(null)

// What the functions take and give.
const adapter: SqlxAdapterObject = SqlxAdapter()
const { getUser, listSessions } = adapter

export async function calls(): Promise<void> {
  const user = await adapter.createUser({ email: "a@example.test" })
  is<Same<typeof user, AdapterUser>>()
  is<Same<Awaited<ReturnType<typeof getUser>>, AdapterUser | null>>()
  await adapter.createUser({ id: "1", email: "a@example.test", emailVerified: null, name: null })
  await adapter.updateUser({ id: user.id, name: null, image: undefined })
  // @ts-expect-error an update needs the id
  await adapter.updateUser({ name: "Ada" })
  // @ts-expect-error a Date, not its text
  await adapter.updateUser({ id: user.id, emailVerified: "2020-01-01" })

  const account = await adapter.linkAccount({
    userId: user.id,
    type: "oidc",
    provider: "keycloak",
    providerAccountId: "1",
    access_token: "secret",
    expires_at: 1,
    token_type: "bearer",
  })
  is<Same<typeof account, AdapterAccount>>()
  const unlinked = await adapter.unlinkAccount({ provider: "keycloak", providerAccountId: "1" })
  is<Same<typeof unlinked, AdapterAccount | null>>()

  const expires = new Date()
  const session = await adapter.createSession({ sessionToken: "t", userId: user.id, expires })
  is<Same<typeof session, AdapterSession>>()
  const both = await adapter.getSessionAndUser("t")
  is<Same<typeof both, { session: AdapterSession; user: AdapterUser } | null>>()
  await adapter.updateSession({ sessionToken: "t" })
  // @ts-expect-error a session needs an end
  await adapter.createSession({ sessionToken: "t", userId: user.id })

  const token = await adapter.useVerificationToken({ token: "t" })
  is<Same<typeof token, VerificationToken | null>>()
  // @ts-expect-error without a token there is nothing to look up
  await adapter.useVerificationToken({ identifier: "a@example.test" })

  const passkeys = await adapter.listAuthenticatorsByUserId(user.id)
  is<Same<typeof passkeys, AdapterAuthenticator[]>>()

  const sessions = await listSessions(user.id, { current: "t" })
  is<Same<typeof sessions, ListedSession[]>>()
  const deleted = await adapter.deleteSessionsByUser(user.id, { except: "t" })
  is<Same<typeof deleted, number>>()
  await adapter.deleteSessionsByUser(user.id, { id: "digest" })
  // @ts-expect-error neither an id nor an exception
  await adapter.deleteSessionsByUser(user.id, {})

  const locked = await adapter.withAccountLock("google", "1", async (account) => {
    is<Same<typeof account, AdapterAccount>>()
    return { access_token: "fresh", refresh_token: undefined }
  })
  is<Same<typeof locked, AdapterAccount>>()
  await adapter.withAccountLock("google", "1", () => {})
  // @ts-expect-error what is returned is stored
  await adapter.withAccountLock("google", "1", () => "fresh")

  const closed = await adapter.close()
  is<Same<typeof closed, void>>()
}

// What is thrown.
export function describe(error: unknown): string {
  if (!(error instanceof SqlxAdapterError)) throw error
  is<Same<typeof error.code, SqlxAdapterErrorCode>>()
  is<Same<typeof error.name, "SqlxAdapterError">>()
  // @ts-expect-error no such code
  if (error.code === "ERR_NO_SUCH_CODE") return ""
  return [error.code, error.operation ?? "", error.cause?.constraint ?? ""].join(" ")
}

// Columns of one's own.
async function own() {
  const adapter = SqlxAdapter<{ user: { role: string }; session: { device: string | null } }>(
    "sqlite:auth.db",
    { schema: { user: { columns: { role: { type: "text", default: "member" } } } } },
  )
  const user = await adapter.createUser({ email: "ada@example.com", role: "admin" })
  is<Same<typeof user.role, string>>()
  const found = await adapter.getSessionAndUser("token")
  is<Same<NonNullable<typeof found>["session"]["device"], string | null>>()
  await adapter.updateUser({ id: user.id, role: "member" })
  const [account] = await adapter.listAccounts(user.id)
  is<Same<NonNullable<typeof account>["provider"], string>>()
  // @ts-expect-error it is text
  await adapter.updateUser({ id: user.id, role: 7 })
  // @ts-expect-error no such column
  await adapter.createUser({ email: "ada@example.com", rule: "admin" })
  // Without the argument there are NextAuth's own columns.
  const plain: SqlxAdapterObject = SqlxAdapter("sqlite:auth.db")
  return plain
}
own()
