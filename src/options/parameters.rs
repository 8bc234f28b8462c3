//! A server URL's parameters, in the words of libpq, Prisma and the Node drivers.

use super::pool::Bound;
use super::server::{Host, ServerKind, Settings};
use super::tls::TlsParameters;
use super::url::{Url, some};
use crate::crypto::Secret;
use std::path::PathBuf;

/// A parameter whose value cannot be understood. It does not hold the value.
pub(super) struct Refused {
    /// The parameter.
    pub name: String,
    /// What it must be.
    pub expected: String,
}

impl Settings {
    /// What a URL says. A parameter wins over the part of the URL that says the same.
    pub fn of_url(kind: ServerKind, url: Url) -> Result<Settings, Refused> {
        let mut settings = Settings {
            host: url.host.as_deref().and_then(Host::read),
            port: url.port,
            others: url
                .others
                .into_iter()
                .filter_map(|(host, port)| Some((Host::read(&host)?, port)))
                .collect(),
            user: url.user,
            password: url.password,
            database: url.database,
            ..Settings::default()
        };
        let mut tls = TlsParameters::default();
        for (name, value) in url.parameters {
            let read = match tls.take(&name, &value) {
                Some(read) => read.map_err(str::to_owned),
                None => settings.take(kind, &name, value),
            };
            if let Err(expected) = read {
                return Err(Refused { name, expected });
            }
        }
        settings.tls = tls.read(kind);
        Ok(settings)
    }

    /// Takes a parameter. An error says what is expected.
    fn take(&mut self, kind: ServerKind, name: &str, value: String) -> Result<(), String> {
        let postgres = kind == ServerKind::Postgres;
        if let Some(bound) = Bound::named(name) {
            let range = bound.range();
            let number = value
                .parse()
                .ok()
                .and_then(|number| range.check(number))
                .ok_or_else(|| range.to_string())?;
            bound.set(&mut self.pool, number);
            return Ok(());
        }
        match name {
            "host" => {
                if let Some(host) = some(value) {
                    let host = Host::read(&host);
                    self.host = Some(host.ok_or(
                        "one host's name or address, or a directory (several hosts go before the path)",
                    )?);
                    self.others.clear();
                }
            }
            "socket" | "socketPath" => {
                let path = some(value).map(PathBuf::from).map(Host::Socket);
                self.host = path.or(self.host.take());
            }
            "port" => {
                let port = value.parse().ok().filter(|port| *port > 0);
                self.port = Some(port.ok_or("a whole number from 1 to 65535")?);
            }
            "target_session_attrs" | "targetServerType" => {
                self.writable = Some(match value.as_str() {
                    "any" => false,
                    "read-write" | "primary" => true,
                    // The others are for those who only read.
                    _ => return Err("any, read-write or primary".to_owned()),
                });
            }
            "user" | "username" => self.user = some(value),
            "password" => self.password = some(value).map(Secret::from),
            "dbname" | "database" => self.database = some(value),
            "application_name" | "applicationName" => self.application_name = some(spaced(&value)),
            "schema" if postgres => self.schema = some(value),
            "options" if postgres => self.options = some(spaced(&value)),
            // `pgbouncer=false` says nothing of other poolers, so that it is still found out.
            "pgbouncer" if postgres => self.pooler = flag(&value)?.then_some(true).or(self.pooler),
            "pooler" => self.pooler = Some(flag(&value)?),
            // What they ask for is so in any case: UTF-8, UTC, and libpq's meaning of `sslmode`.
            "charset" | "client_encoding" | "timezone" | "uselibpqcompat" => {}
            _ => self.ignored.push(name.to_owned()),
        }
        Ok(())
    }
}

fn flag(value: &str) -> Result<bool, &'static str> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("true or false"),
    }
}

/// A text with spaces, for which URL libraries write `+`.
fn spaced(value: &str) -> String {
    value.replace('+', " ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::super::{Environment, Options, PoolOptions, ServerSource, Source, Tree};
    use super::*;

    fn options(url: &str) -> (Options, Source) {
        let options = Options::from_arguments(Tree::Text(url.to_owned()), Tree::Missing).unwrap();
        let source = Source::find(&options, &Environment::default())
            .unwrap_or_else(|error| panic!("{url}: {error}"));
        (options, source)
    }

    fn server(url: &str) -> ServerSource {
        match options(url).1 {
            Source::Server(server) => *server,
            Source::Sqlite(file) => panic!("{file:?}"),
        }
    }

    fn refused(url: &str) -> String {
        let options = Options::from_arguments(Tree::Text(url.to_owned()), Tree::Missing).unwrap();
        let error = Source::find(&options, &Environment::default()).unwrap_err();
        error.message().to_owned()
    }

    /// Host, port, user, password, database and schema, `-` for none.
    fn place(url: &str) -> String {
        let server = server(url);
        let or_none = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let host = match &server.host {
            Host::Tcp(name) => name.clone(),
            Host::Socket(path) => format!("socket:{}", path.display()),
        };
        [
            host,
            server.port.to_string(),
            or_none(server.user.as_deref()),
            or_none(server.password.as_ref().map(Secret::expose)),
            or_none(server.database.as_deref()),
            or_none(server.schema.as_deref()),
        ]
        .join(" ")
    }

    #[test]
    fn a_url_says_where_the_server_is() {
        for (url, expected) in [
            ("postgres://app:pw@db/auth", "db 5432 app pw auth -"),
            ("mysql://app:pw@db/auth", "db 3306 app pw auth -"),
            ("mariadb://app:pw@db:9/auth", "db 9 app pw auth -"),
            ("postgres://app@db", "db 5432 app - app -"),
            ("postgres://", "localhost 5432 - - - -"),
            ("postgresql:///auth", "localhost 5432 - - auth -"),
            ("postgres://app:p%40s@[::1]:9/auth", "::1 9 app p@s auth -"),
            ("postgres://db/auth?schema=tenant", "db 5432 - - auth tenant"),
            ("mysql://db/auth?schema=tenant", "db 3306 - - auth -"),
            (
                "postgres://app@/auth?host=/var/run/postgresql",
                "socket:/var/run/postgresql 5432 app - auth -",
            ),
            (
                "postgres://%2Fvar%2Frun%2Fpostgresql/auth",
                "socket:/var/run/postgresql 5432 - - auth -",
            ),
            (
                "postgres://app:pw@localhost/auth?host=/cloudsql/a:b:c",
                "socket:/cloudsql/a:b:c 5432 app pw auth -",
            ),
            (
                "mysql://app@localhost/auth?socket=/run/mysqld.sock",
                "socket:/run/mysqld.sock 3306 app - auth -",
            ),
            (
                "mysql://app@/auth?socketPath=%2Frun%2Fmysqld.sock",
                "socket:/run/mysqld.sock 3306 app - auth -",
            ),
            (
                "postgres://a:b@c:1/d?user=app&password=p%26w&host=db&port=9&dbname=auth",
                "db 9 app p&w auth -",
            ),
            ("postgres://app@db/auth?host=&user=&port=9", "db 9 - - auth -"),
        ] {
            assert_eq!(place(url), expected, "{url}");
        }
    }

    #[test]
    fn a_pooler_is_known_by_its_host_or_named() {
        for (url, expected) in [
            ("postgres://db/auth", None),
            ("postgres://db/auth?pgbouncer=true", Some(true)),
            ("postgres://db/auth?pgbouncer=false", None),
            ("postgres://db/auth?pooler=true", Some(true)),
            ("postgres://a-pooler.eu.aws.neon.tech/auth?pooler=false", Some(false)),
            ("postgres://ep-a-1-pooler.eu.aws.neon.tech/auth", Some(true)),
            ("postgres://ep-a-1.eu.aws.neon.tech/auth", None),
            ("postgres://aws-0-eu.pooler.supabase.com:6543/auth", Some(true)),
            ("postgres://aws-0-eu.pooler.supabase.com:5432/auth", None),
            ("postgres://db.abc.supabase.co:6543/auth", Some(true)),
            ("postgres://db.abc.supabase.co/auth", None),
            ("postgres://db/auth?host=AWS-0-EU.pooler.Supabase.com&port=6543", Some(true)),
            ("mysql://a-pooler.example/auth", None),
        ] {
            assert_eq!(server(url).pooler, expected, "{url}");
        }
    }

    #[test]
    fn everybodys_words_for_the_pool_are_understood() {
        let pool = |query: &str| {
            let (options, source) = options(&format!("postgres://db/auth?{query}"));
            let PoolOptions {
                max,
                min,
                acquire_timeout,
                connect_timeout,
                idle_timeout,
                max_lifetime,
            } = options.pool_for(&source);
            [max.0, min.0, acquire_timeout.0, connect_timeout.0, idle_timeout.0, max_lifetime.0]
        };
        let default = [5, 0, 5_000, 5_000, 60_000, 1_800_000];
        for (query, expected) in [
            ("", default),
            (
                "max=7&min=2&acquireTimeout=1&connectTimeout=2&idleTimeout=3&maxLifetime=4",
                [7, 2, 1, 2, 3, 4],
            ),
            (
                "connection_limit=1&pool_timeout=20&connect_timeout=30",
                [1, 0, 20_000, 30_000, 60_000, 1_800_000],
            ),
            (
                "connectionLimit=3&connectionTimeoutMillis=4&idleTimeoutMillis=5&maxLifetimeSeconds=6",
                [3, 0, 5_000, 4, 5, 6_000],
            ),
            // Without end, to those who gave the names; here nothing is.
            ("pool_timeout=0&connect_timeout=0&idleTimeoutMillis=0", default),
            ("max=2&min=7", [2, 2, 5_000, 5_000, 60_000, 1_800_000]),
        ] {
            assert_eq!(pool(query), expected, "{query}");
        }
    }

    #[test]
    fn the_rest_is_taken_passed_by_or_remembered_by_name() {
        let source = server(
            "postgres://db/auth?application_name=my+app&options=-c%20geqo%3Doff+-c+jit=off\
             &charset=utf8&timezone=local&uselibpqcompat=true\
             &target_session_attrs=read-write&socket_timeout=3&hunter=2&socket_timeout=4",
        );
        assert!(source.writable);
        assert_eq!(source.application_name.as_deref(), Some("my app"));
        assert_eq!(source.options.as_deref(), Some("-c geqo=off -c jit=off"));
        assert_eq!(source.ignored, ["socket_timeout", "hunter", "socket_timeout"]);
        let source = server("mysql://db/auth?schema=a&options=b&pgbouncer=true");
        assert_eq!(source.ignored, ["schema", "options", "pgbouncer"]);
        assert_eq!((source.schema, source.options), (None, None));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (query, name) in [
            ("port=abc", "port"),
            ("port=0", "port"),
            ("host=a,b", "host"),
            ("sslmode=foo", "sslmode"),
            ("ssl=maybe", "ssl"),
            ("sslaccept=lax", "sslaccept"),
            ("connection_limit=0", "connection_limit"),
            ("connection_limit=-1", "connection_limit"),
            ("max=", "max"),
            ("connect_timeout=1.5", "connect_timeout"),
            ("connect_timeout=99999999", "connect_timeout"),
            ("pgbouncer=", "pgbouncer"),
            ("pooler=on", "pooler"),
        ] {
            let message = refused(&format!("postgres://app:hunter2@db/auth?{query}"));
            let start =
                format!("parameter \"{name}\" of the database URL given to SqlxAdapter must be ");
            assert!(message.starts_with(&start), "{query}: {message}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let (options, source) = options(
            "postgres://app:hunter2@db/auth?password=hunter2&sslkey=-----BEGIN hunter2&sslcert=c",
        );
        let shown = format!("{options:?} {source:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
