//! SQLite: one connection that writes, some that read, in one process with the application.
//!
//! A look-up is answered on the thread that asks, JavaScript's own, as long as that takes no lock to
//! wait for and no disk: a hop to another thread costs several times as much as the look-up.

mod checkpoint;
mod connection;
mod error;
mod file;
mod live;
mod writer;

use super::pool::{Bounds, FOREVER, Lease, Pool, PoolState};
use super::{
    BoxFuture, Change, ColumnType, Dialect, Engine, Extent, KeyLock, Layout, LiveTable, Outcome,
    Planner, Statement, Storage, Table, Together, Upsert, Work,
};
use crate::error::{Code, Effect, Error, Result};
use crate::options::{Options, SqliteSource, TypeName};
use crate::value::Value;
use checkpoint::Checkpoints;
use connection::{Connection, Place};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use writer::Writer;

/// What SQLite does its own way.
pub static DIALECT: Dialect = Dialect {
    name: "sqlite",
    // Not '"': SQLite takes a double-quoted name that it does not know for a string.
    quote: '`',
    // Where only a name can be, it is one.
    quote_defined: '"',
    parameter: |n| format!("?{n}"),
    insert_returning: true,
    update_returning: true,
    delete_returning: true,
    delete_limit: false,
    // A transaction that writes has the only lock there is.
    lock_rows: "",
    upsert: Upsert::OnConflict,
    // Reads take no way that they could share, and writes share a transaction.
    together: Together::No,
    hasty: None,
    column: |kind| match kind {
        ColumnType::Key | ColumnType::CredentialId | ColumnType::Text => ("TEXT", Storage::Text),
        ColumnType::Integer => ("INTEGER", Storage::Integer),
        ColumnType::Float => ("REAL", Storage::Float),
        ColumnType::Boolean => ("INTEGER", Storage::Boolean),
        ColumnType::Date => ("INTEGER", Storage::Date),
        ColumnType::Json => ("TEXT", Storage::Json),
    },
    named: |name| match name {
        TypeName::Integer
        | TypeName::Bigint
        | TypeName::BigintString
        | TypeName::Boolean
        | TypeName::Datetime
        | TypeName::DatetimeToSecond
        | TypeName::Timestamp
        | TypeName::Seconds
        | TypeName::Milliseconds => "INTEGER",
        TypeName::Float => "REAL",
        TypeName::Binary => "BLOB",
        TypeName::Text
        | TypeName::Uuid
        | TypeName::Json
        | TypeName::Day
        | TypeName::IsoText
        | TypeName::DatetimeText
        | TypeName::MillisecondsText => "TEXT",
    },
    serial: "INTEGER",
    made_id: |name| match name {
        TypeName::Text => Some("(lower(hex(randomblob(16))))"),
        _ => None,
    },
    bytes: |text| format!("CAST({text} AS BLOB)"),
    json: str::to_owned,
    impossible_name: |name| {
        let reserved = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"));
        reserved.then_some("begins with \"sqlite_\", which SQLite keeps to itself")
    },
    keeps: live::keeps,
    type_of: live::type_of,
    is_indexable: |_| true,
    is_loose: |collation| collation.eq_ignore_ascii_case("nocase"),
    exact_collation: "COLLATE BINARY",
    // A column of SQLite's keeps its definition.
    redefine: |_, _, _, _| None,
    literal: |text| format!("'{}'", text.replace('\'', "''")),
    key_lock: KeyLock::Writer,
    // Milliseconds since 1970; unixepoch('subsec') would need SQLite 3.42 in every other program.
    replication: None,
    now: "(CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER))",
    advance_counter: |_, _| None,
    table_suffix: |layout| match layout {
        Layout::ByKey => " WITHOUT ROWID, STRICT",
        Layout::ByRow => " STRICT",
        // STRICT knows few names of types, and theirs are others.
        Layout::Theirs => "",
    },
    indexes_inside: false,
    adds_foreign_keys: false,
    can_point: |_, _| true,
    exact_tables: false,
    defines_atomically: true,
};

/// How long setting the journal mode is tried anew while another process does the same: SQLite
/// does not wait for that lock by itself.
const JOURNAL_MODE_PATIENCE: Duration = Duration::from_secs(10);

/// Pages that a reading connection keeps in memory, in KiB at most. Look-ups of random sessions meet
/// most of a table's pages.
const READER_CACHE: u32 = 64 * 1024;

/// Those of the connection that writes: of the tables that it adds rows to, those of their indexes,
/// and those of the users that its rows name.
const WRITER_CACHE: u32 = 64 * 1024;

/// Those of the connection that empties the log, which reads none.
const CHECKPOINT_CACHE: u32 = 64;

/// At how many pages of the log the writer empties it itself, and waits: only if it writes faster than
/// [`Checkpoints`] follows, which leave the log's end to it then. 16 MiB.
const LOG: u32 = 4000;

/// How long a look-up may take on the thread that asks: ten times what one takes whose pages are in
/// memory.
const BUDGET: Duration = Duration::from_micros(500);

/// For how long look-ups go to other threads after one took too long; it doubles with each further
/// one, up to 64 times as long.
const PAUSE: Duration = Duration::from_millis(20);

/// A SQLite database.
#[derive(Debug)]
pub struct Sqlite {
    writer: Writer,
    /// The writer's connection. A database in memory lives in this one, which then reads too.
    writers: Pool<Connector>,
    readers: Pool<Connector>,
    checkpoints: Option<Checkpoints>,
    haste: Haste,
    _file: Option<file::File>,
}

/// Makes connections, each on a thread that may wait for the disk.
#[derive(Debug, Clone)]
pub struct Connector(Place);

impl super::pool::Connector for Connector {
    type Connection = Connection;

    fn connect(&self) -> BoxFuture<'_, Result<Connection>> {
        let place = self.0.clone();
        Box::pin(on_thread(move || Connection::open(&place)))
    }

    fn close(&self, connection: Connection) -> BoxFuture<'_, ()> {
        // The last one to be closed folds the log into the file.
        Box::pin(async {
            let closed = on_thread(move || {
                drop(connection);
                Ok(())
            });
            drop(closed.await);
        })
    }
}

/// Runs something that may wait for the disk on a thread made for that.
async fn on_thread<T: Send + 'static>(
    run: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(run).await.unwrap_or_else(|_| {
        Err(Error::internal("a thread of SQLite's ended").with_effect(Effect::Unknown))
    })
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
        let file = if place.memory { None } else { Some(file::prepare(place, notice)?) };
        let writing = Place {
            file: file.as_ref().map(|file| file.path().to_owned()),
            read_only: place.read_only,
            options: options.sqlite,
            cache: WRITER_CACHE,
            log: LOG,
        };
        let reading = Place { cache: READER_CACHE, ..writing.clone() };
        let emptying = Place { cache: CHECKPOINT_CACHE, ..writing.clone() };
        let one = Bounds { max: 1, ..bounds };
        let (writers, readers) = match &file {
            None => {
                let kept = Bounds { min: 1, idle_timeout: FOREVER, max_lifetime: FOREVER, ..one };
                let memory = Pool::new(Connector(writing), kept);
                (memory.clone(), memory)
            }
            Some(file) => {
                let writers = Pool::new(Connector(writing), one);
                prepare_journal(&writers, file.path()).await?;
                (writers, Pool::new(Connector(reading), bounds))
            }
        };
        let checkpoints = file.as_ref().filter(|_| !place.read_only);
        let checkpoints =
            checkpoints.map(|_| Checkpoints::new(Pool::new(Connector(emptying), one)));
        let writer = Writer::new(writers.clone(), checkpoints.clone());
        Ok(Sqlite { writer, writers, readers, checkpoints, haste: Haste::default(), _file: file })
    }

    async fn run_work(&self, work: &Work) -> Result<Outcome> {
        if work.writes {
            return self.writer.run(work).await;
        }
        let work = work.clone();
        with(self.readers.acquire().await?, move |connection| connection.run_alone(&work)).await
    }

    async fn define_all(&self, statements: &[String]) -> Result<()> {
        let statements = statements.to_vec();
        with(self.writers.acquire().await?, move |connection| {
            connection.transaction(true, || {
                connection.command(REFRESH)?;
                statements.iter().try_for_each(|statement| connection.command(statement))
            })
        })
        .await
    }

    /// Whoever writes is alone.
    async fn migrate_all(&self, tables: &[Table], planner: Arc<Planner>) -> Result<Vec<Change>> {
        let tables = tables.to_vec();
        with(self.writers.acquire().await?, move |connection| {
            connection.transaction(true, || {
                connection.command(REFRESH)?;
                let changes = planner(&look(connection, &tables, Extent::Columns)?)?;
                for statement in changes.iter().flat_map(Change::statements) {
                    connection.command(statement)?;
                }
                Ok(changes)
            })
        })
        .await
    }

    async fn inspect_all(&self, tables: &[Table], extent: Extent) -> Result<Vec<LiveTable>> {
        let tables = tables.to_vec();
        with(self.readers.acquire().await?, move |connection| {
            // In one transaction, so that tables that are just being created are seen all or none.
            connection.transaction(false, || look(connection, &tables, extent))
        })
        .await
    }
}

/// Else ALTER TABLE is judged by the columns as a connection last saw them, whatever another process has
/// changed since.
const REFRESH: &str = "SELECT 1 FROM sqlite_schema LIMIT 1";

fn look(connection: &Connection, tables: &[Table], extent: Extent) -> Result<Vec<LiveTable>> {
    let live = tables.iter().map(|table| live::inspect(connection, &table.name, extent));
    live.filter_map(Result::transpose).collect()
}

/// Uses a connection on a thread that may wait, and gives it back unless a transaction is open.
async fn with<T: Send + 'static>(
    mut lease: Lease<Connector>,
    run: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
) -> Result<T> {
    on_thread(move || {
        let connection = lease.connection()?;
        let result = run(connection);
        if !connection.in_transaction() {
            lease.keep();
        }
        result
    })
    .await
}

impl Engine for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn read_at_once(&self, statement: &Statement, values: &[Value]) -> Option<Result<Outcome>> {
        self.haste.read(|| {
            let mut lease = self.readers.try_acquire()?;
            let result = lease.connection().ok()?.read_at_once(statement, values, BUDGET);
            lease.keep();
            result
        })
    }

    fn run<'a>(&'a self, work: &'a Work) -> BoxFuture<'a, Result<Outcome>> {
        Box::pin(self.run_work(work))
    }

    fn define<'a>(&'a self, statements: &'a [String]) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.define_all(statements))
    }

    fn migrate<'a>(
        &'a self,
        tables: &'a [Table],
        planner: Arc<Planner>,
    ) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(self.migrate_all(tables, planner))
    }

    fn inspect<'a>(
        &'a self,
        tables: &'a [Table],
        extent: Extent,
    ) -> BoxFuture<'a, Result<Vec<LiveTable>>> {
        Box::pin(self.inspect_all(tables, extent))
    }

    fn state(&self) -> PoolState {
        self.readers.state()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            // The writer last: closing the last connection is what folds the log into the file.
            self.readers.close().await;
            if let Some(checkpoints) = &self.checkpoints {
                checkpoints.close().await;
            }
            self.writers.close().await;
        })
    }
}

/// Whether look-ups are made on the thread that asks. One that takes too long, as the disk has to be
/// asked, sends those after it to threads that may wait; they bring what is on the disk to memory.
#[derive(Debug)]
struct Haste {
    start: Instant,
    /// From when on, in microseconds since `start`.
    from: AtomicU64,
    /// How many look-ups in a row took too long.
    slow: AtomicU32,
}

impl Default for Haste {
    fn default() -> Self {
        Haste { start: Instant::now(), from: AtomicU64::new(0), slow: AtomicU32::new(0) }
    }
}

impl Haste {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn read(&self, read: impl FnOnce() -> Option<Result<Outcome>>) -> Option<Result<Outcome>> {
        let before = self.now();
        if before < self.from.load(Ordering::Relaxed) {
            return None;
        }
        let result = read();
        let after = self.now();
        if u128::from(after - before) <= BUDGET.as_micros() {
            self.slow.store(0, Ordering::Relaxed);
        } else {
            let slow = self.slow.fetch_add(1, Ordering::Relaxed).min(6);
            let pause = PAUSE * 2_u32.pow(slow);
            let pause = u64::try_from(pause.as_micros()).unwrap_or(u64::MAX);
            self.from.store(after.saturating_add(pause), Ordering::Relaxed);
        }
        result
    }
}

/// Turns the write-ahead log on, in which readers and a writer do not hinder each other. A file
/// that may only be read stays as it is.
async fn prepare_journal(writers: &Pool<Connector>, path: &Path) -> Result<()> {
    let start = Instant::now();
    loop {
        let lease = writers.acquire().await.map_err(|error| file::explain(error, path))?;
        let error = match with(lease, set_journal_mode).await {
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

fn set_journal_mode(connection: &Connection) -> Result<()> {
    let mode = connection.rows("PRAGMA journal_mode", &[])?;
    if mode.first().is_some_and(|[mode]| mode.as_deref() == Some("wal")) {
        return Ok(());
    }
    connection.command("PRAGMA journal_mode = WAL")
}

/// The absolute path of a file, without asking the disk.
fn absolute(file: &str) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| PathBuf::from(file))
}
