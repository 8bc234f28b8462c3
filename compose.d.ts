/**
 * Several adapters as one: `composeAdapters` spreads the models over several systems, `mirror` keeps
 * a second system up to date while the first is in use.
 */

import type {
  AccountKey,
  AdapterAccount,
  AdapterAuthenticator,
  AdapterSession,
  AdapterUser,
  SqlxAdapterObject,
  VerificationToken,
} from "./index.js"

type Awaitable<T> = T | PromiseLike<T>
/** What Auth.js lets functions return whose result nobody needs. */
type Optional<T> = Awaitable<T | null | undefined> | Promise<void>

// Methods, not properties: TypeScript is then content with another package's own row types.
// Optional, because every function of Auth.js's own type `Adapter` is.

/**
 * A row of a user, in another system than the users: `id-<user id>@user.invalid`, and nothing else
 * of them. A part that has no `createUser` gets the users' own ids instead.
 */
export interface StandInFunctions {
  createUser?(user: AdapterUser): Awaitable<AdapterUser>
  getUser?(id: string): Awaitable<AdapterUser | null>
  getUserByEmail?(email: string): Awaitable<AdapterUser | null>
  /** Deletes all that this part keeps of a user. */
  deleteUser?(id: string): Optional<AdapterUser>
}

/** A part that keeps users. */
export interface UserPart extends StandInFunctions {
  updateUser?(user: Partial<AdapterUser> & Pick<AdapterUser, "id">): Awaitable<AdapterUser>
}

/** A part that keeps accounts. */
export interface AccountPart extends StandInFunctions {
  linkAccount?(account: AdapterAccount): Optional<AdapterAccount>
  unlinkAccount?(account: AccountKey): Optional<AdapterAccount>
  /** Only the result's `id` is used where there is no `createUser`, and else its `email`. */
  getUserByAccount?(account: AccountKey): Awaitable<Pick<AdapterUser, "id"> | null>
  getAccount?(providerAccountId: string, provider: string): Awaitable<AdapterAccount | null>
}

/** A part that keeps sessions. */
export interface SessionPart extends StandInFunctions {
  createSession?(session: AdapterSession): Awaitable<AdapterSession>
  getSessionAndUser?(
    sessionToken: string,
  ): Awaitable<{ session: AdapterSession; user: AdapterUser } | null>
  /** Asked instead of `getSessionAndUser` where there is no `createUser`. */
  getSession?(sessionToken: string): Awaitable<AdapterSession | null>
  updateSession?(
    session: Partial<AdapterSession> & Pick<AdapterSession, "sessionToken">,
  ): Awaitable<AdapterSession | null | undefined>
  deleteSession?(sessionToken: string): Optional<AdapterSession>
  /** What `deleteUser` calls where the part has no `deleteUser` of its own. */
  deleteSessionsByUser?(userId: string): Awaitable<unknown>
}

/** A part that keeps magic links. */
export interface VerificationTokenPart {
  createVerificationToken?(
    token: VerificationToken,
  ): Awaitable<VerificationToken | null | undefined>
  useVerificationToken?(params: {
    identifier: string
    token: string
  }): Awaitable<VerificationToken | null>
  /** What `deleteUser` calls with the user's address; without it their links stay until they expire. */
  deleteVerificationTokens?(identifier: string): Awaitable<unknown>
}

/** A part that keeps passkeys. */
export interface AuthenticatorPart extends StandInFunctions {
  getAuthenticator?(credentialID: string): Awaitable<AdapterAuthenticator | null>
  createAuthenticator?(authenticator: AdapterAuthenticator): Awaitable<AdapterAuthenticator>
  listAuthenticatorsByUserId?(userId: string): Awaitable<AdapterAuthenticator[]>
  updateAuthenticatorCounter?(
    credentialID: string,
    newCounter: number,
  ): Awaitable<AdapterAuthenticator>
}

/** Where each model is kept. `false`: nowhere, and its functions do not exist. */
export interface Parts {
  user: UserPart
  account: AccountPart | false
  session: SessionPart | false
  verificationToken: VerificationTokenPart | false
  authenticator?: AuthenticatorPart | false
}

type UserFunctions =
  | "createUser"
  | "getUser"
  | "getUserByEmail"
  | "updateUser"
  | "deleteUser"
  | "close"
type AccountFunctions = "getUserByAccount" | "linkAccount" | "unlinkAccount" | "getAccount"
type SessionFunctions = "createSession" | "getSessionAndUser" | "updateSession" | "deleteSession"
type VerificationTokenFunctions = "createVerificationToken" | "useVerificationToken"
type AuthenticatorFunctions =
  | "getAuthenticator"
  | "createAuthenticator"
  | "listAuthenticatorsByUserId"
  | "updateAuthenticatorCounter"

/** `Names`, where there is certainly such a part. */
type FunctionsOf<P, Model extends keyof Parts, Names extends keyof SqlxAdapterObject> = P extends {
  [model in Model]: object
}
  ? Pick<SqlxAdapterObject, Names>
  : unknown

/** `Names`, as far as the part has them. */
type Management<Part, Names extends keyof SqlxAdapterObject> = Pick<
  SqlxAdapterObject,
  Names & keyof Part
>

/** What {@link composeAdapters} returns: plain functions of its own, as NextAuth needs them. */
export type ComposedAdapter<P extends Parts = Parts> = Pick<SqlxAdapterObject, UserFunctions> &
  FunctionsOf<P, "account", AccountFunctions> &
  FunctionsOf<P, "session", SessionFunctions> &
  FunctionsOf<P, "verificationToken", VerificationTokenFunctions> &
  FunctionsOf<P, "authenticator", AuthenticatorFunctions> &
  Management<P["session"], "listSessions" | "deleteSessionsByUser" | "createSessionFor"> &
  Management<P["account"], "listAccounts" | "updateAccount" | "withAccountLock"> &
  Management<P["verificationToken"], "deleteVerificationTokens"> & {
    /**
     * Completes what is left of `deleteUser` after a crash or an error half-way, in any process: call
     * it when the application starts, or from time to time.
     */
    repair(): Promise<{ deletedUsers: number }>
  }

/**
 * One adapter whose models are kept in several systems. Every part is an adapter for Auth.js or
 * NextAuth.js 4, of this package or another, or an object of functions.
 *
 * @example
 * const users = SqlxAdapter("postgres://app:secret@db/app")
 * const sessions = SqlxAdapter("sqlite:sessions.db")
 * const adapter = composeAdapters({
 *   user: users, account: users, verificationToken: users, authenticator: users,
 *   session: sessions,
 * })
 *
 * @throws `ERR_CONFIG` a part is missing. A function that its part does not have rejects with
 * `ERR_UNSUPPORTED`.
 */
export declare function composeAdapters<P extends Parts>(parts: P): ComposedAdapter<P>

/** How the secondary adapter differed. It holds names, never values, but for `error`. */
export interface Difference {
  /** The function that was called, such as `"createUser"`. */
  operation: string
  /**
   * `"missing"`: the secondary had no such row; `"unexpected"`: only the secondary had one;
   * `"different"`: fields differ; `"failed"`: it rejected, or did not answer in time.
   */
  kind: "missing" | "unexpected" | "different" | "failed"
  /** The fields that differ, such as `"session.expires"`. */
  fields: string[]
  /** What the secondary rejected with. Another package's error may hold values. */
  error?: unknown
}

/** What was counted since the mirror was made. */
export interface DifferenceCounts {
  /** Writes that the primary did. */
  writes: number
  /** Reads that the secondary was asked for, too. */
  comparedReads: number
  differences: number
  failures: number
  /** The same for each function that differed or failed. */
  operations: { [operation: string]: { differences: number; failures: number } }
}

export interface MirrorOptions {
  /** Told of every difference and every failure of the secondary. What it throws is ignored. */
  onDifference?: (difference: Difference) => void
  /** Ask the secondary, too, at every read, and compare; nobody waits for it. @default false */
  compareReads?: boolean
  /**
   * Remember which rows are written while others are being copied to the secondary, for `settle()`.
   * Both must have `getAccount` for the tokens of accounts to be compared.
   * @default false
   */
  copying?: boolean
  /** Milliseconds that a write waits for the secondary at most. @default 5000 */
  timeout?: number
}

/**
 * The primary adapter, with every write done in the secondary, too. A failure of the secondary never
 * fails a call.
 */
export declare function mirror<
  Primary extends object,
  Secondary extends UserPart & AccountPart,
  Options extends MirrorOptions = MirrorOptions,
>(
  primary: Primary,
  secondary: Secondary,
  options?: Options,
): Omit<Primary, "close" | "differences" | "settle"> & {
  /** Closes both. */
  close(): Promise<void>
  differences(): DifferenceCounts
} & (Options extends { copying: true }
    ? {
        /**
         * Once rows have been copied: brings those that were written meanwhile to what the primary
         * holds of them, in the secondary. What rejects is tried again by the next call.
         */
        settle(): Promise<{ settled: number }>
      }
    : unknown)
