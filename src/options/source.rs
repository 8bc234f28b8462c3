//! Where the database is: URLs, paths, parts and the environment.

use super::Options;
use crate::crypto::Secret;
use crate::error::{Error, Result};

/// What the environment says, read at the first call that needs it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `AUTH_DATABASE_URL`.
    pub auth_database_url: Option<Secret>,
    /// `DATABASE_URL`.
    pub database_url: Option<Secret>,
    /// Whether `NODE_ENV` is `production`.
    pub production: bool,
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A SQLite file or memory.
    Sqlite(SqliteSource),
}

/// Where a SQLite database is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SqliteSource {
    /// The file, or the name of a database in memory.
    pub file: String,
    /// Whether it lives in memory.
    pub memory: bool,
    /// Whether it is opened for reading only (`mode=ro`).
    pub read_only: bool,
    /// Whether the file is created if missing (not with `mode=rw`).
    pub create: bool,
    /// Whether nobody named this place: it is announced.
    pub default: bool,
    /// The URL's parameters that mean nothing here: names only, since values may be secret.
    pub ignored: Vec<String>,
}

const DATABASES: &str = "SQLite (\"sqlite\")";

/// Checks the parts that a place was given in, as far as that needs no environment.
pub(super) fn check_parts(options: &Options) -> Result<()> {
    match options.r#type.as_deref() {
        None if options.database.is_some() => Err(Error::config(
            "option \"database\" needs option \"type\", such as { type: \"sqlite\", database: \"auth.db\" }",
        )),
        None => Ok(()),
        Some("sqlite" | "better-sqlite3") => match (&options.database, &options.url) {
            (None, None) => Err(Error::config(
                "type \"sqlite\" needs option \"database\": a file's path or \":memory:\"",
            )),
            (Some(_), Some(_)) => Err(Error::config(
                "the place is given twice: by option \"url\" and by option \"database\"",
            )),
            _ => Ok(()),
        },
        Some(_) => Err(Error::config(format!(
            "option \"type\" names a database that this adapter does not speak; it speaks {DATABASES}. \
             For another one use its Auth.js adapter (https://authjs.dev/getting-started/database)"
        ))),
    }
}

impl Source {
    /// Finds the place: the options' own, else the environment's, else `./auth.db`.
    ///
    /// # Errors
    /// `ERR_CONFIG` when there is none, in production, and when the URL cannot be understood. No
    /// part of the URL is shown: it may hold a password.
    pub fn find(options: &Options, environment: &Environment) -> Result<Source> {
        if let (Some(_), Some(file)) = (&options.r#type, &options.database) {
            return Ok(Source::Sqlite(sqlite(file, "")));
        }
        let set = |url: &Option<Secret>| url.clone().filter(|url| !url.expose().trim().is_empty());
        let (url, origin) = if let Some(url) = &options.url {
            (url.clone(), "the database URL given to SqlxAdapter")
        } else if let Some(url) = set(&environment.auth_database_url) {
            (url, "AUTH_DATABASE_URL")
        } else if let Some(url) = set(&environment.database_url) {
            (url, "DATABASE_URL")
        } else if environment.production {
            return Err(Error::config(
                "no database is given: set AUTH_DATABASE_URL or DATABASE_URL, or call \
                 SqlxAdapter(url). (Outside production it would be ./auth.db.)",
            ));
        } else {
            return Ok(Source::Sqlite(SqliteSource { default: true, ..sqlite("auth.db", "") }));
        };
        parse(url.expose().trim()).ok_or_else(|| {
            Error::config(format!(
                "{origin} is not a URL that this adapter knows; it takes sqlite:auth.db, \
                 sqlite::memory:, file:auth.db, or a path such as ./auth.db"
            ))
        })
    }
}

fn parse(url: &str) -> Option<Source> {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let lower = place.to_ascii_lowercase();
    let file = if let Some(length) = ["sqlite:", "sqlite3:", "better-sqlite3:", "file:"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .map(|scheme| scheme.len())
    {
        let rest = place.get(length..)?;
        // `sqlite://localhost/:memory:` is how NextAuth v3's documentation wrote it.
        let rest = match rest.strip_prefix("//") {
            Some(path) => match path.strip_prefix("localhost/") {
                Some(":memory:") => ":memory:",
                Some(_) => path.get("localhost".len()..)?,
                None => path,
            },
            None => rest,
        };
        percent_decode(rest)?
    } else if is_path(place, &lower) {
        place.to_owned()
    } else {
        return None;
    };
    (!file.is_empty() && !file.contains('\0')).then(|| Source::Sqlite(sqlite(&file, parameters)))
}

/// Whether a string without a scheme is a path: a typing error in a URL must not become a file.
fn is_path(place: &str, lower: &str) -> bool {
    let drive = matches!(place.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    place == ":memory:"
        || drive
        || ["/", "./", "../", ".\\", "..\\"].iter().any(|start| place.starts_with(start))
        || (!place.contains(':')
            && [".db", ".sqlite", ".sqlite3", ".db3"].iter().any(|end| lower.ends_with(end)))
}

fn sqlite(file: &str, parameters: &str) -> SqliteSource {
    let mut source = SqliteSource {
        file: file.to_owned(),
        memory: file == ":memory:",
        read_only: false,
        create: true,
        default: false,
        ignored: Vec::new(),
    };
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter {
            "mode=ro" => source.read_only = true,
            "mode=rw" => source.create = false,
            "mode=rwc" => source.create = true,
            "mode=memory" => source.memory = true,
            // One database in memory is always one, with or without SQLite's shared cache.
            "cache=shared" | "cache=private" => {}
            other => {
                let name = other.split_once('=').map_or(other, |(name, _)| name);
                source.ignored.push(name.to_owned());
            }
        }
    }
    source
}

/// Decodes `%41`. A `%` that no two hexadecimal digits follow stays as it is: file names have them.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let decoded = match (first, tail) {
            (b'%', [high, low, ..]) => char::from(*high)
                .to_digit(16)
                .zip(char::from(*low).to_digit(16))
                .and_then(|(high, low)| u8::try_from(high * 16 + low).ok()),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(first));
        rest = if decoded.is_some() { tail.get(2..)? } else { tail };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::options::Tree;

    fn find(url: &str) -> Result<SqliteSource> {
        let options = Options::from_arguments(Tree::Text(url.to_owned()), Tree::Missing).unwrap();
        let Source::Sqlite(source) = Source::find(&options, &Environment::default())?;
        Ok(source)
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
        let file = |environment: &Environment| {
            let Source::Sqlite(source) = Source::find(&options, environment).unwrap();
            source.file
        };
        assert_eq!(file(&environment), "b.db");
        environment.auth_database_url = url("sqlite:a.db");
        assert_eq!(file(&environment), "a.db");
        assert_eq!(file(&Environment::default()), "auth.db");
        let production = Environment { production: true, ..Environment::default() };
        assert!(Source::find(&options, &production).is_err());
    }
}
