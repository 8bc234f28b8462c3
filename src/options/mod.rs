//! What can be set, with its defaults, and how it is read from JavaScript.

mod encryption;
mod number;
mod parameters;
mod parts;
mod pool;
mod replicas;
mod schema;
mod scope;
mod server;
mod session;
mod source;
mod sqlite;
mod tls;
mod tree;
mod url;
mod verification_token;

pub use encryption::{Encryption, EncryptionOptions};
pub use number::{Count, CountOrNone, Milliseconds};
pub use pool::{PoolBounds, PoolOptions};
pub use replicas::ReplicaOptions;
pub use schema::{
    ColumnOptions, Described, FillName, Ids, KeyOptions, Literal, MODELS, ModelOptions, Naming,
    SchemaOptions, TypeName,
};
pub use scope::{ScopeColumn, ScopeOptions};
pub use server::{Host, ServerKind, ServerSource};
pub use session::{SessionHash, SessionOptions};
pub use source::{Environment, Source};
pub use sqlite::SqliteSource;
pub use tls::{Pem, Tls, TlsMode};
pub use tree::{Tree, TreeError, nearest};
pub use verification_token::{Grace, VerificationTokenOptions};

use self::number::Port;
use self::parts::Extra;
use self::tls::Ssl;
use crate::crypto::Secret;
use crate::error::{Error, Result};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;

/// The options of one adapter. The fields are documented for their users in `index.d.ts`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Options {
    /// Where the database is.
    pub url: Option<Secret>,
    /// The kind of database, when its place is given in parts.
    pub r#type: Option<String>,
    /// The database's name or, for SQLite, file.
    pub database: Option<String>,
    // The other parts of a server's place: `ServerSource` is what they become.
    host: Option<String>,
    port: Option<Port>,
    user: Option<String>,
    username: Option<String>,
    password: Option<Secret>,
    socket_path: Option<String>,
    ssl: Option<Ssl>,
    application_name: Option<String>,
    connect_timeout: Option<Milliseconds>,
    #[serde(rename = "connectTimeoutMS")]
    connect_timeout_ms: Option<Milliseconds>,
    acquire_timeout: Option<Milliseconds>,
    extra: Extra,
    /// The tables and columns.
    pub schema: SchemaOptions,
    pooler: Option<bool>,
    /// Taken because TypeORM has it, and of no use: text is UTF-8 in any case.
    pub charset: Option<String>,
    /// Whether tables are created; [`Options::synchronizes`] has the default.
    synchronize: Option<Synchronize>,
    /// Bounds of the connection pool, as far as given; [`Options::pool_for`] has the rest.
    pub pool: PoolBounds,
    /// What only SQLite has.
    pub sqlite: SqliteOptions,
    /// How session tokens are stored.
    pub sessions: SessionOptions,
    /// What is encrypted at rest.
    pub encryption: Encryption,
    /// How often verification tokens may be used, and how often tried.
    pub verification_tokens: VerificationTokenOptions,
    /// Whether `users.email` is normalised; [`Options::normalizes_email`] has the default.
    normalize_email: Option<bool>,
    /// Bounds for repeating what is safe to repeat.
    pub retry: RetryOptions,
    /// What tells tenants apart: its columns are also the schema's.
    pub scope: ScopeOptions,
    /// Servers that reads may be asked of.
    pub replicas: ReplicaOptions,
    /// Whether a few expired rows are deleted along with writes; [`Options::cleans_along`] has the default.
    auto_cleanup: Option<bool>,
    /// Whether a user whom a crash has left in the middle of a sign-in makes way for that person.
    pub reclaim_unfinished_users: bool,
    /// Told of every query: the bridge calls it.
    on_query: Option<Function>,
    /// Told of notices, failures and queries, in the shape of NextAuth's logger.
    logger: Logger,
}

/// When the tables are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronize {
    /// When the database says that there are none of ours.
    Create,
    /// When connecting: whatever is missing is added.
    Always,
    /// Never.
    Never,
}

impl<'de> Deserialize<'de> for Synchronize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = Synchronize;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"create\", true or false")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Synchronize, E> {
                Ok(if value { Synchronize::Always } else { Synchronize::Never })
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Synchronize, E> {
                match value {
                    "create" => Ok(Synchronize::Create),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// What only SQLite has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SqliteOptions {
    /// `PRAGMA synchronous`.
    pub synchronous: Synchronous,
    /// How long SQLite itself waits for a lock.
    pub busy_timeout: Milliseconds,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        SqliteOptions { synchronous: Synchronous::Full, busy_timeout: Milliseconds(5_000) }
    }
}

/// How far a commit is on the disk when it returns: <https://sqlite.org/pragma.html#pragma_synchronous>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Synchronous {
    Off,
    Normal,
    Full,
    Extra,
}

/// That a function was given.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
struct Function;

/// NextAuth's logger, of which every function may be missing.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(dead_code, reason = "checked here, called by the bridge")]
struct Logger {
    debug: Option<Function>,
    info: Option<Function>,
    warn: Option<Function>,
    error: Option<Function>,
}

/// Bounds for repeating what is safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RetryOptions {
    /// How often a call is tried in all.
    pub attempts: Count,
    /// For how long.
    pub max_time: Milliseconds,
}

impl Default for RetryOptions {
    fn default() -> Self {
        RetryOptions { attempts: Count(3), max_time: Milliseconds(10_000) }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Secret::from)
    }
}

/// The fewest characters that a session key may have.
const MIN_KEY: usize = 16;

impl Options {
    /// Reads `SqlxAdapter`'s two arguments: a URL, options, or both.
    ///
    /// # Errors
    /// `ERR_CONFIG` names the option that is unknown or ill-typed, never its value.
    pub fn from_arguments(first: Tree, second: Tree) -> Result<Self> {
        let mut options = match (first, second) {
            (Tree::Text(url), second) => {
                let mut options = Options::from_tree(second)?;
                if options.url.is_some() {
                    return Err(Error::config(
                        "the URL is given twice: as the first argument and as option \"url\"",
                    ));
                }
                options.url = Some(Secret::from(url));
                options
            }
            (Tree::Missing, second) => Options::from_tree(second)?,
            (first, Tree::Missing) => Options::from_tree(first)?,
            (first @ Tree::Object(_), Tree::Object(_)) => {
                Options::from_tree(first)?;
                return Err(Error::config(
                    "options come as one object: put the properties of both into the first",
                ));
            }
            (first, _) => Options::from_tree(first)?,
        };
        // An empty variable of the environment is one that is not set.
        if options.url.as_ref().is_some_and(|url| url.expose().trim().is_empty()) {
            options.url = None;
        }
        if let ScopeOptions::Declared(columns) = &options.scope {
            options.schema.scope.clone_from(columns);
        }
        options.check()?;
        Ok(options)
    }

    fn from_tree(tree: Tree) -> Result<Self> {
        let tree = match tree {
            Tree::Missing => Tree::Object(Vec::new()),
            tree => tree,
        };
        match tree {
            Tree::Object(_) => {
                Options::deserialize(tree).map_err(|error| Error::config(error.to_string()))
            }
            other => Err(Error::config(format!(
                "SqlxAdapter takes a URL, an options object, or both, not {other:?}"
            ))),
        }
    }

    fn check(&self) -> Result<()> {
        if let Some(key) = &self.sessions.key {
            if !self.hashes_sessions() {
                return Err(Error::config(
                    "option \"sessions.key\" has no use while \"sessions.hash\" is false, which \
                     is the default with a preset",
                ));
            }
            if key.expose().chars().count() < MIN_KEY {
                return Err(Error::config(format!(
                    "option \"sessions.key\" must have at least {MIN_KEY} characters; \
                     `openssl rand -base64 32` makes a good one"
                )));
            }
        }
        if let (Some(min), Some(max)) = (self.pool.min, self.pool.max)
            && min.0 > max.0
        {
            return Err(Error::config("option \"pool.min\" is more than \"pool.max\""));
        }
        source::check_parts(self)
    }

    /// Bounds of the pool for this place: those given as options, else those that came with the
    /// place, such as a URL's `connection_limit`, else the defaults.
    pub fn pool_for(&self, source: &Source) -> PoolOptions {
        match source {
            Source::Sqlite(_) => self.pool,
            Source::Server(place) => self.pool.or(place.pool),
        }
        .filled()
    }

    /// Whether the tables are another program's, which goes on using them.
    fn shares_tables(&self) -> bool {
        self.schema.preset.is_some()
    }

    /// The same options, under which no table is ever created.
    #[must_use]
    pub fn creating_nothing(self) -> Self {
        Options { synchronize: Some(Synchronize::Never), ..self }
    }

    /// When the tables are created.
    pub fn synchronizes(&self) -> Synchronize {
        self.synchronize.unwrap_or(if self.shares_tables() {
            Synchronize::Never
        } else {
            Synchronize::Create
        })
    }

    /// Whether the table holds a digest of the session token.
    pub fn hashes_sessions(&self) -> bool {
        match self.sessions.hash {
            None => !self.shares_tables(),
            Some(hash) => hash != SessionHash::Never,
        }
    }

    /// Whether the table may hold session tokens that have not become digests yet.
    pub fn migrates_sessions(&self) -> bool {
        self.sessions.hash == Some(SessionHash::Migrate)
    }

    /// Whether a few expired rows are deleted along with writes.
    pub fn cleans_along(&self) -> bool {
        self.auto_cleanup.unwrap_or(true)
    }

    /// Whether `users.email` is trimmed and lower-cased on the way in.
    pub fn normalizes_email(&self) -> bool {
        self.normalize_email.unwrap_or(!self.shares_tables())
    }

    /// Whether an address that nobody has as it is written is looked up trimmed and lower-cased.
    pub fn finds_normalized_email(&self) -> bool {
        self.normalizes_email() || self.normalize_email.is_none()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn object(properties: &[(&str, Tree)]) -> Tree {
        Tree::Object(
            properties.iter().map(|(name, tree)| ((*name).to_owned(), tree.clone())).collect(),
        )
    }

    fn text(text: &str) -> Tree {
        Tree::Text(text.to_owned())
    }

    fn refused(tree: Tree) -> String {
        Options::from_arguments(tree, Tree::Missing).unwrap_err().message().to_owned()
    }

    #[test]
    fn nothing_given_means_the_defaults() {
        let options = Options::from_arguments(Tree::Missing, Tree::Missing).unwrap();
        assert_eq!(options.synchronizes(), Synchronize::Create);
        assert_eq!(options.pool, PoolBounds::default());
        assert_eq!(options.sqlite.synchronous, Synchronous::Full);
        assert!(options.hashes_sessions() && options.normalizes_email() && options.url.is_none());
    }

    #[test]
    fn a_url_may_come_first_or_inside() {
        let inside = object(&[("url", text("sqlite:a.db")), ("synchronize", Tree::Boolean(true))]);
        let inside = Options::from_arguments(inside, Tree::Missing).unwrap();
        let rest = object(&[("synchronize", Tree::Boolean(true))]);
        let first = Options::from_arguments(text("sqlite:a.db"), rest).unwrap();
        assert_eq!(inside.url, first.url);
        assert_eq!(first.synchronizes(), Synchronize::Always);
    }

    #[test]
    fn an_unknown_option_names_itself_and_the_nearest() {
        assert_eq!(
            refused(object(&[("synchronise", Tree::Boolean(true))])),
            "unknown option \"synchronise\"; did you mean \"synchronize\"?"
        );
        assert_eq!(
            refused(object(&[("pool", object(&[("maximum", Tree::Number(1.0))]))])),
            "unknown option \"pool.maximum\"; known are max, min, \
             acquireTimeout, connectTimeout, idleTimeout, maxLifetime, queueLimit"
        );
    }

    #[test]
    fn an_ill_typed_option_is_named_without_its_value() {
        assert_eq!(
            refused(object(&[("url", Tree::Number(7.0))])),
            "option \"url\" must be a string, not a number"
        );
        assert_eq!(
            refused(object(&[("synchronize", text("hunter2"))])),
            "option \"synchronize\" must be \"create\", true or false, not this string"
        );
        assert_eq!(
            refused(object(&[("pool", object(&[("max", Tree::Number(0.5))]))])),
            "option \"pool.max\" must be a whole number from 1 to 10000, not a number"
        );
        assert_eq!(
            refused(object(&[("sqlite", object(&[("synchronous", text("hunter2"))]))])),
            "option \"sqlite.synchronous\" must be \"off\" or \"normal\" or \"full\" or \"extra\", not this string"
        );
        assert_eq!(
            refused(Tree::Other("a function")),
            "SqlxAdapter takes a URL, an options object, or both, not a function"
        );
    }

    #[test]
    fn a_presets_tables_are_left_as_they_are() {
        let read = |rest: &[(&str, Tree)]| {
            let mut options = vec![("schema", text("prisma"))];
            options.extend_from_slice(rest);
            Options::from_arguments(object(&options), Tree::Missing).unwrap()
        };
        let options = read(&[]);
        assert_eq!(options.synchronizes(), Synchronize::Never);
        assert!(!options.hashes_sessions() && !options.normalizes_email());
        assert!(options.finds_normalized_email());
        let options = read(&[
            ("synchronize", text("create")),
            ("normalizeEmail", Tree::Boolean(false)),
            ("sessions", object(&[("hash", Tree::Boolean(true))])),
        ]);
        assert_eq!(options.synchronizes(), Synchronize::Create);
        assert!(options.hashes_sessions() && !options.finds_normalized_email());
        assert!(!options.migrates_sessions());
        let options = read(&[("sessions", object(&[("hash", text("migrate"))]))]);
        assert!(options.hashes_sessions() && options.migrates_sessions());
        assert_eq!(
            refused(object(&[("sessions", object(&[("hash", text("hunter2"))]))])),
            "option \"sessions.hash\" must be true, false or \"migrate\", not this string"
        );
    }

    #[test]
    fn a_key_must_be_long_and_of_use() {
        let sessions = |key: &str, hash| {
            object(&[("sessions", object(&[("key", text(key)), ("hash", Tree::Boolean(hash))]))])
        };
        assert!(refused(sessions("short", true)).contains("at least 16 characters"));
        assert!(refused(sessions("long enough, surely", false)).contains("no use"));
        assert!(
            !format!(
                "{:?}",
                Options::from_arguments(sessions("long enough, surely", true), Tree::Missing)
            )
            .contains("surely")
        );
    }
}
