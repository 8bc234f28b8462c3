//! SQLite: one connection that writes, some that read, in one process with the application.

mod error;
mod file;

use super::exec::{self, Driver, Mode};
use super::pool::{Bounds, Connector, FOREVER, Pool, PoolState};
use super::{
    BoxFuture, ColumnType, Dialect, Engine, LiveTable, Outcome, OutputColumn, Storage, Table,
    Upsert, Wire, Work,
};
use crate::error::{Code, Effect, Error, Result};
use crate::options::{Options, SqliteSource, Synchronous};
use crate::value::Value;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteQueryResult, SqliteRow,
    SqliteSynchronous, SqliteValueRef,
};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Decode, Row, TypeInfo, ValueRef};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What SQLite does its own way.
pub static DIALECT: Dialect = Dialect {
    name: "sqlite",
    // Not '"': SQLite takes a double-quoted name that it does not know for a string.
    quote: '`',
    parameter: |n| format!("?{n}"),
    insert_returning: true,
    update_returning: true,
    delete_returning: true,
    // A transaction that writes has the only lock there is.
    lock_rows: "",
    upsert: Upsert::OnConflict,
    column: |kind| match kind {
        ColumnType::Key | ColumnType::CredentialId | ColumnType::Text => ("TEXT", Storage::Text),
        ColumnType::Integer => ("INTEGER", Storage::Integer),
        ColumnType::Boolean => ("INTEGER", Storage::Boolean),
        ColumnType::Date => ("INTEGER", Storage::Date),
    },
    // Milliseconds since 1970; unixepoch('subsec') would need SQLite 3.42 in every other program.
    now: "(CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER))",
    table_suffix: |clustered| {
        if clustered { " WITHOUT ROWID, STRICT" } else { " STRICT" }
    },
    indexes_inside: false,
    defines_atomically: true,
};

/// How long setting the journal mode is tried anew while another process does the same: SQLite
/// does not wait for that lock by itself.
const JOURNAL_MODE_PATIENCE: Duration = Duration::from_secs(10);

/// A SQLite database.
#[derive(Debug)]
pub struct Sqlite {
    /// A database in memory lives in this one connection, which then reads too.
    writer: Pool<SqliteConnectOptions>,
    reader: Pool<SqliteConnectOptions>,
    _file: Option<file::File>,
}

impl Connector for SqliteConnectOptions {
    type Connection = SqliteConnection;

    fn connect(&self) -> BoxFuture<'_, Result<SqliteConnection>> {
        Box::pin(async {
            ConnectOptions::connect(self).await.map_err(|error| error::from_sqlx(&error))
        })
    }

    fn can_die(&self) -> bool {
        false
    }
}

impl Sqlite {
    /// Opens a database, creating the file if that is asked for.
    ///
    /// # Errors
    /// `ERR_CONNECT`: the folder is missing, it is a folder itself, it is no SQLite database, it
    /// may not be read. Nothing is changed then.
    pub async fn open(
        place: &SqliteSource,
        options: &Options,
        bounds: Bounds,
        notice: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Self> {
        for name in &place.ignored {
            notice(format!(
                "parameter \"{name}\" of the SQLite URL has no meaning here and is ignored"
            ));
        }
        let connect = SqliteConnectOptions::new()
            .busy_timeout(options.sqlite.busy_timeout.duration())
            .synchronous(match options.sqlite.synchronous {
                Synchronous::Off => SqliteSynchronous::Off,
                Synchronous::Normal => SqliteSynchronous::Normal,
                Synchronous::Full => SqliteSynchronous::Full,
                Synchronous::Extra => SqliteSynchronous::Extra,
            })
            .foreign_keys(true)
            .disable_statement_logging();
        let one = Bounds { max: 1, ..bounds };
        if place.memory {
            let kept = Bounds { min: 1, idle_timeout: FOREVER, max_lifetime: FOREVER, ..one };
            let writer = Pool::new(connect.filename(":memory:"), kept);
            return Ok(Sqlite { reader: writer.clone(), writer, _file: None });
        }
        let file = file::prepare(place, notice)?;
        let connect = connect.filename(file.path()).read_only(place.read_only);
        let writer = Pool::new(connect.clone(), one);
        prepare_journal(&writer, file.path()).await?;
        Ok(Sqlite { writer, reader: Pool::new(connect, bounds), _file: Some(file) })
    }

    async fn run_work(&self, work: &Work) -> Result<Outcome> {
        let pool = if work.writes { &self.writer } else { &self.reader };
        let mut lease = pool.acquire().await?;
        let result = exec::run::<sqlx::Sqlite>(lease.connection()?, work, Mode::Direct).await;
        lease.finish(result)
    }

    async fn define_all(&self, statements: &[String]) -> Result<()> {
        let mut lease = self.writer.acquire().await?;
        let connection = lease.connection()?;
        exec::command::<sqlx::Sqlite>(connection, <sqlx::Sqlite as Driver>::begin(true)).await?;
        let mut result = Ok(());
        for statement in statements {
            result = sqlx::raw_sql(AssertSqlSafe(statement.as_str()))
                .execute(&mut *connection)
                .await
                .map(drop)
                .map_err(|error| error::from_sqlx(&error));
            if result.is_err() {
                break;
            }
        }
        let result = exec::end::<sqlx::Sqlite, ()>(connection, result).await;
        lease.finish(result)
    }

    async fn inspect_all(&self, tables: &[Table]) -> Result<Vec<LiveTable>> {
        let mut lease = self.reader.acquire().await?;
        let connection = lease.connection()?;
        // In one transaction, so that tables that are just being created are seen all or none.
        exec::command::<sqlx::Sqlite>(connection, <sqlx::Sqlite as Driver>::begin(false)).await?;
        let mut found = Vec::new();
        for table in tables {
            let name = &table.name;
            let columns = names(connection, "SELECT name FROM pragma_table_info(?1)", name).await?;
            if columns.is_empty() {
                continue;
            }
            let indexes = names(
                connection,
                "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 COLLATE NOCASE",
                name,
            )
            .await?;
            found.push(LiveTable { name: name.clone(), columns, indexes });
        }
        let ended = exec::command::<sqlx::Sqlite>(connection, "COMMIT").await;
        lease.finish(ended.map(|()| found))
    }
}

impl Engine for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn run<'a>(&'a self, work: &'a Work) -> BoxFuture<'a, Result<Outcome>> {
        Box::pin(self.run_work(work))
    }

    fn define<'a>(&'a self, statements: &'a [String]) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.define_all(statements))
    }

    fn inspect<'a>(&'a self, tables: &'a [Table]) -> BoxFuture<'a, Result<Vec<LiveTable>>> {
        Box::pin(self.inspect_all(tables))
    }

    fn state(&self) -> PoolState {
        self.reader.state()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            // The writer last: closing the last connection is what folds the WAL into the file.
            self.reader.close().await;
            self.writer.close().await;
        })
    }
}

/// Turns the write-ahead log on, in which readers and a writer do not hinder each other. A file
/// that may only be read stays as it is.
async fn prepare_journal(writer: &Pool<SqliteConnectOptions>, path: &Path) -> Result<()> {
    let start = Instant::now();
    loop {
        let error = match set_journal_mode(writer).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if error.code() == Code::ReadOnly {
            return Ok(());
        }
        if error.effect() != Effect::Conflict || start.elapsed() > JOURNAL_MODE_PATIENCE {
            return Err(file::explain(error, path));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn set_journal_mode(writer: &Pool<SqliteConnectOptions>) -> Result<()> {
    let mut lease = writer.acquire().await?;
    let connection = lease.connection()?;
    let mode =
        sqlx::query_scalar::<_, String>("PRAGMA journal_mode").fetch_one(&mut *connection).await;
    let result = match mode {
        Ok(mode) if mode == "wal" => Ok(()),
        Ok(_) => sqlx::query("PRAGMA journal_mode = WAL").execute(connection).await.map(drop),
        Err(error) => Err(error),
    };
    lease.finish(result.map_err(|error| error::from_sqlx(&error)))
}

impl Driver for sqlx::Sqlite {
    fn begin(writes: bool) -> &'static str {
        // A transaction that began as a reader could not become a writer while another process
        // writes: IMMEDIATE asks for the lock at the start, where waiting works.
        if writes { "BEGIN IMMEDIATE" } else { "BEGIN" }
    }

    fn bind(arguments: &mut SqliteArguments, value: &Value, storage: Storage) -> Result<()> {
        let unstorable = || Error::unstorable(DIALECT.name, value.describe(), storage);
        let bound = match storage.encode(value).ok_or_else(unstorable)? {
            Wire::Null(_) => arguments.add(None::<i64>),
            Wire::Text(text) => arguments.add(text),
            Wire::Integer(number) | Wire::Time(number) | Wire::PlainTime(number) => {
                arguments.add(number)
            }
            Wire::Float(number) => arguments.add(number),
            Wire::Boolean(value) => arguments.add(i64::from(value)),
            Wire::Uuid(bytes) => arguments.add(super::storage::uuid_text(bytes)),
            Wire::Bytes(bytes) => arguments.add(bytes),
        };
        bound.map_err(|_| unstorable())
    }

    fn read(row: &SqliteRow, index: usize, column: &OutputColumn) -> Result<Value> {
        read(row.try_get_raw(index).map_err(|error| error::from_sqlx(&error))?, column)
    }

    fn error(error: &sqlx::Error) -> Error {
        error::from_sqlx(error)
    }

    fn affected(result: &SqliteQueryResult) -> u64 {
        result.rows_affected()
    }
}

/// Reads a value. SQLite lets a row hold any type in any column, so the type is looked at first:
/// its own conversions would turn "abc" into 0.
fn read(value: SqliteValueRef<'_>, column: &OutputColumn) -> Result<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let held = value.type_info().name().to_owned();
    let mismatch = || Error::misread(DIALECT.name, &column.name, &held, column.storage);
    let wire = match held.as_str() {
        "INTEGER" | "BOOLEAN" => {
            <i64 as Decode<sqlx::Sqlite>>::decode(value).map(|number| wire(column.storage, number))
        }
        "REAL" => <f64 as Decode<sqlx::Sqlite>>::decode(value).map(Wire::Float),
        "BLOB" => <Vec<u8> as Decode<sqlx::Sqlite>>::decode(value).map(Wire::Bytes),
        _ => <String as Decode<sqlx::Sqlite>>::decode(value).map(|text| Wire::Text(text.into())),
    };
    wire.ok().and_then(|wire| column.storage.decode(wire)).ok_or_else(mismatch)
}

/// An integer, which in SQLite may be a point in time, or text in a column that prefers numbers.
fn wire(storage: Storage, number: i64) -> Wire {
    match storage {
        Storage::Date | Storage::DateToSecond | Storage::DateWithoutZone => Wire::Time(number),
        Storage::Text | Storage::AnyText => Wire::Text(number.to_string().into()),
        _ => Wire::Integer(number),
    }
}

async fn names(
    connection: &mut SqliteConnection,
    sql: &'static str,
    table: &str,
) -> Result<Vec<String>> {
    sqlx::query_scalar(sql)
        .bind(table.to_owned())
        .fetch_all(connection)
        .await
        .map_err(|error| error::from_sqlx(&error))
}

/// The absolute path of a file, without asking the disk.
fn absolute(file: &str) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| PathBuf::from(file))
}
