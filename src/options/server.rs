//! Where a PostgreSQL, MySQL or MariaDB server is.
//!
//! libpq's own places (`PGHOST`, `PGPASSWORD`, `~/.pgpass`, service files) are not read: a NextAuth
//! application is configured in one place, and a variable meant for `psql` must not redirect it.

use super::Options;
use super::pool::PoolBounds;
use super::tls::Tls;
use super::url::{readable_host, some};
use crate::crypto::Secret;
use crate::error::{Error, Result};
use std::path::PathBuf;

/// The protocol that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerKind {
    /// PostgreSQL and what is compatible with it.
    Postgres,
    /// MySQL or MariaDB: the server itself says which.
    MySql,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name or an address; an IPv6 address has no brackets.
    Tcp(String),
    /// A Unix socket: for PostgreSQL its directory, for MySQL the file itself.
    Socket(PathBuf),
}

impl Host {
    /// A name, an address or, from its slash on, a path; `None` if it is none of them.
    pub(super) fn read(text: &str) -> Option<Host> {
        readable_host(text).map(|host| {
            if host.starts_with('/') { Host::Socket(PathBuf::from(host)) } else { Host::Tcp(host) }
        })
    }
}

/// A database on a server, and how to get there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerSource {
    /// The server's protocol.
    pub kind: ServerKind,
    /// Where the server listens.
    pub host: Host,
    /// On which port; of a PostgreSQL socket, too, whose name ends with it.
    pub port: u16,
    /// Where else it may be: a failover moves it there.
    pub others: Vec<(Host, u16)>,
    /// Whether only a server that takes writes will do.
    pub writable: bool,
    /// Who signs in. `None`: the operating system's user, as the database's own client does it.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The database. `None` only for PostgreSQL without a user: it is named like the user.
    pub database: Option<String>,
    /// PostgreSQL's schema that the tables are in. `None`: the connection's own.
    pub schema: Option<String>,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// What the connection calls itself.
    pub application_name: Option<String>,
    /// Whether a transaction pooler is in between. `None`: to be found out.
    pub pooler: Option<bool>,
    /// libpq's `options`, for the server's command line.
    pub options: Option<String>,
    /// Bounds of the pool that came with the place; those of option `pool` win.
    pub pool: PoolBounds,
    /// What was given and means nothing here, such as a URL's parameter: names only, since values
    /// may be secret.
    pub ignored: Vec<String>,
}

impl ServerSource {
    /// The servers that it may be, each as a place of its own.
    pub fn each(&self) -> Vec<ServerSource> {
        let first = (self.host.clone(), self.port);
        let places = std::iter::once(first).chain(self.others.iter().cloned());
        places
            .map(|(host, port)| ServerSource { host, port, others: Vec::new(), ..self.clone() })
            .collect()
    }
}

/// What one place, a URL or the options, says of a server.
#[derive(Default)]
pub(super) struct Settings {
    pub host: Option<Host>,
    pub port: Option<u16>,
    pub others: Vec<(Host, Option<u16>)>,
    pub writable: Option<bool>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub database: Option<String>,
    pub schema: Option<String>,
    pub tls: Tls,
    pub application_name: Option<String>,
    pub pooler: Option<bool>,
    pub options: Option<String>,
    pub pool: PoolBounds,
    pub ignored: Vec<String>,
}

impl Settings {
    /// What the options say. An empty text, such as an empty variable's, says nothing.
    pub fn of_options(options: &Options) -> Result<Settings> {
        let text = |option: &Option<String>| option.clone().and_then(some);
        let host = text(&options.host)
            .map(|host| {
                Host::read(&host).ok_or_else(|| {
                    Error::config(
                        "option \"host\" must be the name or the address of one host, or the \
                         directory of a Unix socket; the port is option \"port\"",
                    )
                })
            })
            .transpose()?;
        let socket = text(&options.socket_path).map(|path| Host::Socket(PathBuf::from(path)));
        let ssl = options.ssl.as_ref().or(options.extra.ssl.as_ref());
        let timeouts = PoolBounds {
            acquire_timeout: options.acquire_timeout,
            connect_timeout: options.connect_timeout.or(options.connect_timeout_ms),
            ..PoolBounds::default()
        };
        Ok(Settings {
            host: socket.or(host),
            port: options.port.map(|port| port.0),
            others: Vec::new(),
            writable: None,
            user: text(&options.username).or_else(|| text(&options.user)),
            password: options.password.clone().filter(|password| !password.expose().is_empty()),
            database: text(&options.database),
            schema: text(&options.schema.db_schema),
            tls: ssl.map(|ssl| ssl.0.clone()).unwrap_or_default(),
            application_name: text(&options.application_name),
            pooler: options.pooler,
            options: None,
            pool: timeouts.or(options.extra.pool),
            ignored: options.extra.ignored.clone(),
        })
    }

    /// These settings, and where there is none, the other's.
    pub fn or(mut self, other: Settings) -> Settings {
        self.ignored.extend(other.ignored);
        Settings {
            // Who names a host means that one.
            others: if self.host.is_some() { self.others } else { other.others },
            writable: self.writable.or(other.writable),
            host: self.host.or(other.host),
            port: self.port.or(other.port),
            user: self.user.or(other.user),
            password: self.password.or(other.password),
            database: self.database.or(other.database),
            schema: self.schema.or(other.schema),
            tls: self.tls.or(other.tls),
            application_name: self.application_name.or(other.application_name),
            pooler: self.pooler.or(other.pooler),
            options: self.options.or(other.options),
            pool: self.pool.or(other.pool),
            ignored: self.ignored,
        }
    }

    /// The place, defaults filled in. `origin` says in an error who named it.
    pub fn into_source(self, kind: ServerKind, origin: &str) -> Result<ServerSource> {
        let tls = self.tls.checked_by_ca();
        if tls.certificate.is_some() != tls.key.is_some() {
            return Err(Error::config(format!(
                "{origin} has only one of a client certificate and its key: both are needed \
                 (sslcert and sslkey in a URL, ssl.cert and ssl.key as options)"
            )));
        }
        let host = self.host.unwrap_or(Host::Tcp("localhost".to_owned()));
        let (port, database, pooler) = match kind {
            ServerKind::Postgres => {
                let port = self.port.unwrap_or(5432);
                let known = || is_pooler(&host, port).then_some(true);
                (port, self.database.or_else(|| self.user.clone()), self.pooler.or_else(known))
            }
            ServerKind::MySql if self.database.is_none() => {
                return Err(Error::config(format!(
                    "{origin} names no database: a URL ends with it, as in \
                     mysql://user:password@host/database, and option \"database\" is its name, too"
                )));
            }
            ServerKind::MySql => (self.port.unwrap_or(3306), self.database, self.pooler),
        };
        let usual = if kind == ServerKind::Postgres { 5432 } else { 3306 };
        let others: Vec<_> =
            self.others.into_iter().map(|(host, port)| (host, port.unwrap_or(usual))).collect();
        Ok(ServerSource {
            kind,
            host,
            port,
            writable: self.writable.unwrap_or(!others.is_empty()),
            others,
            user: self.user,
            password: self.password,
            database,
            schema: self.schema.filter(|_| kind == ServerKind::Postgres),
            tls,
            application_name: self.application_name,
            pooler,
            options: self.options,
            pool: self.pool,
            ignored: self.ignored,
        })
    }
}

/// Whether a host is known to be a pooler in transaction mode: Supabase's, on that port, or Neon's.
fn is_pooler(host: &Host, port: u16) -> bool {
    let Host::Tcp(name) = host else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    // On its own port 6543 Supabase has a shared (pooler.supabase.com) and a dedicated pooler.
    let supabase = [".supabase.com", ".supabase.co"].iter().any(|domain| name.ends_with(domain));
    (supabase && port == 6543) || name.contains("-pooler.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::super::{Environment, Pem, PoolBounds, Source, TlsMode, Tree};
    use super::*;

    fn text(text: &str) -> Tree {
        Tree::Text(text.to_owned())
    }

    fn object(properties: &[(&str, Tree)]) -> Tree {
        Tree::Object(
            properties.iter().map(|(name, tree)| ((*name).to_owned(), tree.clone())).collect(),
        )
    }

    fn read(first: Tree, second: Tree) -> Result<(Options, Source)> {
        let options = Options::from_arguments(first, second)?;
        let source = Source::find(&options, &Environment::default())?;
        Ok((options, source))
    }

    fn server(first: Tree, second: Tree) -> ServerSource {
        match read(first, second).unwrap().1 {
            Source::Server(server) => *server,
            Source::Sqlite(file) => panic!("{file:?}"),
        }
    }

    #[test]
    fn typeorms_parts_are_understood() {
        let options = object(&[
            ("type", text("postgres")),
            ("host", text("db")),
            ("port", Tree::Number(9.0)),
            ("username", text("app")),
            ("password", text("hunter2")),
            ("database", text("auth")),
            ("applicationName", text("web")),
            ("charset", text("utf8mb4")),
            ("connectTimeoutMS", Tree::Number(7.0)),
            ("pooler", Tree::Boolean(false)),
            ("schema", object(&[("dbSchema", text("tenant"))])),
            (
                "extra",
                object(&[
                    ("max", Tree::Number(3.0)),
                    ("idleTimeoutMillis", Tree::Number(0.0)),
                    ("statement_timeout", Tree::Number(1.0)),
                    ("onConnect", Tree::Other("a function")),
                    ("nested", object(&[("a", Tree::List(vec![Tree::Boolean(true)]))])),
                ]),
            ),
        ]);
        assert_eq!(
            server(options, Tree::Missing),
            ServerSource {
                kind: ServerKind::Postgres,
                host: Host::Tcp("db".to_owned()),
                port: 9,
                others: vec![],
                writable: false,
                user: Some("app".to_owned()),
                password: Some(Secret::from("hunter2".to_owned())),
                database: Some("auth".to_owned()),
                schema: Some("tenant".to_owned()),
                tls: Tls::default(),
                application_name: Some("web".to_owned()),
                pooler: Some(false),
                options: None,
                pool: PoolBounds {
                    max: Some(crate::options::Count(3)),
                    connect_timeout: Some(crate::options::Milliseconds(7)),
                    ..PoolBounds::default()
                },
                ignored: ["extra.statement_timeout", "extra.onConnect", "extra.nested"]
                    .map(str::to_owned)
                    .to_vec(),
            }
        );
    }

    #[test]
    fn parts_win_over_the_url_and_the_option_pool_over_both() {
        let (options, source) = read(
            text("mysql://a:b@c:1/d?connection_limit=1&connect_timeout=1&min=1&ssl=false"),
            object(&[
                ("type", text("mariadb")),
                ("host", text("db")),
                ("user", text("app")),
                ("password", text("")),
                ("database", text("auth")),
                ("ssl", Tree::Boolean(true)),
                ("extra", object(&[("connectionLimit", Tree::Number(2.0))])),
                ("connectTimeout", Tree::Number(3.0)),
                ("pool", object(&[("connectTimeout", Tree::Number(4.0))])),
            ]),
        )
        .unwrap();
        let pool = options.pool_for(&source);
        assert_eq!((pool.max.0, pool.min.0, pool.connect_timeout.0), (2, 1, 4));
        let Source::Server(place) = source else {
            panic!("{source:?}");
        };
        assert_eq!(place.host, Host::Tcp("db".to_owned()));
        assert_eq!((place.port, place.user.as_deref()), (1, Some("app")));
        assert_eq!(place.database.as_deref(), Some("auth"));
        // An empty text is an empty variable of the environment.
        assert_eq!(place.password.as_ref().map(Secret::expose), Some("b"));
        assert_eq!(place.tls.mode, Some(TlsMode::VerifyFull));
    }

    #[test]
    fn a_socket_is_a_host_or_has_its_own_option() {
        let at = |parts: &[(&str, &str)]| {
            let parts: Vec<_> = [("type", "pg")]
                .iter()
                .chain(parts)
                .map(|(name, value)| (*name, text(value)))
                .collect();
            server(object(&parts), Tree::Missing).host
        };
        let socket = Host::Socket(PathBuf::from("/run/postgresql"));
        assert_eq!(at(&[("host", "db"), ("socketPath", "/run/postgresql")]), socket);
        assert_eq!(at(&[("host", "/run/postgresql")]), socket);
        assert_eq!(at(&[("host", "[::1]")]), Host::Tcp("::1".to_owned()));
        assert_eq!(at(&[("host", "::1")]), Host::Tcp("::1".to_owned()));
        assert_eq!(at(&[("host", "db"), ("socketPath", "")]), Host::Tcp("db".to_owned()));
    }

    #[test]
    fn ssl_is_read_as_nodes_drivers_read_it() {
        let tls = |ssl: Tree| {
            let parts = [("type", text("pg")), ("ssl", ssl)];
            server(object(&parts), Tree::Missing).tls
        };
        let unchecked = object(&[("rejectUnauthorized", Tree::Boolean(false))]);
        assert_eq!(tls(Tree::Boolean(true)).mode, Some(TlsMode::VerifyFull));
        assert_eq!(tls(Tree::Boolean(false)).mode, Some(TlsMode::Disable));
        assert_eq!(tls(object(&[])).mode, Some(TlsMode::VerifyFull));
        assert_eq!(tls(unchecked.clone()).mode, Some(TlsMode::Require));
        let inline = "-----BEGIN CERTIFICATE-----\\nhunter2";
        let full = tls(object(&[
            ("ca", Tree::List(vec![text(inline), text(inline)])),
            ("cert", text("client.pem")),
            ("key", text(inline)),
        ]));
        assert_eq!(full.mode, Some(TlsMode::VerifyFull));
        assert_eq!(full.certificate, Some(Pem::File(PathBuf::from("client.pem"))));
        let Some(Pem::Inline(key)) = full.key else {
            panic!("{full:?}");
        };
        assert_eq!(key.expose(), "-----BEGIN CERTIFICATE-----\nhunter2");
        assert!(!format!("{:?}", full.ca).contains("hunter2"));
        let extra = object(&[("type", text("pg")), ("extra", object(&[("ssl", unchecked)]))]);
        assert_eq!(server(extra, Tree::Missing).tls.mode, Some(TlsMode::Require));
    }

    #[test]
    fn ill_typed_parts_are_refused_by_name() {
        for (name, value, expected) in [
            ("port", text("5432"), "option \"port\" must be a whole number from 1 to 65535"),
            ("port", Tree::Number(0.0), "option \"port\" must be a whole number"),
            ("host", text("db:5432"), "option \"host\" must be"),
            ("ssl", text("hunter2"), "option \"ssl\" must be true, false or an object"),
            (
                "ssl",
                object(&[("passphrase", text("hunter2"))]),
                "unknown option \"ssl.passphrase\"",
            ),
            (
                "ssl",
                object(&[("ca", object(&[("0", Tree::Number(45.0))]))]),
                "option \"ssl.ca\" must be a string in PEM, such as fs.readFileSync",
            ),
            ("ssl", object(&[("cert", text("c"))]), "the configuration in parts has only one"),
            ("extra", object(&[("max", text("hunter2"))]), "option \"extra.max\" must be"),
            ("extra", Tree::Number(1.0), "option \"extra\" must be an object"),
            (
                "schema",
                object(&[("nameing", text("x"))]),
                "unknown option \"schema.nameing\"; did you mean \"schema.naming\"?",
            ),
            ("pooler", text("yes"), "option \"pooler\" must be a boolean"),
            (
                "pool",
                object(&[("min", Tree::Number(3.0)), ("max", Tree::Number(2.0))]),
                "option \"pool.min\" is more than \"pool.max\"",
            ),
            ("pool", Tree::Number(5.0), "option \"pool\" must be an object, not a number"),
        ] {
            let options = object(&[("type", text("postgres")), (name, value)]);
            let error = read(options, Tree::Missing).unwrap_err();
            assert!(error.message().starts_with(expected), "{name}: {error}");
            assert!(!error.message().contains("hunter2"), "{name}: {error}");
        }
    }
}
