//! What the databases that are servers have in common: calls with a time limit, and errors of the
//! connection itself.

use super::exec::{self, Driver, Mode};
use super::pool::{Connector, Lease};
use super::{
    BoxFuture, Engine, LiveTable, Outcome, OutputColumn, Plan, Statement, Storage, Table, Work,
};
use crate::error::{Cause, Code, Effect, Error, Result};
use crate::options::{Host, ServerKind, ServerSource};
use crate::value::Value;
use sqlx::{Connection, Executor, IntoArguments};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::time::timeout;

/// Runs work on a connection, within a time: a server that is frozen, or a network that
/// swallows packets, gives no error by itself.
pub async fn run<D, C>(
    mut lease: Lease<C>,
    limit: Duration,
    work: &Work,
    mode: Mode,
) -> Result<Outcome>
where
    D: Driver,
    D::Arguments: IntoArguments<D>,
    C: Connector<Connection = D::Connection>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let result = within(limit, Box::pin(exec::run::<D>(lease.connection()?, work, mode))).await;
    lease.finish(result)
}

/// Whether a connection still answers.
pub fn is_alive<C: Connection + Send>(connection: &mut C) -> BoxFuture<'_, bool> {
    Box::pin(async { connection.ping().await.is_ok() })
}

/// Ends a connection; one that cannot be told so is gone already.
pub fn close<C: Connection + Send + 'static>(connection: C) -> BoxFuture<'static, ()> {
    Box::pin(async { drop(connection.close().await) })
}

/// Waits for a call, within a time. What a write that was given up has done is unknown.
pub async fn within<T>(limit: Duration, call: BoxFuture<'_, Result<T>>) -> Result<T> {
    timeout(limit, call).await.unwrap_or_else(|_| {
        Err(Error::new(
            Code::Timeout,
            format!(
                "the database did not answer within {} ms (option \"retry.maxTime\")",
                limit.as_millis()
            ),
        )
        .with_effect(Effect::Unknown))
    })
}

/// Looks at tables by one query, so that tables that are just being created are seen all or none:
/// `columns` and `indexes` select a table's name and another name from the information schema, up to
/// where the table's schema, null for the connection's own, and its name are compared.
pub async fn inspect(
    engine: &dyn Engine,
    columns: &str,
    indexes: &str,
    tables: &[Table],
) -> Result<Vec<LiveTable>> {
    let mut values = Vec::new();
    let mut parts = Vec::new();
    for table in tables {
        for (kind, sql) in [("column", columns), ("index", indexes)] {
            let mut sql = sql.replace("{kind}", kind);
            for (place, value) in [
                ("{schema}", table.schema.as_deref().map_or(Value::Null, Value::from)),
                ("{table}", Value::from(table.name.as_str())),
            ] {
                values.push(value);
                sql = sql.replace(place, &(engine.dialect().parameter)(values.len()));
            }
            parts.push(sql);
        }
    }
    let output = |name: &str| OutputColumn { name: name.into(), storage: Storage::Text };
    let statement = Statement {
        sql: parts.join(" UNION ALL ").into(),
        parameters: vec![Storage::Text; values.len()],
        columns: vec![output("kind"), output("table"), output("name")],
        arrays: false,
    };
    let outcome = engine.run(&Plan::read(statement).work(&values)).await?;
    let names = |kind: &str, table: &str| -> Vec<String> {
        let is = |value: Option<&Value>, text: &str| {
            value.and_then(Value::as_text).is_some_and(|value| value.eq_ignore_ascii_case(text))
        };
        // A server may keep names in another case than it was told; one that does not may have
        // tables that differ in nothing else.
        let owns = |owner: Option<&Value>| {
            let owner = owner.and_then(Value::as_text);
            owner.is_some_and(|owner| {
                let asked = tables.iter().any(|table| *table.name == **owner);
                if asked { **owner == *table } else { owner.eq_ignore_ascii_case(table) }
            })
        };
        let of_table = outcome.rows.iter().filter(|row| is(row.first(), kind) && owns(row.get(1)));
        let names = of_table.filter_map(|row| row.get(2).and_then(Value::as_text));
        names.map(|name| name.to_string()).collect()
    };
    let live = tables.iter().map(|table| LiveTable {
        columns: names("column", &table.name),
        indexes: names("index", &table.name),
        name: table.name.clone(),
    });
    Ok(live.filter(|table| !table.columns.is_empty()).collect())
}

/// A server in words, for errors.
pub fn place(source: &ServerSource) -> String {
    let kind = match source.kind {
        ServerKind::Postgres => "PostgreSQL",
        ServerKind::MySql => "MySQL or MariaDB",
    };
    match &source.host {
        Host::Tcp(host) => format!("{kind} at {host}:{}", source.port),
        Host::Socket(path) => format!("{kind} at the socket {}", path.display()),
    }
}

/// Connects, and gives an error of the connection its meaning: nothing has been sent then.
///
/// # Errors
/// `ERR_CONNECT`. Its effect says whether another attempt may help.
pub async fn connect<D: Driver>(
    place: &str,
    attempt: impl Future<Output = Result<D::Connection, sqlx::Error>>,
) -> Result<D::Connection>
where
    D::Connection: Connection<Database = D>,
{
    let untrusted =
        "could not be trusted: its certificate does not fit the TLS options, or it speaks no TLS";
    attempt.await.map_err(|error| {
        let (what, effect) = match &error {
            sqlx::Error::Io(io) => match io.kind() {
                ErrorKind::ConnectionRefused => {
                    ("refused the connection: is it running?", Effect::None)
                }
                ErrorKind::NotFound if place.contains(" at the socket ") => {
                    ("is not there: is it running?", Effect::None)
                }
                ErrorKind::NotFound => {
                    ("cannot be trusted: a file of the TLS options is not there", Effect::Final)
                }
                // What the TLS library found wrong comes as this.
                ErrorKind::InvalidData => (untrusted, Effect::Final),
                ErrorKind::PermissionDenied => ("may not be opened by this process", Effect::Final),
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof => {
                    ("ended the connection while it was made", Effect::None)
                }
                ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                    ("cannot be reached from here", Effect::None)
                }
                ErrorKind::TimedOut => ("did not answer", Effect::None),
                _ => ("cannot be reached: is the host name right?", Effect::None),
            },
            sqlx::Error::Tls(_) => (untrusted, Effect::Final),
            sqlx::Error::Configuration(_) => (
                "cannot be used with these TLS files, or takes this password over TLS only",
                Effect::Final,
            ),
            sqlx::Error::Protocol(_) => {
                ("does not speak this database's protocol, or ended the connection", Effect::Final)
            }
            _ => return D::refusal(&error),
        };
        Error::new(Code::Connect, format!("{place} {what}")).with_effect(effect)
    })
}

/// The meaning of an error that did not come from the database but from the connection to it.
pub fn connection_error(database: &'static str, error: &sqlx::Error) -> Error {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) => {
            Error::new(Code::Connect, "the connection to the database was lost")
                .with_effect(Effect::Unknown)
                .with_cause(Cause { database, ..Cause::default() })
        }
        sqlx::Error::Encode(_) => Error::invalid_argument("a value cannot be sent to the database"),
        _ => Error::internal("the database's driver refused a statement")
            .with_effect(Effect::Unknown)
            .with_cause(Cause { database, ..Cause::default() }),
    }
}
