/**
 * The default adapter of NextAuth v2 and v3, by the names that their documentation gives it. Its
 * tables are those that NextAuth's TypeORM adapter made. docs/nextauth-v3.md has more.
 */

import type {
  SchemaOptions,
  ServerConnection,
  ServerParts,
  SqliteParts,
  SqlxAdapterObject,
  SqlxAdapterOptions,
} from "./index.js"

/** A configuration as TypeORM 0.2 took it. */
export type Configuration = (
  | SqliteParts
  | ServerParts
  | (ServerConnection & { type?: undefined; url?: string })
) & {
  url?: string
  /** Create the tables, and add what is missing. Nothing is ever dropped. @default false */
  synchronize?: boolean
  /** The same, as some pages of the documentation have it. */
  synchronise?: boolean
  /** What the name of every table begins with. */
  entityPrefix?: string
  /** A PostgreSQL schema. */
  schema?: string
  namingStrategy?: NamingStrategy
  /** Queries by their operation: neither their text nor values. */
  logging?:
    | boolean
    | "all"
    | ("query" | "error" | "warn" | "schema" | "info" | "log" | "migration")[]
  logger?: "advanced-console" | "simple-console" | "debug" | object
  /** Milliseconds beyond which a query is logged as slow. */
  maxQueryExecutionTime?: number
  /** TypeORM's others, and those of SqlxAdapter: each is honoured, means nothing, or is refused. */
  [option: string]: unknown
}

/** A naming strategy of TypeORM's. */
export interface NamingStrategy {
  tableName(className: string, customName: string | undefined): string
  columnName(property: string, customName: string | undefined, prefixes: string[]): string
  prefixTableName?(prefix: string, table: string): string
  indexName?(table: string, columns: string[]): string
  uniqueConstraintName?(table: string, columns: string[]): string
  primaryKeyName?(table: string, columns: string[]): string
}

/** A model: a class, and its table in the words of TypeORM's EntitySchema. */
export interface Model<Class = new (...values: never[]) => object> {
  model: Class
  schema: {
    name: string
    target?: unknown
    tableName?: string
    columns: { [property: string]: ModelColumn }
    indices?: { name?: string; columns?: string[]; unique?: boolean }[]
    uniques?: { name?: string; columns?: string[] }[]
  }
}

export interface ModelColumn {
  /** A date of TypeORM's own, `createDate` or `updateDate`, needs none. */
  type?: unknown
  name?: string
  nullable?: boolean
  unique?: boolean
  default?: unknown
  /** `false`: the column is stored and never returned. */
  select?: boolean
  [word: string]: unknown
}

/** The application's own models. */
export interface Models {
  User?: Model
  Account?: Model
  Session?: Model
  VerificationRequest?: Model
}

/** The models' types, by the names that `next-auth/adapters` of v3 exported. */
export type {
  Account as TypeORMAccountModel,
  Session as TypeORMSessionModel,
  User as TypeORMUserModel,
  VerificationRequest as TypeORMVerificationRequestModel,
}

declare class User {
  constructor(profile?: object)
  constructor(
    name?: string | null,
    email?: string | null,
    image?: string | null,
    emailVerified?: Date | boolean | null,
  )
  name?: string | null
  email?: string | null
  image?: string | null
  emailVerified?: Date
}

declare class Account {
  constructor(
    userId: string,
    providerId: string,
    providerType: string,
    providerAccountId: string | number,
    refreshToken?: string | null,
    accessToken?: string | null,
    accessTokenExpires?: Date | null,
  )
  compoundId: string
  userId: string
  providerType: string
  providerId: string
  providerAccountId: string | number
  refreshToken?: string | null
  accessToken?: string | null
  accessTokenExpires?: Date | null
}

declare class Session {
  constructor(userId: string, expires: Date, sessionToken?: string, accessToken?: string)
  userId: string
  expires: Date
  sessionToken: string
  accessToken: string
}

declare class VerificationRequest {
  constructor(identifier: string, token: string, expires: Date)
  identifier: string
  token: string
  expires: Date
}

/** The default models, for the application's own to extend. */
export interface DefaultModels {
  User: Model<typeof User>
  Account: Model<typeof Account>
  Session: Model<typeof Session>
  VerificationRequest: Model<typeof VerificationRequest>
}

/** The second argument: options of SqlxAdapter may stand beside v3's own. */
export type AdapterOptions = Omit<SqlxAdapterOptions, "schema" | "synchronize" | "url"> & {
  /** The application's own models, over the default ones. */
  models?: Models | null
  namingStrategy?: NamingStrategy | null
}

/**
 * Where the database is: without it, as where a variable is not set, the environment's
 * `AUTH_DATABASE_URL` or `DATABASE_URL`, and if there is none, the first call says so.
 */
type Place = string | Configuration | null | undefined

/** @throws `ERR_CONFIG` an option is unknown, of the wrong type, or cannot be honoured. */
export declare function Default(place: Place, options?: AdapterOptions | null): SqlxAdapterObject

export declare const TypeORM: {
  (place: Place, options?: AdapterOptions | null): SqlxAdapterObject
  Adapter: typeof Default
  Models: DefaultModels
}

/** What `Adapters.Prisma.Adapter` takes: v3's own two, and the options of SqlxAdapter. */
export type PrismaConfiguration = Omit<SqlxAdapterOptions, "schema"> & {
  /** Prisma's client. It is not used. */
  prisma?: unknown
  /** Models of other names: their tables are said by `schema`. */
  modelMapping?: {
    User?: string
    Account?: string
    Session?: string
    VerificationRequest?: string
  }
  schema?: Omit<SchemaOptions, "preset">
}

/**
 * The adapter on the tables that v3's `Adapters.Prisma` had, without Prisma. Without a `url` the
 * place is the environment's `DATABASE_URL`.
 */
export declare const Prisma: {
  (place?: string | PrismaConfiguration): SqlxAdapterObject
  Adapter(place?: string | PrismaConfiguration): SqlxAdapterObject
}

/** The adapter for what v3 took as its option `database`; without a database, none. */
export declare function fromDatabase(database: string | Configuration): SqlxAdapterObject
export declare function fromDatabase(
  database: string | Configuration | null | undefined,
): SqlxAdapterObject | undefined

/**
 * The option `schema` of SqlxAdapter for the arguments of `Adapters.Default`, for what has to name the
 * same tables elsewhere, such as the file that `copy --from-schema` reads.
 */
export declare function schemaOf(place: Place, options?: AdapterOptions | null): SchemaOptions

declare const Adapters: {
  Default: typeof Default
  TypeORM: typeof TypeORM
  Prisma: typeof Prisma
  /** As some pages of v3's documentation have it. */
  PrismaAdapter: typeof Prisma
}
export default Adapters
