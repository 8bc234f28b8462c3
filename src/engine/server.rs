//! What the databases that are servers have in common: calls with a time limit, and errors of the
//! connection itself.

use super::exec::{self, Driver, Mode};
use super::pool::{Connector, Lease};
use super::{
    BoxFuture, Dialect, Engine, Extent, LiveColumn, LiveForeignKey, LiveIndex, LiveTable, Outcome,
    OutputColumn, Plan, Statement, Storage, Table, Work,
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

/// What selects the parts of tables from the information schema, as texts, up to where the table's schema,
/// null for the connection's own, and its name are compared: the kind, the table's name, and then
#[derive(Debug)]
pub struct Catalog {
    /// A column's name, position, type, length, whether it may be null, whether it is filled, collation.
    pub columns: &'static str,
    /// Of an index's column the index's name, position, the column's name (null for an expression, and in
    /// an index of some rows), null, whether it is unique, null, null.
    pub indexes: &'static str,
    /// Of a column of a foreign key to a table of the same schema the key's name, position, the column's
    /// name, the other table's name, that column's name, null, null.
    pub foreign_keys: &'static str,
}

/// Looks at tables by one query, so that tables that are just being created are seen all or none.
///
/// # Errors
/// Those of the database.
pub async fn inspect(
    engine: &dyn Engine,
    catalog: &Catalog,
    tables: &[Table],
    extent: Extent,
) -> Result<Vec<LiveTable>> {
    let look = look(engine.dialect(), catalog, tables, extent);
    match engine.run(&look).await {
        // A server of another make may lack that catalog: what is not known is not found missing.
        Err(error)
            if extent == Extent::ForeignKeys
                && error.is_of_database()
                && error.effect() == Effect::Final =>
        {
            let look = self::look(engine.dialect(), catalog, tables, Extent::Columns);
            Ok(live_tables(tables, &engine.run(&look).await?, Extent::Columns))
        }
        outcome => Ok(live_tables(tables, &outcome?, extent)),
    }
}

/// The query that looks at tables.
pub fn look(dialect: &Dialect, catalog: &Catalog, tables: &[Table], extent: Extent) -> Work {
    let mut values = Vec::new();
    let mut parts = Vec::new();
    let mut kinds = vec![(COLUMN, catalog.columns), (INDEX, catalog.indexes)];
    if extent == Extent::ForeignKeys {
        kinds.push((FOREIGN_KEY, catalog.foreign_keys));
    }
    for table in tables {
        for (kind, sql) in &kinds {
            let mut sql = sql.replace("{kind}", kind);
            for (place, value) in [
                ("{schema}", table.schema.as_deref().map_or(Value::Null, Value::from)),
                ("{table}", Value::from(table.name.as_str())),
            ] {
                values.push(value);
                sql = sql.replace(place, &(dialect.parameter)(values.len()));
            }
            parts.push(sql);
        }
    }
    let names =
        ["kind", "table", "name", "position", "type", "length", "open", "filled", "collation"];
    let output = |name: &str| OutputColumn { name: name.into(), storage: Storage::Text };
    let statement = Statement {
        sql: parts.join(" UNION ALL ").into(),
        parameters: vec![Storage::Text; values.len()],
        columns: names.map(output).to_vec(),
        arrays: false,
    };
    Plan::read(statement).work(&values)
}

/// The tables that the query has found; those that are missing are left out.
pub fn live_tables(tables: &[Table], outcome: &Outcome, extent: Extent) -> Vec<LiveTable> {
    let mut parts: Vec<Part> = outcome.rows.iter().filter_map(|row| Part::of(row)).collect();
    parts.sort_by_key(|part| part.position);
    let live = tables.iter().map(|table| {
        // A server may keep names in another case than it was told; one that does not may have
        // tables that differ in nothing else.
        let of_table = parts.iter().filter(|part| {
            let asked = tables.iter().any(|table| *table.name == *part.table);
            if asked {
                part.table == table.name
            } else {
                part.table.eq_ignore_ascii_case(&table.name)
            }
        });
        let mut live = LiveTable {
            name: table.name.clone(),
            is_exact: parts.iter().any(|part| part.table == table.name),
            columns: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: (extent == Extent::ForeignKeys).then(Vec::new),
        };
        for part in of_table {
            part.add_to(&mut live);
        }
        live
    });
    live.filter(|table| !table.columns.is_empty()).collect()
}

/// That another process makes changes to the tables, and has not ended within a time.
pub fn another_migrates(limit: Duration) -> Error {
    Error::new(
        Code::Timeout,
        format!(
            "another process is migrating the tables, and had not ended after {} ms (option \
             \"retry.maxTime\"); nothing was changed",
            limit.as_millis()
        ),
    )
    .with_effect(Effect::Conflict)
}

const COLUMN: &str = "column";
const INDEX: &str = "index";
const FOREIGN_KEY: &str = "foreign key";

/// A column of a table, of an index or of a foreign key.
struct Part {
    kind: String,
    table: String,
    name: String,
    position: u32,
    facts: [Option<String>; 5],
}

impl Part {
    fn of(row: &[Value]) -> Option<Self> {
        let text =
            |index: usize| row.get(index).and_then(Value::as_text).map(|text| text.to_string());
        Some(Part {
            kind: text(0)?,
            table: text(1)?,
            name: text(2)?,
            position: text(3)?.parse().ok()?,
            facts: [text(4), text(5), text(6), text(7), text(8)],
        })
    }

    fn add_to(&self, live: &mut LiveTable) {
        let [first, second, third, filled, collation] = self.facts.clone();
        let is_yes = |fact: Option<String>| fact.as_deref() == Some("YES");
        let name = self.name.clone();
        let column = first.unwrap_or_default();
        match (self.kind.as_str(), &mut live.foreign_keys) {
            (COLUMN, _) => live.columns.push(LiveColumn {
                name,
                sql_type: column.to_ascii_lowercase(),
                longest: second.and_then(|length| length.parse().ok()),
                nullable: is_yes(third),
                filled: is_yes(filled),
                collation,
            }),
            (FOREIGN_KEY, Some(keys)) => {
                let (table, columns) =
                    (second.unwrap_or_default(), (column, third.unwrap_or_default()));
                match keys.iter_mut().find(|key| key.name == name) {
                    Some(key) => key.columns.push(columns),
                    None => keys.push(LiveForeignKey { name, table, columns: vec![columns] }),
                }
            }
            _ => match live.indexes.iter_mut().find(|index| index.name == name) {
                Some(index) => index.columns.push(column),
                None => {
                    let unique = is_yes(third);
                    live.indexes.push(LiveIndex { name, columns: vec![column], unique });
                }
            },
        }
    }
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

/// What a write that was refused says where another server may take it: that nothing has been done,
/// and another try may help.
pub fn elsewhere<T>(result: Result<T>, several: bool) -> Result<T> {
    result.map_err(|error| match error.code() {
        Code::ReadOnly if several => error.with_effect(Effect::None),
        _ => error,
    })
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
