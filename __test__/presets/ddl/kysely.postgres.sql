-- @auth/kysely-adapter 1.11.2: the migration of its documentation, as SQL. The package creates nothing.
CREATE TABLE "User" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "name" text, "email" text UNIQUE NOT NULL, "emailVerified" timestamptz, "image" text);
CREATE TABLE "Account" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "userId" uuid REFERENCES "User" ("id") ON DELETE CASCADE NOT NULL, "type" text NOT NULL, "provider" text NOT NULL, "providerAccountId" text NOT NULL, "refresh_token" text, "access_token" text, "expires_at" bigint, "token_type" text, "scope" text, "id_token" text, "session_state" text);
CREATE TABLE "Session" ("id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "userId" uuid REFERENCES "User" ("id") ON DELETE CASCADE NOT NULL, "sessionToken" text NOT NULL UNIQUE, "expires" timestamptz NOT NULL);
CREATE TABLE "VerificationToken" ("identifier" text NOT NULL, "token" text NOT NULL UNIQUE, "expires" timestamptz NOT NULL);
CREATE INDEX "Account_userId_index" ON "Account" ("userId");
CREATE INDEX "Session_userId_index" ON "Session" ("userId");
