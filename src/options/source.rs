//! Where the database is: URLs, paths, parts and the environment.

use super::Options;
use super::server::{ServerKind, ServerSource, Settings};
use super::sqlite::{self, SqliteSource};
use super::url::Url;
use crate::crypto::Secret;
use crate::error::{Error, Result};

/// What the environment says, read at the first call that needs it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `AUTH_DATABASE_URL`.
    pub auth_database_url: Option<Secret>,
    /// `DATABASE_URL`.
    pub database_url: Option<Secret>,
    /// `AUTH_ENCRYPTION_KEYS`.
    pub encryption_keys: Option<Secret>,
    /// Whether `NODE_ENV` is `production`.
    pub production: bool,
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A SQLite file or memory.
    Sqlite(SqliteSource),
    /// A database on a PostgreSQL, MySQL or MariaDB server.
    Server(Box<ServerSource>),
}

/// The databases, as option `type` and URLs' schemes tell them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Server(ServerKind),
}

impl Kind {
    fn of_type(name: &str) -> Option<Kind> {
        match name {
            "sqlite" | "better-sqlite3" => Some(Kind::Sqlite),
            "postgres" | "postgresql" | "pg" | "cockroachdb" => {
                Some(Kind::Server(ServerKind::Postgres))
            }
            "mysql" | "mysql2" | "mariadb" => Some(Kind::Server(ServerKind::MySql)),
            _ => None,
        }
    }
}

const DATABASES: &str = "PostgreSQL (\"postgres\"), MySQL (\"mysql\"), MariaDB (\"mariadb\") \
     and SQLite (\"sqlite\")";

const URLS: &str = "postgres://user:password@host/database, mysql://…, mariadb://…, \
     sqlite:auth.db, sqlite::memory:, file:auth.db, or a path such as ./auth.db";

const OTHERS: &str = "For another database use its own Auth.js adapter \
     (https://authjs.dev/getting-started/database). An adapter is an object of functions, so that \
     it can be combined with this one: { ...other, ...some of this one's }";

/// Checks the parts that a place was given in, as far as that needs no environment.
pub(super) fn check_parts(options: &Options) -> Result<()> {
    let by_type = match options.r#type.as_deref().map(Kind::of_type) {
        None => None,
        Some(Some(kind)) => Some(kind),
        Some(None) => {
            return Err(Error::config(format!(
                "option \"type\" names a database that this adapter does not speak; it speaks \
                 {DATABASES}. {OTHERS}"
            )));
        }
    };
    let is_sqlite_url = |url: &Secret| sqlite::parse(url.expose().trim()).is_some();
    if by_type == Some(Kind::Sqlite) && options.database.is_none() && options.url.is_none() {
        return Err(Error::config(
            "type \"sqlite\" needs option \"database\": a file's path or \":memory:\"",
        ));
    }
    if by_type == Some(Kind::Sqlite)
        || (by_type.is_none() && options.url.as_ref().is_some_and(is_sqlite_url))
    {
        check_sqlite(options, options.url.is_some())?;
    }
    Source::find_replicas(options)?;
    Settings::of_options(options).map(drop)
}

/// Checks that a SQLite database, which is a file, is not given in a server's parts.
fn check_sqlite(options: &Options, by_url: bool) -> Result<()> {
    if !options.replicas.urls.is_empty() {
        return Err(Error::config(
            "option \"replicas\" is of use for a server, but the place is SQLite, which is a file",
        ));
    }
    if let Some(name) = server_part(options) {
        return Err(Error::config(format!(
            "option \"{name}\" is of use for a server, but the place is SQLite, which is a file"
        )));
    }
    if by_url && options.database.is_some() {
        return Err(Error::config(
            "the place is given twice: by a SQLite URL and by option \"database\"",
        ));
    }
    Ok(())
}

/// The first option given that says where a server is or who signs in.
fn server_part(options: &Options) -> Option<&'static str> {
    [
        ("host", options.host.is_some()),
        ("port", options.port.is_some()),
        ("username", options.username.is_some()),
        ("user", options.user.is_some()),
        ("password", options.password.is_some()),
        ("socketPath", options.socket_path.is_some()),
    ]
    .into_iter()
    .find_map(|(name, given)| given.then_some(name))
}

impl Source {
    /// The same place, of which nothing is changed: what a file says of itself neither.
    #[must_use]
    pub fn read_only(self) -> Self {
        match self {
            Source::Sqlite(place) => Source::Sqlite(SqliteSource { read_only: true, ..place }),
            server @ Source::Server(_) => server,
        }
    }

    /// The same place; memory instead of a file that would have to be created.
    #[must_use]
    pub fn without_creating(self) -> Self {
        match self {
            Source::Sqlite(place) if !std::path::Path::new(&place.file).exists() => {
                Source::Sqlite(SqliteSource { memory: true, ..place })
            }
            source => source.read_only(),
        }
    }
    /// Finds the place: the options' own, else the environment's, else `./auth.db`. Parts that are
    /// given beside a URL win over the URL's.
    ///
    /// # Errors
    /// `ERR_CONFIG` when there is none, in production, and when the URL cannot be understood. No
    /// part of the URL is shown: it may hold a password.
    pub fn find(options: &Options, environment: &Environment) -> Result<Source> {
        let kind = options.r#type.as_deref().and_then(Kind::of_type);
        let set = |url: &Option<Secret>| url.clone().filter(|url| !url.expose().trim().is_empty());
        let (url, origin) = if let Some(url) = &options.url {
            (url.clone(), "the database URL given to SqlxAdapter")
        } else if let Some(kind) = kind {
            return from_parts(kind, options);
        } else if let Some(url) = set(&environment.auth_database_url) {
            (url, "AUTH_DATABASE_URL")
        } else if let Some(url) = set(&environment.database_url) {
            (url, "DATABASE_URL")
        } else if let Some(name) =
            server_part(options).or(options.database.is_some().then_some("database"))
        {
            return Err(Error::config(format!(
                "option \"{name}\" is a part of a place, which needs option \"type\" or a URL, \
                 too; \"type\" is one of {DATABASES}"
            )));
        } else if environment.production {
            return Err(Error::config(
                "no database is given: set AUTH_DATABASE_URL or DATABASE_URL, or call \
                 SqlxAdapter(url). (Outside production it would be ./auth.db.)",
            ));
        } else {
            return Ok(Source::Sqlite(SqliteSource {
                default: true,
                ..sqlite::sqlite("auth.db", "")
            }));
        };
        from_url(url.expose().trim(), origin, kind, options)
    }
}

impl Source {
    /// The replicas' places. What the options say of signing in and of TLS holds there, too.
    ///
    /// # Errors
    /// `ERR_CONFIG`: a URL cannot be understood, or is no server's.
    pub fn find_replicas(options: &Options) -> Result<Vec<Source>> {
        let origin = "a URL of option \"replicas\"";
        let place = |url: &Secret| {
            let (kind, rest) = server_url(url.expose().trim()).ok_or_else(|| {
                Error::config(format!(
                    "{origin} is not that of a PostgreSQL, MySQL or MariaDB server"
                ))
            })?;
            let settings = Settings {
                host: None,
                port: None,
                database: None,
                others: Vec::new(),
                pooler: None,
                ..Settings::of_options(options)?
            };
            let place =
                settings.or(read_settings(kind, rest, origin)?).into_source(kind, origin)?;
            Ok(Source::Server(Box::new(place)))
        };
        options.replicas.urls.iter().map(place).collect()
    }
}

fn from_parts(kind: Kind, options: &Options) -> Result<Source> {
    match (kind, &options.database) {
        (Kind::Server(kind), _) => Settings::of_options(options)?
            .into_source(kind, "the configuration in parts")
            .map(|place| Source::Server(Box::new(place))),
        (Kind::Sqlite, Some(file)) => Ok(Source::Sqlite(sqlite::sqlite(file, ""))),
        (Kind::Sqlite, None) => Err(Error::internal("SQLite's parts were not checked")),
    }
}

fn from_url(url: &str, origin: &str, kind: Option<Kind>, options: &Options) -> Result<Source> {
    let same_kind = |found: Kind| match kind {
        Some(kind) if kind != found => Err(Error::config(format!(
            "option \"type\" names another kind of database than {origin}"
        ))),
        _ => Ok(()),
    };
    if let Some((kind, rest)) = server_url(url) {
        same_kind(Kind::Server(kind))?;
        let given = read_settings(kind, rest, origin)?;
        return Settings::of_options(options)?
            .or(given)
            .into_source(kind, origin)
            .map(|place| Source::Server(Box::new(place)));
    }
    let source = sqlite::parse(url).ok_or_else(|| {
        Error::config(format!(
            "{origin} is not a URL that this adapter knows; it takes {URLS}. {OTHERS}"
        ))
    })?;
    same_kind(Kind::Sqlite)?;
    check_sqlite(options, true)?;
    Ok(Source::Sqlite(source))
}

/// What a server's URL says, of which `rest` follows the scheme.
fn read_settings(kind: ServerKind, rest: Option<&str>, origin: &str) -> Result<Settings> {
    let url = rest.and_then(Url::read).ok_or_else(|| {
        Error::config(format!(
            "{origin} cannot be understood: it has the form \
             postgres://user:password@host:port/database; if the password has \
             characters such as @ : / ? # %, write them percent-encoded (@ is %40)"
        ))
    })?;
    Settings::of_url(kind, url).map_err(|refused| {
        Error::config(format!(
            "parameter \"{}\" of {origin} must be {}",
            refused.name, refused.expected
        ))
    })
}

/// The kind of server that a URL's scheme names, and what follows `://`.
fn server_url(url: &str) -> Option<(ServerKind, Option<&str>)> {
    let (scheme, rest) = url.split_once(':')?;
    let kind = match scheme.to_ascii_lowercase().as_str() {
        "postgres" | "postgresql" | "cockroachdb" => ServerKind::Postgres,
        "mysql" | "mysql2" | "mariadb" => ServerKind::MySql,
        _ => return None,
    };
    Some((kind, rest.strip_prefix("//")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::options::Tree;

    fn find(url: &str) -> Result<SqliteSource> {
        let options = Options::from_arguments(Tree::Text(url.to_owned()), Tree::Missing).unwrap();
        match Source::find(&options, &Environment::default())? {
            Source::Sqlite(source) => Ok(source),
            Source::Server(server) => panic!("{server:?}"),
        }
    }

    #[test]
    fn every_spelling_of_a_file_is_understood() {
        for (url, file) in [
            ("sqlite:auth.db", "auth.db"),
            ("sqlite://auth.db", "auth.db"),
            ("sqlite:///var/auth.db", "/var/auth.db"),
            ("SQLITE:auth.db", "auth.db"),
            ("file:./dev.db", "./dev.db"),
            ("file:///var/my%20auth.db", "/var/my auth.db"),
            ("sqlite:100%.db", "100%.db"),
            ("./auth", "./auth"),
            ("./what?.db", "./what?.db"),
            ("/var/auth", "/var/auth"),
            ("auth.sqlite3", "auth.sqlite3"),
            ("C:\\data\\auth", "C:\\data\\auth"),
        ] {
            let source = find(url).unwrap();
            assert_eq!((source.file.as_str(), source.memory), (file, false), "{url}");
        }
        for url in [
            ":memory:",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://localhost/:memory:",
            "sqlite:x?mode=memory",
        ] {
            assert!(find(url).unwrap().memory, "{url}");
        }
    }

    #[test]
    fn a_string_that_is_no_place_is_refused_and_not_shown() {
        for url in [
            "postgre://app:hunter2@db/app",
            "auth",
            "sqlite:",
            "hunter2",
            "mssql://sa:hunter2@db.db",
            "postgres:hunter2",
            "postgres://app:hunter2@db:port/app",
            "postgres://app:hunter2@one,,two/app",
            "postgres://app@one,two/app?target_session_attrs=hunter2",
            "mysql://app:hunter2@db",
            "postgres://app@db/app?port=hunter2",
            "postgres://app@db/app?host=hunter2,b",
            "postgres://app@db/app?sslmode=hunter2",
            "postgres://app@db/app?ssl=hunter2",
            "postgres://app@db/app?sslaccept=hunter2",
            "postgres://app@db/app?connection_limit=hunter2",
            "postgres://app@db/app?pgbouncer=hunter2",
            "postgres://app@db/app?sslcert=a&sslrootcert=hunter2",
        ] {
            let error = find(url).unwrap_err();
            assert!(!error.message().contains("hunter2"), "{url}");
        }
    }

    #[test]
    fn parameters_that_mean_nothing_are_remembered_by_name() {
        let source = find("file:auth.db?mode=ro&connection_limit=1&token=hunter2").unwrap();
        assert!(source.read_only);
        assert_eq!(source.ignored, ["connection_limit", "token"]);
    }

    #[test]
    fn the_environment_is_asked_in_order() {
        let options = Options::default();
        let url = |text: &str| Some(Secret::from(text.to_owned()));
        let mut environment =
            Environment { database_url: url("sqlite:b.db"), ..Environment::default() };
        let file = |environment: &Environment| match Source::find(&options, environment).unwrap() {
            Source::Sqlite(source) => source.file,
            Source::Server(server) => panic!("{server:?}"),
        };
        assert_eq!(file(&environment), "b.db");
        environment.auth_database_url = url("sqlite:a.db");
        assert_eq!(file(&environment), "a.db");
        assert_eq!(file(&Environment::default()), "auth.db");
        let production = Environment { production: true, ..Environment::default() };
        assert!(Source::find(&options, &production).is_err());
    }

    #[test]
    fn a_server_is_known_by_its_scheme_or_type_and_both_must_agree() {
        use ServerKind::{MySql, Postgres};
        let kind = |properties: &[(&str, &str)]| -> Result<Option<ServerKind>> {
            let tree = properties
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Tree::Text((*value).to_owned())))
                .collect();
            let options = Options::from_arguments(Tree::Object(tree), Tree::Missing)?;
            match Source::find(&options, &Environment::default())? {
                Source::Server(server) => Ok(Some(server.kind)),
                Source::Sqlite(_) => Ok(None),
            }
        };
        for (url, expected) in [
            ("postgres://db/app", Some(Postgres)),
            ("PostgreSQL://db/app", Some(Postgres)),
            ("cockroachdb://db/app", Some(Postgres)),
            ("mysql://db/app", Some(MySql)),
            ("mysql2://db/app", Some(MySql)),
            ("mariadb://db/app", Some(MySql)),
            ("sqlite:app", None),
            ("./postgres.db", None),
        ] {
            assert_eq!(kind(&[("url", url)]).unwrap(), expected, "{url}");
        }
        for (name, expected) in [
            ("postgres", Some(Postgres)),
            ("postgresql", Some(Postgres)),
            ("pg", Some(Postgres)),
            ("cockroachdb", Some(Postgres)),
            ("mysql", Some(MySql)),
            ("mysql2", Some(MySql)),
            ("mariadb", Some(MySql)),
            ("sqlite", None),
            ("better-sqlite3", None),
        ] {
            let parts = [("type", name), ("database", "app")];
            assert_eq!(kind(&parts).unwrap(), expected, "{name}");
        }
        for (name, url) in [
            ("postgres", "mysql://db/app"),
            ("mariadb", "sqlite:app"),
            ("sqlite", "postgres://db/app"),
        ] {
            let error = kind(&[("type", name), ("url", url)]).unwrap_err();
            assert!(error.message().contains("another kind"), "{name}");
        }
        for name in ["mssql", "oracle", "mongodb", "spanner", "Postgres", ""] {
            let error = kind(&[("type", name), ("database", "app")]).unwrap_err();
            for word in ["PostgreSQL", "MySQL", "MariaDB", "SQLite", "combined"] {
                assert!(error.message().contains(word), "{name}");
            }
        }
    }

    #[test]
    fn parts_stand_alone_or_beside_a_url_but_not_beside_a_file() {
        let given = |properties: &[(&str, Tree)], environment: &Environment| -> Result<String> {
            let tree = properties
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            let options = Options::from_arguments(Tree::Object(tree), Tree::Missing)?;
            match Source::find(&options, environment)? {
                Source::Server(server) => Ok(format!("{:?} {}", server.host, server.port)),
                Source::Sqlite(file) => Ok(file.file),
            }
        };
        let text = |text: &str| Tree::Text(text.to_owned());
        let nowhere = Environment::default();
        let at = |url: &str| Environment {
            database_url: Some(Secret::from(url.to_owned())),
            ..Environment::default()
        };
        let port = ("port", Tree::Number(7.0));
        let ssl = ("ssl", Tree::Boolean(true));
        let postgres = ("type", text("postgres"));
        assert_eq!(
            given(&[postgres.clone(), port.clone()], &at("sqlite:a.db")).unwrap(),
            "Tcp(\"localhost\") 7"
        );
        assert_eq!(
            given(std::slice::from_ref(&port), &at("mysql://db:9/app")).unwrap(),
            "Tcp(\"db\") 7"
        );
        // What is no place is allowed: a project's database while developing is often SQLite.
        assert_eq!(given(std::slice::from_ref(&ssl), &at("sqlite:a.db")).unwrap(), "a.db");
        for (properties, environment, word) in [
            (vec![port.clone()], &nowhere, "\"port\""),
            (vec![("database", text("a"))], &nowhere, "\"database\""),
            (vec![port.clone()], &at("sqlite:a.db"), "\"port\""),
            (vec![("url", text(":memory:")), port.clone()], &nowhere, "\"port\""),
            (vec![("type", text("sqlite")), ("database", text("a")), port], &nowhere, "\"port\""),
            (vec![("url", text("a.db")), ("database", text("b.db"))], &nowhere, "twice"),
            (vec![("type", text("sqlite"))], &nowhere, "\"database\""),
            (vec![("type", text("mysql"))], &nowhere, "\"database\""),
            (vec![postgres, ("host", text("one,two"))], &nowhere, "\"host\""),
        ] {
            let error = given(&properties, environment).unwrap_err();
            assert!(error.message().contains(word), "{error}");
        }
    }
}
