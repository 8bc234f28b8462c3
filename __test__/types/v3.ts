// The entry point for NextAuth v2 and v3, by itself.

import Adapters, {
  Default,
  fromDatabase,
  Prisma,
  schemaOf,
  TypeORM,
  type TypeORMAccountModel,
  type TypeORMSessionModel,
  type TypeORMUserModel,
  type TypeORMVerificationRequestModel,
} from "next-auth-sqlx-adapter/v3"

const adapter = Adapters.Default({ type: "sqlite", database: ":memory:", synchronize: true })
Default("mysql://app:secret@db/auth?synchronize=true")
TypeORM({
  type: "postgres",
  host: "db",
  ssl: { rejectUnauthorized: false },
  uuidExtension: "pgcrypto",
})
fromDatabase({ url: "postgres://db/auth", entityPrefix: "nextauth_" }).close()
fromDatabase(undefined as string | undefined)?.close()
declare const variable: string | undefined
Adapters.Default(variable, { models: null, namingStrategy: null })
Adapters.PrismaAdapter({ prisma: {} }).getAdapter
Prisma.Adapter(variable)
const { preset, prefix } = schemaOf({ url: variable, entityPrefix: "nextauth_" })
const named: (string | undefined)[] = [preset, prefix]
named.join()

/** The models' types, as next-auth/adapters had them. */
const names = (
  user: TypeORMUserModel,
  account: TypeORMAccountModel,
  session: TypeORMSessionModel,
  request: TypeORMVerificationRequestModel,
) => [user.name, account.compoundId, session.accessToken, request.identifier]
names(
  new Adapters.TypeORM.Models.User.model({ name: "Ada" }),
  new Adapters.TypeORM.Models.Account.model("1", "github", "oauth", 7),
  new Adapters.TypeORM.Models.Session.model("1", new Date()),
  new Adapters.TypeORM.Models.VerificationRequest.model("ada@example.com", "token", new Date()),
)

class User extends Adapters.TypeORM.Models.User.model {
  phoneNumber?: string
  constructor(name: string, email: string, image: string, emailVerified: Date) {
    super(name, email, image, emailVerified)
    this.phoneNumber = this.name ?? undefined
  }
}
Adapters.TypeORM.Adapter("sqlite://localhost/auth.db", {
  models: {
    User: {
      model: User,
      schema: {
        name: "User",
        target: User,
        columns: {
          ...Adapters.TypeORM.Models.User.schema.columns,
          phoneNumber: { type: "varchar", nullable: true },
        },
      },
    },
  },
  pool: { max: 3 },
})

async function methods() {
  const v3 = await adapter.getAdapter({ secret: "s", session: { maxAge: 60, updateAge: 0 } })
  v3.displayName?.toUpperCase()
  const user = await v3.createUser({ id: 7, email: "ada@example.com", emailVerified: true })
  const id: string = user.id
  const session = await v3.createSession(user)
  const accessToken: string = session.accessToken
  const again = await v3.updateSession(session, true)
  await v3.linkAccount(id, "github", "oauth", 7, undefined, accessToken, null)
  const expires: Date | undefined = again?.expires
  return expires
}
methods()

// @ts-expect-error a place is needed
Default()
Prisma.Adapter({ prisma: {}, modelMapping: { User: "user" }, url: "sqlite:auth.db" }).getAdapter
Prisma({ schema: { user: { table: "Member" } } }).getUser
// @ts-expect-error the preset is Prisma's
Prisma.Adapter({ schema: "prisma" })
Adapters.Default("sqlite:auth.db", {
  // @ts-expect-error the tables are v3's
  schema: "prisma",
})
