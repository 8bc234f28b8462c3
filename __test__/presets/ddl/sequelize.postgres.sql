-- @auth/sequelize-adapter 2.11.3's models. Made by sequelize 6.37.8's query generator, with which
-- sync() creates tables.
CREATE TABLE IF NOT EXISTS "users" ("id" UUID , "name" VARCHAR(255), "email" VARCHAR(255), "email_verified" TIMESTAMP WITH TIME ZONE, "image" VARCHAR(255), UNIQUE ("email"), PRIMARY KEY ("id"));
CREATE TABLE IF NOT EXISTS "accounts" ("id" UUID , "type" VARCHAR(255) NOT NULL, "provider" VARCHAR(255) NOT NULL, "provider_account_id" VARCHAR(255) NOT NULL, "refresh_token" VARCHAR(255), "access_token" VARCHAR(255), "expires_at" INTEGER, "token_type" VARCHAR(255), "scope" VARCHAR(255), "id_token" TEXT, "session_state" VARCHAR(255), "user_id" UUID REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE, PRIMARY KEY ("id"));
CREATE TABLE IF NOT EXISTS "sessions" ("id" UUID , "expires" TIMESTAMP WITH TIME ZONE NOT NULL, "session_token" VARCHAR(255) NOT NULL, "user_id" UUID REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE, UNIQUE ("session_token"), PRIMARY KEY ("id"));
CREATE TABLE IF NOT EXISTS "verification_tokens" ("token" VARCHAR(255) , "identifier" VARCHAR(255) NOT NULL, "expires" TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY ("token"));
