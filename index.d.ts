/**
 * The database adapter for NextAuth.js / Auth.js on SQLite, PostgreSQL, MySQL and MariaDB.
 *
 * The types stand on their own: nothing of `next-auth` or `@auth/core` is needed at run time or to
 * compile, and {@link SqlxAdapter}'s result fits the `Adapter` of `next-auth@4`, `next-auth@5` and
 * `@auth/core` without a cast.
 */

/** A user. Text columns that hold nothing are `null`. */
export interface AdapterUser {
  /** Always a string in JavaScript, whatever the column's type. */
  id: string
  name?: string | null
  /** Trimmed and ASCII-lower-cased on the way in, unless `normalizeEmail` is `false`. */
  email: string
  /** When the e-mail address was proved to be the user's; `null`: not yet. */
  emailVerified: Date | null
  image?: string | null
}

/** A provider's account that a user signs in with. A column that holds nothing is left out. */
// Not an interface: to `@auth/core`, whose accounts have an index signature, one would not fit.
export type AdapterAccount = {
  userId: string
  type: "oauth" | "oidc" | "email" | "webauthn"
  provider: string
  providerAccountId: string
  refresh_token?: string
  access_token?: string
  /** When `access_token` expires, in whole seconds since 1970. */
  expires_at?: number
  token_type?: Lowercase<string>
  scope?: string
  id_token?: string
  session_state?: string
}

/** A session. One past its `expires` is never returned. */
export interface AdapterSession {
  /** The cookie's value. The database holds its digest, unless `sessions.hash` is `false`. */
  sessionToken: string
  userId: string
  expires: Date
}

/** How many rows had expired and were deleted. */
export interface Cleaned {
  sessions: number
  verificationTokens: number
}

/** What {@link SqlxAdapterObject.rekey} takes. */
export interface RekeyOptions {
  /** Make everything plain again instead. */
  decrypt?: boolean
  /** Count only. */
  dryRun?: boolean
  /** Accounts that a call looks at, at most. @default 200 */
  batch?: number
  /** Where to go on: the `next` of the call before. */
  after?: string | null
}

/** What a call of {@link SqlxAdapterObject.rekey} has done; with `dryRun`, what it would. */
export interface Rekeyed {
  /** Accounts that were looked at. */
  rows: number
  /** Plain values that were encrypted. */
  encrypted: number
  /** Values that were encrypted under the first key instead of another. */
  rekeyed: number
  /** Values that are plain again. */
  decrypted: number
  /** Values that others kept changing meanwhile to what they should not be. */
  left: number
  /** Values that do not open with the keys given. They were left as they are. */
  failed: { column: string; keyId?: string; values: number }[]
  /** Where to go on; `null` after the last account. */
  next: string | null
}

/** What `check` found. */
export interface Finding {
  /**
   * `"error"`: a function of the adapter fails for it, or will. `"warning"`: it costs time, a promise
   * holds among the adapter's own calls only, or rows are of no use.
   */
  level: "error" | "warning"
  code:
    | "missing_table"
    | "missing_column"
    | "missing_unique"
    | "missing_index"
    | "missing_foreign_key"
    | "unscoped_key"
    | "wrong_type"
    | "too_short"
    | "not_nullable"
    | "loose_collation"
    | "unknown_column"
    | "unknown_required_column"
    | "other_tables"
    | "plain_sessions"
    | "unfinished_users"
    | "accounts_without_passkey"
    | "orphan_rows"
  table: string
  /** The column, or several, separated by a comma and a space. */
  column?: string
  /** What it breaks, and what to do. */
  message: string
  /** The statements, separated by a semicolon and a line break, that repair it on this database. */
  sql?: string
}

/** A pending magic link or code. */
export interface VerificationToken {
  /** Kept as given, to the byte: core compares it. */
  identifier: string
  token: string
  expires: Date
}

/** A passkey. */
export interface AdapterAuthenticator {
  credentialID: string
  userId: string
  providerAccountId: string
  credentialPublicKey: string
  /** 0 to 2^32 - 1. */
  counter: number
  credentialDeviceType: string
  credentialBackedUp: boolean
  transports?: string | null
}

/** One of a user's sessions, as {@link SqlxAdapterObject.listSessions} gives it. */
export interface ListedSession {
  /** A digest of the session token: it names the session and is worthless as a cookie. */
  id: string
  userId: string
  expires: Date
  /** When the session was made; `null` where the table does not keep it. */
  createdAt: Date | null
  /** Whether it is the session of the `current` token; `false` when none was given. */
  current: boolean
}

/** What {@link SqlxAdapterObject.stats} gives. */
export interface Stats {
  database: "sqlite" | "postgres" | "mysql" | "mariadb"
  /** Adapters of the same configuration share their connections. SQLite: those that read. */
  connections: {
    /** Connections at most. */
    max: number
    /** Those that are open. */
    open: number
    /** Those of them that nobody uses. */
    idle: number
    /** Calls that wait for one. */
    waiting: number
  }
  /** Where the option `replicas` is given: each, in the order of its URLs. */
  replicas?: {
    /** Whether it is asked at the moment. */
    usable: boolean
    /** Of how many milliseconds ago it is known to have everything; `null`: of no time. */
    lag: number | null
    connections: Stats["connections"]
  }[]
  /** Units of work that this adapter gave to the database: one statement or one transaction. */
  queries: number
  /** Those of them that failed. */
  failed: number
  /** Tries beyond the first. */
  retries: number
  latency: {
    /** All durations added up, in milliseconds. */
    sum: number
    /** How many took at most `le` milliseconds, as Prometheus counts; the last `le` is `Infinity`. */
    buckets: { le: number; count: number }[]
  }
  /** With a database for each tenant, of all of them; the rest is the tenant's whose call it is. */
  tenants?: {
    /** Databases that are open at once, at most. */
    max: number
    /** Those that are open. */
    open: number
    /** Calls that wait until another tenant's is closed. */
    waiting: number
  }
}

/** What `onQuery` is told: never a value. */
export interface QueryEvent {
  /** The function that needed it, such as `"getSessionAndUser"`. */
  operation: string
  /** Milliseconds, waits and further tries included. */
  duration: number
  /** Rows that came back or, where none can, that were changed. */
  rows: number
  /** Tries beyond the first. */
  retries: number
  /** Why it failed, if it did. */
  error?: SqlxAdapterErrorCode
}

/** What {@link Logger.error} is told beside the error. */
export interface FailedQuery extends Omit<QueryEvent, "error"> {
  error: SqlxAdapterError
  [property: string]: unknown
}

/** NextAuth's own logger fits, v4's and v5's. Its methods are called on it, as NextAuth does. */
export interface Logger {
  /**
   * A call that failed: a {@link SqlxAdapterError} with its operation and its code, and no value. Auth.js takes it so;
   * NextAuth v4 has a string there, and the error as `metadata.error`.
   */
  // biome-ignore lint/suspicious/noExplicitAny: an error for one version, a string for the other
  error?(error: any, metadata: FailedQuery): void
  /** What the application should know, such as an ignored URL parameter. Without it: `process.emitWarning`. */
  warn?(text: string): void
  info?(text: string): void
  /** Every query: its operation, and what `onQuery` is told. */
  debug?(operation: string, event: QueryEvent): void
}

/** A provider and the id it knows the account by. */
export interface AccountKey {
  provider: string
  providerAccountId: string
}

/** What {@link SqlxAdapterObject.updateAccount} changes. NextAuth's own `Account` fits. */
export interface AccountChange extends AccountKey {
  userId?: string
  type?: string
  refresh_token?: string | null
  access_token?: string | null
  expires_at?: number | null
  token_type?: string | null
  scope?: string | null
  id_token?: string | null
  session_state?: unknown
}

/** What is to be changed in an account, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing fits
export type LockedChange = Partial<AccountChange> | null | undefined | void

/**
 * What {@link SqlxAdapter} returns: a plain object whose own enumerable properties are functions.
 * It can be spread, destructured, and each function called bare. Every one of them returns a
 * promise, also for a wrong argument, which rejects with `ERR_INVALID_ARGUMENT`.
 */
export interface SqlxAdapterObject {
  /**
   * Inserts a user. A given `id` is kept, otherwise a UUIDv7 is made.
   * @throws `ERR_UNIQUE` the e-mail address, or the id, is taken. The row there is left alone.
   */
  createUser(user: Partial<AdapterUser>): Promise<AdapterUser>
  getUser(id: string): Promise<AdapterUser | null>
  getUserByEmail(email: string): Promise<AdapterUser | null>
  getUserByAccount(account: AccountKey): Promise<AdapterUser | null>
  /**
   * Changes the given columns and returns the whole row. A key that is missing or `undefined`
   * leaves its column as it is; `null` sets it to null.
   * @throws `ERR_NOT_FOUND` no user has this id.
   */
  updateUser(user: Partial<AdapterUser> & Pick<AdapterUser, "id">): Promise<AdapterUser>
  /** Deletes a user and everything that belongs to them, in one transaction. `null`: there was none. */
  deleteUser(id: string): Promise<AdapterUser | null>
  /**
   * Inserts an account. Keys that the table has no column for are left out. Linking an account
   * that this same user has already stores the given tokens in it.
   * @throws `ERR_UNIQUE` another user has this account.
   * @throws `ERR_FOREIGN_KEY` no user has this `userId`.
   */
  linkAccount(account: AdapterAccount): Promise<AdapterAccount>
  /** Deletes an account; a passkey's with the passkey. `null`: there was none. */
  unlinkAccount(account: AccountKey): Promise<AdapterAccount | null>
  // What @auth/core declares; a call takes the signature above, which is the true one.
  unlinkAccount(account: AccountKey): Promise<AdapterAccount | undefined>
  /** @throws `ERR_UNIQUE` the token is taken. @throws `ERR_FOREIGN_KEY` no user has this `userId`. */
  createSession(session: {
    sessionToken: string
    userId: string
    expires: Date
  }): Promise<AdapterSession>
  /** The session of a token and its user. `null`: there is none, or it has expired. */
  getSessionAndUser(
    sessionToken: string,
  ): Promise<{ session: AdapterSession; user: AdapterUser } | null>
  /** Changes a session. `null`: there is none, or it has expired. */
  updateSession(
    session: Partial<AdapterSession> & Pick<AdapterSession, "sessionToken">,
  ): Promise<AdapterSession | null>
  /** Deletes a session. `null`: there was none, or it had expired. */
  deleteSession(sessionToken: string): Promise<AdapterSession | null>
  createVerificationToken(token: VerificationToken): Promise<VerificationToken>
  /**
   * Takes a token: it is returned once and gone, however many ask at once, unless the option
   * `verificationTokens` has other rules. `null`: there is none.
   * Without an `identifier` it is looked up by the token alone; a wrong `identifier` takes nothing.
   */
  useVerificationToken(params: {
    identifier?: string
    token: string
  }): Promise<VerificationToken | null>

  getAccount(providerAccountId: string, provider: string): Promise<AdapterAccount | null>
  getAuthenticator(credentialID: string): Promise<AdapterAuthenticator | null>
  /**
   * Stores a passkey. If it cannot, the account that was linked for it in the last minute is unlinked, and a
   * user who was inserted for it is deleted.
   * @throws `ERR_UNIQUE` the credential is registered, or its account was there before without it.
   * @throws `ERR_FOREIGN_KEY` no user has this `userId`.
   */
  createAuthenticator(authenticator: AdapterAuthenticator): Promise<AdapterAuthenticator>
  listAuthenticatorsByUserId(userId: string): Promise<AdapterAuthenticator[]>
  /** @throws `ERR_NOT_FOUND` no passkey has this `credentialID`. */
  updateAuthenticatorCounter(
    credentialID: string,
    newCounter: number,
  ): Promise<AdapterAuthenticator>

  /** A user's sessions that have not expired, the newest first. */
  listSessions(userId: string, options?: { current?: string }): Promise<ListedSession[]>
  /**
   * Deletes a user's sessions and returns how many: all of them, the one with this `id` (as
   * `listSessions` gives it), or all but the one with the session token `except`.
   */
  deleteSessionsByUser(userId: string, which?: { id: string } | { except: string }): Promise<number>
  /**
   * Deletes the links and codes that are pending for an identifier, which is an e-mail address as
   * NextAuth gave it, and returns how many. `deleteUser` does so for the user's address.
   */
  deleteVerificationTokens(identifier: string): Promise<number>
  /**
   * Signs a user in without NextAuth, as after a registration or in a test: stores a session with
   * a random token, which is the cookie's value. It ends at `expires`, `maxAge` seconds from now, or
   * in 30 days.
   * @throws `ERR_FOREIGN_KEY` no user has this `userId`.
   */
  createSessionFor(
    userId: string,
    options?: { expires: Date; maxAge?: undefined } | { maxAge: number; expires?: undefined },
  ): Promise<AdapterSession>
  /** The accounts that a user signs in with, in the order of provider and account id. */
  listAccounts(userId: string): Promise<AdapterAccount[]>
  /**
   * Changes the given columns of an account and returns the whole of it: fresh tokens at every
   * sign-in, which NextAuth itself only stores at the first. A key that is missing or `undefined`
   * leaves its column as it is; `null` sets it to null. The account stays its user's: with a
   * `userId`, another user's is not found.
   *
   * @example
   * NextAuth({
   *   adapter,
   *   providers: [GitHub],
   *   events: {
   *     async signIn({ account }) {
   *       if (account?.type === "oauth" || account?.type === "oidc") await adapter.updateAccount(account)
   *     },
   *   },
   * })
   *
   * @throws `ERR_NOT_FOUND` there is no such account.
   */
  updateAccount(account: AccountChange): Promise<AdapterAccount>

  /**
   * Runs a function while no other call, in any process, runs one for the same account: so that two
   * requests do not both use up a refresh token that works once. The function gets the account as it
   * is then; what it returns is stored, as `updateAccount` does; nothing, if it returns nothing. Gives the
   * account as it is afterwards.
   *
   * It is a lease of 30 seconds in the account's row: neither a connection nor a transaction is held, a
   * process that crashes is in nobody's way for longer, and a function that takes longer may lose it: then
   * what it returns is not stored. Others wait for a minute at most. docs/refresh-tokens.md has the recipe.
   *
   * @throws `ERR_NOT_FOUND` there is no such account. @throws `ERR_TIMEOUT` others had the lease all the
   * time, or it was lost. @throws `ERR_UNSUPPORTED` the tables have no columns for it. What the function
   * throws is passed on, and nothing stored.
   */
  withAccountLock(
    provider: string,
    providerAccountId: string,
    run: (account: AdapterAccount) => LockedChange | Promise<LockedChange>,
  ): Promise<AdapterAccount>

  /**
   * Deletes the sessions and verification tokens that have expired, of every `scope`, a thousand rows a
   * statement at most, and returns how many there were. NextAuth never does; the option `autoCleanup` deletes some of them as
   * new ones come. Call it from a scheduled task where that is not enough, or off.
   */
  cleanup(): Promise<Cleaned>
  /**
   * Compares the live tables with what the adapter expects of them, and looks for rows that a crash has left
   * behind. Nothing is changed; `[]` says that nothing is to be done.
   */
  check(): Promise<Finding[]>
  /**
   * Adds what is missing: tables, columns, unique keys and indexes. Returns the statements that did it, or,
   * with `dryRun`, those that would. Nothing is ever dropped or retyped. What ran is noted in the table
   * `next_auth_sqlx_migrations`. One process at a time does so; it takes as long as an index takes.
   */
  migrate(options?: { dryRun?: boolean }): Promise<string[]>

  /**
   * Brings the tokens of some accounts to what option `encryption` says: what is plain, or under another
   * key, is encrypted under the first. Others may read and write meanwhile: a newer value is kept.
   * Call it with the `next` of the call before until that is `null`; `npx next-auth-sqlx-adapter rekey`
   * does.
   */
  rekey(options?: RekeyOptions): Promise<Rekeyed>

  /**
   * What NextAuth v2 and v3 call: their methods, with positional arguments. Functions that were
   * replaced in the object that it is called on are used.
   */
  getAdapter(appOptions: LegacyAppOptions): Promise<LegacyMethods>

  /** Asks the database for an answer. Gives the milliseconds that it took, and rejects if there is none. */
  ping(): Promise<number>
  /** What this adapter has done, and how its connections are doing. The database is not asked. */
  stats(): Promise<Stats>

  /**
   * Ends this adapter: calls under way end first, later ones reject with `ERR_CLOSED`. The
   * connections, which adapters of the same configuration share, are closed with the last of them.
   */
  close(): Promise<void>
}

/** What NextAuth v2 and v3 pass to `getAdapter`, as far as it is read. */
export interface LegacyAppOptions {
  /** Digests of verification tokens are made with it. */
  secret?: string
  baseUrl?: string
  /** In seconds. */
  session?: { maxAge?: number; updateAge?: number }
}

/** A session as NextAuth v3 shows it. */
export interface LegacySession extends AdapterSession {
  /** A column of v3's tables; in ours it follows from the session token and the secret. */
  accessToken: string
}

/** Who sends magic links, in NextAuth v2 and v3. */
export interface LegacyEmailProvider {
  /** Seconds. */
  maxAge?: number
  sendVerificationRequest(mail: {
    identifier: string
    url: string
    token: string
    baseUrl?: string
    // biome-ignore lint/suspicious/noExplicitAny: NextAuth's own type, of which v3 has several
    provider: any
  }): unknown
}

/** The methods that NextAuth v2 and v3 call. */
export interface LegacyMethods {
  /** What the codes in NextAuth v3's log begin with, where the adapter has a name there. */
  displayName?: string
  /** The profile's `id`, which is the provider's, is not the user's. */
  createUser(
    profile: Omit<Partial<AdapterUser>, "id" | "emailVerified"> & {
      id?: unknown
      emailVerified?: Date | boolean | null
    },
  ): Promise<AdapterUser>
  getUser(id: string | number): Promise<AdapterUser | null>
  getUserByEmail(email: string | null): Promise<AdapterUser | null>
  getUserByProviderAccountId(
    providerId: string,
    providerAccountId: string | number,
  ): Promise<AdapterUser | null>
  updateUser(user: Partial<AdapterUser> & Pick<AdapterUser, "id">): Promise<AdapterUser>
  deleteUser(userId: string): Promise<void>
  linkAccount(
    userId: string,
    providerId: string,
    providerType: string,
    providerAccountId: string | number,
    refreshToken?: string | null,
    accessToken?: string | null,
    accessTokenExpires?: Date | string | number | null,
  ): Promise<void>
  unlinkAccount(
    userId: string,
    providerId: string,
    providerAccountId: string | number,
  ): Promise<void>
  createSession(user: { id: string }): Promise<LegacySession>
  getSession(sessionToken: string): Promise<LegacySession | null>
  /** `null`: it is not due, and was not forced. Otherwise `session.expires` is set to the new date. */
  updateSession(session: LegacySession, force?: boolean): Promise<LegacySession | null>
  deleteSession(sessionToken: string): Promise<void>
  /** Stores a digest of the token, then sends the mail. */
  createVerificationRequest(
    identifier: string,
    url: string,
    token: string,
    secret: string,
    provider: LegacyEmailProvider,
  ): Promise<void>
  /** Takes the request: it is returned once. */
  getVerificationRequest(
    identifier: string,
    token: string,
  ): Promise<(VerificationToken & { id: string }) | null>
  deleteVerificationRequest(identifier: string, token: string): Promise<void>
}

/** Where a SQLite database is, in parts, as TypeORM takes them. */
export interface SqliteParts {
  type: "sqlite" | "better-sqlite3"
  /** A file's path, or `":memory:"`. */
  database: string
}

/** A PostgreSQL, MySQL or MariaDB server, in parts. MySQL and MariaDB are told apart by the server. */
export interface ServerParts extends ServerConnection {
  type: "postgres" | "postgresql" | "pg" | "cockroachdb" | "mysql" | "mysql2" | "mariadb"
}

/**
 * Parts of a server's place, as TypeORM takes them. Beside a URL, they win over what the URL says.
 * An empty text says nothing. The variables and files of libpq (`PGHOST`, `~/.pgpass`, …) are not
 * read.
 */
export interface ServerConnection {
  /** A name, an address, or the directory of a PostgreSQL Unix socket. @default "localhost" */
  host?: string
  /** @default 5432 for PostgreSQL, 3306 for MySQL and MariaDB */
  port?: number
  username?: string
  /** The same as `username`, which wins. */
  user?: string
  password?: string
  /** For PostgreSQL it defaults to the user's name. */
  database?: string
  /** A Unix socket: for MySQL and MariaDB its file, for PostgreSQL its directory. */
  socketPath?: string
  /**
   * `true`: encrypted, and the server's certificate is checked. `false`: not encrypted. An object,
   * as Node's drivers take it: encrypted. In a URL it is `sslmode`, with libpq's meaning.
   */
  ssl?: boolean | ServerTls
  /** What the connection calls itself. */
  applicationName?: string
  /** Taken because TypeORM has it: the connection's text is UTF-8 in any case. */
  charset?: string
  /** The same as `pool.connectTimeout`, which wins. */
  connectTimeout?: number
  /** The same as `connectTimeout`, which wins. */
  connectTimeoutMS?: number
  /** The same as `pool.acquireTimeout`, which wins. */
  acquireTimeout?: number
  /**
   * What TypeORM hands on to the driver. `max`, `connectionLimit`, `min`, the drivers' names of
   * timeouts, and `ssl` are understood; any other name is ignored, with a notice.
   */
  extra?: {
    max?: number
    connectionLimit?: number
    min?: number
    ssl?: boolean | ServerTls
    [name: string]: unknown
  }
}

/** How the connection to a server is encrypted. Certificates and keys are PEM, or a file's path. */
export interface ServerTls {
  /** Whether the server's certificate must be trusted and for its host. @default true */
  rejectUnauthorized?: boolean
  /** An authority to trust besides the public ones: a PEM text or a file's path. Check the host name too. */
  ca?: string | string[]
  /** The client's certificate. */
  cert?: string | string[]
  /** The client's key. */
  key?: string | string[]
}

/** The application's own columns, by model. They are the types' word for what `schema` names. */
export interface OwnColumns {
  user?: object
  account?: object
  session?: object
}

type OwnOf<Own, Model extends keyof OwnColumns> = Own extends { [name in Model]: infer Columns }
  ? Columns
  : unknown
type UserWith<Own> = AdapterUser & OwnOf<Own, "user">
type AccountWith<Own> = AdapterAccount & OwnOf<Own, "account">
type SessionWith<Own> = AdapterSession & OwnOf<Own, "session">

/** The adapter whose rows have the application's own columns, too. */
export type AdapterWith<Own extends OwnColumns> = Omit<
  SqlxAdapterObject,
  | "createUser"
  | "getUser"
  | "getUserByEmail"
  | "getUserByAccount"
  | "updateUser"
  | "deleteUser"
  | "linkAccount"
  | "getAccount"
  | "listAccounts"
  | "createSession"
  | "getSessionAndUser"
  | "updateSession"
  | "deleteSession"
> & {
  createUser(user: Partial<UserWith<Own>>): Promise<UserWith<Own>>
  getUser(id: string): Promise<UserWith<Own> | null>
  getUserByEmail(email: string): Promise<UserWith<Own> | null>
  getUserByAccount(account: AccountKey): Promise<UserWith<Own> | null>
  updateUser(user: Partial<UserWith<Own>> & Pick<AdapterUser, "id">): Promise<UserWith<Own>>
  deleteUser(id: string): Promise<UserWith<Own> | null>
  linkAccount(account: AdapterAccount & Partial<OwnOf<Own, "account">>): Promise<AccountWith<Own>>
  getAccount(providerAccountId: string, provider: string): Promise<AccountWith<Own> | null>
  listAccounts(userId: string): Promise<AccountWith<Own>[]>
  createSession(session: AdapterSession & Partial<OwnOf<Own, "session">>): Promise<SessionWith<Own>>
  getSessionAndUser(
    sessionToken: string,
  ): Promise<{ session: SessionWith<Own>; user: UserWith<Own> } | null>
  updateSession(
    session: Partial<SessionWith<Own>> & Pick<AdapterSession, "sessionToken">,
  ): Promise<SessionWith<Own> | null>
  deleteSession(sessionToken: string): Promise<SessionWith<Own> | null>
}

/** The adapters whose tables are known: docs/switching.md says which versions. */
export type SchemaPreset =
  | "pg-adapter"
  | "neon"
  | "prisma"
  | "prisma-v4"
  | "prisma-v3"
  | "prisma-v3-cuid"
  | "drizzle"
  | "kysely"
  | "typeorm"
  | "typeorm-v3"
  | "sequelize"
  | "mikro-orm"
  | "supabase"
  | "d1"

/** The tables and columns. A name may be anything that the database allows; it is always quoted. */
export interface SchemaOptions {
  /** Start from another adapter's tables instead of ours. */
  preset?: SchemaPreset
  /** How columns are named that have no name of their own here; of our own schema, tables too. */
  naming?: "snake_case" | "camelCase"
  /** What the name of every table starts with that has no name of its own here. */
  prefix?: string
  /** A PostgreSQL schema. Names are qualified with it; `search_path` is left alone. It wins over `?schema=` in the URL. */
  dbSchema?: string
  /**
   * Where users' ids come from. An id that `createUser` is given is kept where the column can hold
   * it; where this option is set, a random UUID, which NextAuth's core makes for every user, is not.
   * `"serial"`: the database counts. `"database"`: the column's default.
   * @default "uuidv7"
   */
  ids?: "uuid" | "uuidv7" | "cuid2" | "nanoid" | "serial" | "database" | (() => string | number)
  /** `readOnly`: nothing is written to the table, which may be a view. */
  user?: ModelOptions<keyof AdapterUser> & { readOnly?: boolean }
  /** `false`: there is no such table. What needs it rejects with `ERR_UNSUPPORTED`. */
  account?: ModelOptions<keyof AdapterAccount> | false
  session?: ModelOptions<keyof AdapterSession> | false
  verificationToken?: ModelOptions<keyof VerificationToken> | false
  authenticator?: ModelOptions<keyof AdapterAuthenticator> | false
}

/** A model's table. */
export interface ModelOptions<Property extends string> {
  table?: string
  /**
   * Properties and their columns: a column's name; more of it; or `false` where there is none. A
   * property that NextAuth does not know needs a type; what a call gives for it is stored, and
   * comes back with its type.
   */
  columns?: { [property in Property]?: string | ColumnOptions | false } & {
    [property: string]: string | ColumnOptions | false | undefined
  }
}

/** A column. */
export interface ColumnOptions {
  /** @default the property's usual name, or the property itself */
  name?: string
  /** How values are kept. Required for a property that NextAuth does not know. */
  type?: ColumnType
  /** @default true for a property that NextAuth does not know */
  nullable?: boolean
  /** The value of a row that is given none. Without it the database's own default holds. */
  default?: string | number | boolean
  /**
   * What makes the value of a row that is given none: `"now"` the time of the call, `"touch"` that of the
   * row's last change, which no call gives, `"uuid"` a random UUID.
   */
  fill?: "now" | "touch" | "uuid"
  /**
   * A unique key, where the table is created: a name for its index, or for a constraint of the table.
   * `false`: not even the preset's.
   */
  unique?: boolean | string | { constraint: string }
  /** An index, where the table is created, or its name. `false`: not even the preset's. */
  index?: boolean | string
  /** The type where the table is created, in the database's own words: `"varchar(100)"`. */
  sqlType?: string
  /** The default where the table is created, in the database's own words: `"'member'"`. */
  sqlDefault?: string
  /** The column is written and never returned: NextAuth's `session` callback may send all that is. */
  hidden?: boolean
}

/**
 * How a column keeps values. `"binary"`: the 16 bytes of a UUID. `"bigint-string"`: an integer whose
 * digits are a string, as no number is exact beyond 2^53. `"date"`: a day, `"2023-11-14"`. Dates: `"datetime"` as the database
 * keeps them best; `"datetime(0)"` to the second; `"timestamp"` without a time zone, which is UTC;
 * `"seconds"` and `"milliseconds"` as integers; `"iso-text"`, `"datetime-text"`
 * (`2023-11-14 22:13:20.789`) and `"milliseconds-text"` as text. `emailVerified` may be a
 * `"boolean"`: `true` is read as 1970-01-01, as no time is kept.
 */
export type ColumnType =
  | "text"
  | "uuid"
  | "binary"
  | "integer"
  | "bigint"
  | "bigint-string"
  | "float"
  | "boolean"
  | "json"
  | "date"
  | "datetime"
  | "datetime(0)"
  | "timestamp"
  | "seconds"
  | "milliseconds"
  | "iso-text"
  | "datetime-text"
  | "milliseconds-text"

/** A key for {@link EncryptionOptions}. */
export interface EncryptionKey {
  /** 1 to 32 ASCII letters, digits, `-` and `_`. It is stored with each value, and in errors. */
  id: string
  /** 32 random bytes: base64, hexadecimal digits, or a Buffer. `openssl rand -base64 32` makes one. */
  key: string | Uint8Array
}

/** What is encrypted at rest, and with which keys. */
export interface EncryptionOptions {
  /** The first encrypts; all decrypt. @default those in the variable `AUTH_ENCRYPTION_KEYS` */
  keys?: EncryptionKey[]
  /**
   * The account's columns that are encrypted, by property: text that no row is found by. `[]`: nothing is
   * encrypted any more, and what is, is read.
   * @default `access_token`, `refresh_token` and `id_token`, as far as the table has them
   */
  columns?: string[]
  /** Whether a value in these columns that is not encrypted is read. `false`: `ERR_DECRYPT`. @default true */
  allowPlain?: boolean
}

/** Everything that can be set. All of it is optional. */
export interface SqlxAdapterOptions {
  /**
   * `postgres://user:password@host/database`, `mysql://…`, `mariadb://…`, `sqlite:auth.db`,
   * `sqlite::memory:`, `file:auth.db`, or a path such as `./auth.db`. Parameters of libpq, Prisma
   * and the Node drivers are understood where there is the thing; others are ignored, with a notice.
   */
  url?: string
  /**
   * `"create"`: the tables are created when the database says that there are none. `true`: what
   * is missing (tables, columns, indexes) is added too. `false`: never. Nothing is ever dropped
   * or retyped.
   * @default "create"; `false` with a preset
   */
  synchronize?: "create" | boolean
  /**
   * Which tables and columns there are: a preset's name for the tables of another adapter, or what
   * differs from ours, or from a preset's. Live columns that are not named here are neither read
   * nor written. docs/schema.md has all of it, docs/switching.md a line for each adapter.
   */
  schema?: SchemaPreset | SchemaOptions
  /** These win over what the URL says, such as `?max=10` or `?connection_limit=10`. */
  pool?: {
    /** Connections, at most. SQLite has one more, which writes. @default 5 */
    max?: number
    /** Connections to a server that are kept even if they are idle. @default 0 */
    min?: number
    /** Milliseconds that a call waits for a connection. @default 5000 */
    acquireTimeout?: number
    /** Milliseconds that connecting to a server may take. @default 5000 */
    connectTimeout?: number
    /** Milliseconds until an idle connection is closed. @default 60000 */
    idleTimeout?: number
    /** Milliseconds until a connection is replaced. @default 1800000 */
    maxLifetime?: number
    /** Calls of this adapter that may be under way; the next is refused with `ERR_OVERLOADED`. @default 10000 */
    queueLimit?: number
  }
  /**
   * Whether PostgreSQL is reached through a pooler in transaction mode, such as PgBouncer,
   * Supavisor or RDS Proxy. `?pgbouncer=true` in a URL says so, too.
   * @default found out
   */
  pooler?: boolean
  sqlite?: {
    /** `PRAGMA synchronous`. `"full"`: what was acknowledged survives a power cut. @default "full" */
    synchronous?: "off" | "normal" | "full" | "extra"
    /** Milliseconds that SQLite waits for another process's lock before it is tried anew. @default 5000 */
    busyTimeout?: number
  }
  sessions?: {
    /**
     * Whether the database holds a digest instead of the session token. `"migrate"`: it does, and sessions
     * that are stored under their tokens still are found too, and become digests: for a live table of plain
     * tokens, while people stay signed in. docs/security.md has the steps.
     * @default true; `false` with a preset
     */
    hash?: boolean | "migrate"
    /** A secret of at least 16 characters: digests are made with HMAC-SHA-256 under it. */
    key?: string
  }
  /** Without any of it a token is used once, and no wrong call touches a pending one. */
  verificationTokens?: {
    /**
     * Seconds after its first use in which a token may be used again, for mail scanners that open links
     * first: 1 to 600, never past its `expires`, and three uses in all. @default none: once
     */
    graceSeconds?: number
    /**
     * How many wrong tokens for an identifier end its pending ones, for short codes of one's own. It lets
     * a stranger who knows the address cancel a link. @default none
     */
    maxAttempts?: number
  }
  /**
   * OAuth tokens encrypted at rest (AES-256-GCM), each bound to its account and column. `true`: the
   * keys are in the variable `AUTH_ENCRYPTION_KEYS`, as `id:key`, separated by commas. docs/encryption.md
   * has the format, and how to turn it on, change keys and turn it off. @default off
   */
  encryption?: boolean | EncryptionOptions
  /**
   * Whether `users.email` is trimmed and ASCII-lower-cased on the way in and in look-ups.
   * @default true; with a preset an address is stored as given, and found as it is written first,
   * then normalised
   */
  normalizeEmail?: boolean
  /** Bounds for repeating what is safe to repeat. */
  retry?: {
    /** @default 3 */
    attempts?: number
    /** Milliseconds in all; also how long a server may take to answer. @default 10000 */
    maxTime?: number
  }
  /**
   * Keeps tenants apart: columns that every statement compares and every key has. `values` is asked at
   * each call, at once, so that it may read an `AsyncLocalStorage`; without a value for each column the
   * call rejects with `ERR_SCOPE`. A function alone says with its first answer which columns there are.
   * docs/tenants.md has all of it.
   * @example
   * SqlxAdapter(url, { scope: { columns: { tenant_id: "text" }, values: () => ({ tenant_id }) } })
   */
  scope?: ScopeValues | { columns: Record<string, ScopeType>; values: ScopeValues }
  /**
   * URLs of PostgreSQL, MySQL or MariaDB servers that copy the database: look-ups of users and sessions
   * go to them in turn, everything else to the primary.
   *
   * A replica is asked only while it is known to have all that the primary had `maxLag` ago, and never for
   * what this process has written and it does not have yet. What it does not find is asked of the primary.
   * A sign-out of another process is so seen after `maxLag` at the latest; where it must be seen at once,
   * set `sessions: false`.
   */
  replicas?:
    | string[]
    | {
        urls: string[]
        /** Whether they are asked for sessions, too. @default true */
        sessions?: boolean
        /** Milliseconds. @default 5000 */
        maxLag?: number
      }
  /**
   * Whether sessions and verification tokens that have expired are deleted along with new ones: up to a
   * hundred of each every 30 seconds in a process, in the background; once an hour where the table
   * has no index on `expires`. `cleanup` deletes all of them. @default true
   */
  autoCleanup?: boolean
  /**
   * Whether a user whom a crash has left in the middle of a sign-in makes way for that person, who else could never sign
   * in with a provider again. `getUserByEmail` then deletes such a user and finds nobody, so that NextAuth
   * makes a new one, under a new id. Deleted is only who was marked by `createUser` a quarter of an hour ago or earlier,
   * and has had nothing done to them since: no account, session, passkey, change or verified address. On our own tables
   * only. Leave it off if your application creates users with `createUser` itself (invites them, say). @default false
   */
  reclaimUnfinishedUsers?: boolean
  /** Told of every query, after it. What it throws is ignored. */
  onQuery?: (event: QueryEvent) => void
  /** Where notices, failures and queries are written. */
  logger?: Logger
}

/** A database for each tenant. */
export interface TenantsOptions {
  /**
   * Whose call it is: asked at each call, at once, so that it may read an `AsyncLocalStorage`. Without
   * an answer the call rejects with `ERR_SCOPE`.
   */
  current: () => string | number | null | undefined
  /** Databases that are open at once, at most: each has up to `pool.max` connections. @default 20 */
  max?: number
  /** Milliseconds until a database that nobody uses is closed. @default 300000 */
  idleTimeout?: number
}

/** What tells whose rows a call is about; it must not be an `async` function. */
export type ScopeValues = () => Readonly<Record<string, string | number | null | undefined>>

/** The type of a column of `scope`. */
export type ScopeType = "text" | "uuid" | "binary" | "integer" | "bigint"

/** Why a call, or `SqlxAdapter` itself, failed. Stable: programs may rely on them. */
export type SqlxAdapterErrorCode =
  | "ERR_CONFIG"
  | "ERR_CONNECT"
  | "ERR_TIMEOUT"
  | "ERR_OVERLOADED"
  | "ERR_OUTCOME_UNKNOWN"
  | "ERR_READ_ONLY"
  | "ERR_UNIQUE"
  | "ERR_FOREIGN_KEY"
  | "ERR_NOT_FOUND"
  | "ERR_SCHEMA"
  | "ERR_SCOPE"
  | "ERR_INVALID_ARGUMENT"
  | "ERR_DECRYPT"
  | "ERR_UNSUPPORTED"
  | "ERR_CLOSED"
  | "ERR_DATABASE"
  | "ERR_INTERNAL"

/** Every error of this package. No message holds a value, a token or a password. */
export declare class SqlxAdapterError extends Error {
  readonly name: "SqlxAdapterError"
  readonly code: SqlxAdapterErrorCode
  /** The function that failed, such as `"createUser"`; `undefined` for `SqlxAdapter` itself. */
  readonly operation?: string
  /** What the database said, as far as it holds no values. JSON-safe. */
  readonly cause?: {
    readonly database: "sqlite" | "postgres" | "mysql" | "mariadb"
    readonly code?: string
    readonly table?: string
    readonly constraint?: string
  }
}

/**
 * Makes an adapter. It returns at once and touches neither network nor disk: the first call
 * connects. Without a place it takes `AUTH_DATABASE_URL`, then `DATABASE_URL`, from the
 * environment at that moment; with neither, `./auth.db`, except in production.
 *
 * It needs Node.js: in an edge runtime and in a browser it can be imported, and each function
 * rejects with `ERR_UNSUPPORTED`.
 *
 * @example
 * NextAuth({ adapter: SqlxAdapter(), providers: [GitHub] })
 *
 * @throws `ERR_CONFIG` an option is unknown or of the wrong type.
 */
export declare function SqlxAdapter(
  options?: SqlxAdapterOptions &
    (SqliteParts | ServerParts | (ServerConnection & { type?: undefined })),
): SqlxAdapterObject
export declare function SqlxAdapter(
  url: string | undefined,
  options?: SqlxAdapterOptions & ServerConnection & Partial<Pick<ServerParts, "type">>,
): SqlxAdapterObject
/**
 * With columns of the application's own, which the option `schema` names, as properties:
 *
 * @example
 * const adapter = SqlxAdapter<{ user: { role: string } }>(url, {
 *   schema: { user: { columns: { role: { type: "text", default: "member" } } } },
 * })
 */
export declare function SqlxAdapter<Own extends OwnColumns>(
  options?: SqlxAdapterOptions &
    (SqliteParts | ServerParts | (ServerConnection & { type?: undefined })),
): AdapterWith<Own>
export declare function SqlxAdapter<Own extends OwnColumns>(
  url: string | undefined,
  options?: SqlxAdapterOptions & ServerConnection & Partial<Pick<ServerParts, "type">>,
): AdapterWith<Own>
/**
 * With a database for each tenant: the URL is what the function gives for the tenant whose call it is, as
 * `tenants.current` says at the call. It is asked for again when the tenant's database is opened
 * again: only `tenants.max` are open at once. docs/tenants.md has all of it.
 *
 * @example
 * SqlxAdapter((tenant) => `sqlite:data/${tenant}.db`, { tenants: { current: () => storage.getStore() } })
 */
export declare function SqlxAdapter(
  url: (tenant: string) => string | Promise<string>,
  options: Omit<SqlxAdapterOptions, "url"> & ServerConnection & { tenants: TenantsOptions },
): SqlxAdapterObject
export default SqlxAdapter
