//! SQLite: one connection that writes, some that read, in one process with the application.

mod error;
mod file;

use super::{
    BoxFuture, ColumnType, Dialect, Engine, LiveTable, Outcome, OutputColumn, Step, Storage, Work,
};
use crate::error::{Cause, Code, Effect, Error, Result};
use crate::options::{Options, SqliteSource, Synchronous};
use crate::value::Value;
use futures_util::TryStreamExt as _;
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous, SqliteValueRef,
};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Decode, Either, Executor as _, Row,
    Sqlite as Driver, TypeInfo, ValueRef,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What SQLite does its own way.
pub static DIALECT: Dialect = Dialect {
    name: "sqlite",
    quote: '"',
    parameter: |n| format!("?{n}"),
    returning: true,
    column: |kind| match kind {
        ColumnType::Key | ColumnType::CredentialId | ColumnType::Text => ("TEXT", Storage::Text),
        ColumnType::Integer => ("INTEGER", Storage::Integer),
        ColumnType::Boolean => ("INTEGER", Storage::Boolean),
        ColumnType::Date => ("INTEGER", Storage::Date),
    },
    // Milliseconds since 1970; unixepoch('subsec') would need SQLite 3.42 in every other program.
    now: "(CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER))",
    table_suffix: |clustered| {
        if clustered {
            " WITHOUT ROWID, STRICT"
        } else {
            " STRICT"
        }
    },
};

/// How long setting the journal mode is tried anew while another process does the same: SQLite
/// does not wait for that lock by itself.
const JOURNAL_MODE_PATIENCE: Duration = Duration::from_secs(10);

/// A SQLite database.
#[derive(Debug)]
pub struct Sqlite {
    /// A database in memory lives in this one connection, which then reads too.
    writer: SqlitePool,
    reader: SqlitePool,
    _file: Option<file::File>,
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
        if place.memory {
            let writer = pool(options, 1)
                .min_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect_with(connect.filename(":memory:"))
                .await
                .map_err(|error| error::from_sqlx(&error))?;
            return Ok(Sqlite {
                reader: writer.clone(),
                writer,
                _file: None,
            });
        }
        let file = file::prepare(place, notice)?;
        let connect = connect.filename(file.path()).read_only(place.read_only);
        let writer = pool(options, 1).connect_lazy_with(connect.clone());
        if let Err(error) = prepare_journal(&writer, file.path()).await {
            writer.close().await;
            return Err(error);
        }
        let reader = pool(options, options.pool.max.0).connect_lazy_with(connect);
        Ok(Sqlite {
            writer,
            reader,
            _file: Some(file),
        })
    }

    async fn run_work(&self, work: &Work) -> Result<Outcome> {
        let pool = if work.writes {
            &self.writer
        } else {
            &self.reader
        };
        let mut connection = acquire(pool).await?;
        match work.steps.as_slice() {
            [step] => run_step(&mut connection, step).await,
            steps => {
                // A transaction that began as a reader could not become a writer while another
                // process writes: IMMEDIATE asks for the lock at the start, where waiting works.
                let begin = if work.writes {
                    "BEGIN IMMEDIATE"
                } else {
                    "BEGIN"
                };
                let mut transaction = connection
                    .begin_with(begin)
                    .await
                    .map_err(|error| error::from_sqlx(&error))?;
                let mut outcome = Outcome::default();
                for step in steps {
                    outcome = run_step(&mut transaction, step).await?;
                }
                transaction
                    .commit()
                    .await
                    .map_err(|error| error::from_sqlx(&error))?;
                Ok(outcome)
            }
        }
    }

    async fn define_all(&self, statements: &[String]) -> Result<()> {
        let mut connection = acquire(&self.writer).await?;
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| error::from_sqlx(&error))?;
        for statement in statements {
            sqlx::raw_sql(AssertSqlSafe(statement.as_str()))
                .execute(&mut *transaction)
                .await
                .map_err(|error| error::from_sqlx(&error))?;
        }
        transaction
            .commit()
            .await
            .map_err(|error| error::from_sqlx(&error))
    }

    async fn inspect_all(&self, tables: &[String]) -> Result<Vec<LiveTable>> {
        let mut connection = acquire(&self.reader).await?;
        let mut found = Vec::new();
        for table in tables {
            let columns = names(
                &mut connection,
                "SELECT name FROM pragma_table_info(?1)",
                table,
            )
            .await?;
            if columns.is_empty() {
                continue;
            }
            let indexes = names(
                &mut connection,
                "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 COLLATE NOCASE",
                table,
            )
            .await?;
            found.push(LiveTable {
                name: table.clone(),
                columns,
                indexes,
            });
        }
        Ok(found)
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

    fn inspect<'a>(&'a self, tables: &'a [String]) -> BoxFuture<'a, Result<Vec<LiveTable>>> {
        Box::pin(self.inspect_all(tables))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            // The writer last: closing the last connection is what folds the WAL into the file.
            self.reader.close().await;
            self.writer.close().await;
        })
    }
}

fn pool(options: &Options, max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(max)
        .acquire_timeout(options.pool.acquire_timeout.duration())
        .idle_timeout(options.pool.idle_timeout.duration())
        .max_lifetime(options.pool.max_lifetime.duration())
        // A connection to a file does not die while it lies idle.
        .test_before_acquire(false)
}

async fn acquire(pool: &SqlitePool) -> Result<PoolConnection<Driver>> {
    pool.acquire()
        .await
        .map_err(|error| error::from_sqlx(&error))
}

/// Turns the write-ahead log on, in which readers and a writer do not hinder each other. A file
/// that may only be read stays as it is.
async fn prepare_journal(writer: &SqlitePool, path: &Path) -> Result<()> {
    let start = Instant::now();
    loop {
        let error = match set_journal_mode(writer).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let busy = error.effect() == Effect::None;
        if error.code() == Code::ReadOnly {
            return Ok(());
        }
        if !busy || start.elapsed() > JOURNAL_MODE_PATIENCE {
            return Err(file::explain(error, path));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn set_journal_mode(writer: &SqlitePool) -> Result<()> {
    let mut connection = acquire(writer).await?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| error::from_sqlx(&error))?;
    if mode != "wal" {
        sqlx::query("PRAGMA journal_mode = WAL")
            .execute(&mut *connection)
            .await
            .map_err(|error| error::from_sqlx(&error))?;
    }
    Ok(())
}

async fn run_step(connection: &mut SqliteConnection, step: &Step) -> Result<Outcome> {
    let statement = &step.statement;
    let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&statement.sql)));
    for (value, storage) in step.values.iter().zip(&statement.parameters) {
        query = bind(query, value, *storage)?;
    }
    let mut outcome = Outcome::default();
    let mut results = connection.fetch_many(query);
    // To the end, not to the first row: only then has a statement with RETURNING been finished.
    while let Some(result) = results
        .try_next()
        .await
        .map_err(|error| error::from_sqlx(&error))?
    {
        match result {
            Either::Left(done) => outcome.affected += done.rows_affected(),
            Either::Right(row) => outcome.rows.push(read_row(&row, &statement.columns)?),
        }
    }
    Ok(outcome)
}

type Bound<'q> = Query<'q, Driver, SqliteArguments>;

fn bind<'q>(query: Bound<'q>, value: &Value, storage: Storage) -> Result<Bound<'q>> {
    Ok(match (value, storage) {
        (Value::Null, _) => query.bind(None::<i64>),
        (Value::Text(text), Storage::Text) => query.bind(Arc::clone(text)),
        (Value::Integer(number) | Value::Date(number), Storage::Integer | Storage::Date) => {
            query.bind(*number)
        }
        (Value::Boolean(value), Storage::Boolean) => query.bind(i64::from(*value)),
        (value, storage) => {
            return Err(Error::internal(format!(
                "{} cannot be stored as {storage:?} in SQLite",
                value.describe()
            )));
        }
    })
}

fn read_row(row: &SqliteRow, columns: &[OutputColumn]) -> Result<Vec<Value>> {
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let value = row
                .try_get_raw(index)
                .map_err(|error| error::from_sqlx(&error))?;
            read(value, column)
        })
        .collect()
}

/// Reads a value. SQLite lets a row hold any type in any column, so the type is looked at first:
/// its own conversions would turn "abc" into 0.
fn read(value: SqliteValueRef<'_>, column: &OutputColumn) -> Result<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let held = value.type_info().name().to_owned();
    let mismatch = || {
        Error::new(
            Code::Schema,
            format!(
                "column {} holds {held} in a row where {:?} was expected",
                column.name, column.storage
            ),
        )
        .with_cause(Cause {
            database: DIALECT.name,
            ..Cause::default()
        })
    };
    match (column.storage, held.as_str()) {
        (Storage::Text, "TEXT") => <String as Decode<Driver>>::decode(value)
            .map(Value::from)
            .map_err(|_| mismatch()),
        (storage, "INTEGER" | "BOOLEAN") => {
            let number = <i64 as Decode<Driver>>::decode(value).map_err(|_| mismatch())?;
            Ok(match storage {
                Storage::Text => Value::from(number.to_string()),
                Storage::Integer => Value::Integer(number),
                Storage::Boolean => Value::Boolean(number != 0),
                Storage::Date => Value::Date(number),
            })
        }
        _ => Err(mismatch()),
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
