-- @auth/sequelize-adapter 2.11.3's models. Made by sequelize 6.37.8's query generator, with which
-- sync() creates tables.
CREATE TABLE IF NOT EXISTS `users` (`id` UUID PRIMARY KEY, `name` VARCHAR(255), `email` VARCHAR(255), `email_verified` DATETIME, `image` VARCHAR(255), UNIQUE (`email`));
CREATE TABLE IF NOT EXISTS `accounts` (`id` UUID PRIMARY KEY, `type` VARCHAR(255) NOT NULL, `provider` VARCHAR(255) NOT NULL, `provider_account_id` VARCHAR(255) NOT NULL, `refresh_token` VARCHAR(255), `access_token` VARCHAR(255), `expires_at` INTEGER, `token_type` VARCHAR(255), `scope` VARCHAR(255), `id_token` TEXT, `session_state` VARCHAR(255), `user_id` UUID REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE IF NOT EXISTS `sessions` (`id` UUID PRIMARY KEY, `expires` DATETIME NOT NULL, `session_token` VARCHAR(255) NOT NULL, `user_id` UUID REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE CASCADE, UNIQUE (`session_token`));
CREATE TABLE IF NOT EXISTS `verification_tokens` (`token` VARCHAR(255) PRIMARY KEY, `identifier` VARCHAR(255) NOT NULL, `expires` DATETIME NOT NULL);
