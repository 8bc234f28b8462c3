//! One SQLite connection, used on whichever thread holds it: statements, values in and out.

use super::DIALECT;
use super::error::{from_rusqlite, interrupted};
use crate::engine::storage::uuid_text;
use crate::engine::{Outcome, OutputColumn, Statement, Step, Storage, Wire, Work};
use crate::error::{Error, Result};
use crate::options::{SqliteOptions, Synchronous};
use crate::value::Value;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many statements a connection keeps prepared: all that an adapter has, and more.
const STATEMENTS: usize = 200;

/// After how many steps of SQLite's machine a hasty read looks at the clock: fewer than it takes to
/// find one row, so that no more than one descent into a tree lies between two looks.
const STEPS_PER_LOOK: i32 = 12;

/// Where a connection leads to, and how.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file; nothing: memory.
    pub file: Option<PathBuf>,
    /// Whether it is opened for reading only.
    pub read_only: bool,
    /// What is set for every connection.
    pub options: SqliteOptions,
    /// Pages of the database that are kept in memory, in KiB at most.
    pub cache: u32,
    /// At how many pages a commit empties the log.
    pub log: u32,
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    sqlite: rusqlite::Connection,
    clock: Arc<Clock>,
    busy_timeout: Duration,
}

/// When a read must have ended.
#[derive(Debug)]
struct Clock {
    start: Instant,
    /// In nanoseconds since `start`; the largest number: never.
    end: AtomicU64,
}

impl Clock {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn is_over(&self) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        end != u64::MAX && self.now() > end
    }
}

impl Connection {
    /// Opens a connection.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn open(place: &Place) -> Result<Self> {
        let access = if place.read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        };
        // A connection is used by one thread at a time, which Rust sees to.
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let path = place.file.as_deref().unwrap_or(Path::new(":memory:"));
        let sqlite = rusqlite::Connection::open_with_flags(path, flags).map_err(from_rusqlite)?;
        let clock = Arc::new(Clock { start: Instant::now(), end: AtomicU64::new(u64::MAX) });
        let busy_timeout = place.options.busy_timeout.duration();
        let connection = Connection { sqlite, clock, busy_timeout };
        connection.set_up(place).map_err(from_rusqlite)?;
        Ok(connection)
    }

    fn set_up(&self, place: &Place) -> rusqlite::Result<()> {
        let sqlite = &self.sqlite;
        sqlite.busy_timeout(self.busy_timeout)?;
        let synchronous = match place.options.synchronous {
            Synchronous::Off => "off",
            Synchronous::Normal => "normal",
            Synchronous::Full => "full",
            Synchronous::Extra => "extra",
        };
        sqlite.pragma_update(None, "foreign_keys", true)?;
        sqlite.pragma_update(None, "synchronous", synchronous)?;
        sqlite.pragma_update(None, "cache_size", -i64::from(place.cache))?;
        sqlite.pragma_update(None, "wal_autocheckpoint", place.log)?;
        // Else SQLite plans a statement anew for each value that is bound, once ANALYZE has been run.
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        sqlite.set_prepared_statement_cache_capacity(STATEMENTS);
        let clock = Arc::clone(&self.clock);
        sqlite.progress_handler(STEPS_PER_LOOK, Some(move || clock.is_over()))
    }

    /// Runs one statement that only reads, without waiting for a lock and no longer than `budget`,
    /// beyond what a page of the database takes to come from the disk. `None`: it was not to be had
    /// like that, and nothing else is known.
    pub fn read_at_once(
        &self,
        statement: &Statement,
        values: &[Value],
        budget: Duration,
    ) -> Option<Result<Outcome>> {
        self.sqlite.busy_timeout(Duration::ZERO).ok()?;
        let budget = u64::try_from(budget.as_nanos()).unwrap_or(u64::MAX);
        self.clock.end.store(self.clock.now().saturating_add(budget), Ordering::Relaxed);
        let result = self.run(statement, values);
        self.clock.end.store(u64::MAX, Ordering::Relaxed);
        self.sqlite.busy_timeout(self.busy_timeout).ok()?;
        match result {
            Err(error) if interrupted(&error) => None,
            result => Some(result),
        }
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// Those of SQLite, and `ERR_SCHEMA` for a value that its column should not hold.
    pub fn run(&self, statement: &Statement, values: &[Value]) -> Result<Outcome> {
        let mut prepared = self.sqlite.prepare_cached(&statement.sql).map_err(from_rusqlite)?;
        for (index, (value, storage)) in values.iter().zip(&statement.parameters).enumerate() {
            bind(&mut prepared, index + 1, value, *storage)?;
        }
        let mut outcome = Outcome::default();
        let mut rows = prepared.raw_query();
        // To the end, not to the first row: only then has a statement with RETURNING been finished.
        while let Some(row) = rows.next().map_err(from_rusqlite)? {
            let columns = statement.columns.iter().enumerate();
            let values = columns
                .map(|(index, column)| read(row.get_ref(index).map_err(from_rusqlite)?, column));
            outcome.rows.push(values.collect::<Result<_>>()?);
        }
        drop(rows);
        if !prepared.readonly() {
            outcome.affected = self.sqlite.changes();
        }
        Ok(outcome)
    }

    /// Runs the statements of a work, one after the other.
    ///
    /// # Errors
    /// Those of the first that fails.
    pub fn run_steps(&self, work: &Work) -> Result<Outcome> {
        let (mut answer, mut is_none) = (Outcome::default(), false);
        for (index, Step { statement, values }) in work.steps.iter().enumerate() {
            if is_none && work.is_later(index) {
                continue;
            }
            let outcome = self.run(statement, values)?;
            is_none |= work.is_earlier(index) && outcome.is_nothing();
            if work.confirm == Some(index) && outcome.affected == 0 {
                // What was read before is not what was changed then.
                answer.rows.clear();
            }
            if index == work.answer {
                answer = outcome;
            }
        }
        Ok(answer)
    }

    /// Runs work in a transaction of its own. Whatever fails, none stays open.
    ///
    /// # Errors
    /// Those of SQLite: nothing has been changed then.
    pub fn run_alone(&self, work: &Work) -> Result<Outcome> {
        match work.steps.as_slice() {
            [Step { statement, values }] => self.run(statement, values),
            _ => self.transaction(work.writes, || self.run_steps(work)),
        }
    }

    /// Runs something in a transaction, which is undone if that fails, or if COMMIT does.
    ///
    /// # Errors
    /// Its, and those of SQLite.
    pub fn transaction<T>(&self, writes: bool, run: impl FnOnce() -> Result<T>) -> Result<T> {
        // A transaction that began as a reader could not become a writer while another process
        // writes: IMMEDIATE asks for the lock at the start, where waiting works.
        self.command(if writes { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
        let result = run().and_then(|value| self.command("COMMIT").map(|()| value));
        // Some errors have ended the transaction already.
        if result.is_err() && self.in_transaction() {
            self.command("ROLLBACK")?;
        }
        result
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        !self.sqlite.is_autocommit()
    }

    /// Runs a statement without values.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn command(&self, sql: &str) -> Result<()> {
        let mut prepared = self.sqlite.prepare_cached(sql).map_err(from_rusqlite)?;
        let mut rows = prepared.raw_query();
        while rows.next().map_err(from_rusqlite)?.is_some() {}
        Ok(())
    }

    /// The rows that a statement gives, of texts or nulls.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn rows<const N: usize>(
        &self,
        sql: &str,
        values: &[&str],
    ) -> Result<Vec<[Option<String>; N]>> {
        let mut prepared = self.sqlite.prepare_cached(sql).map_err(from_rusqlite)?;
        let mut rows = prepared.query(rusqlite::params_from_iter(values)).map_err(from_rusqlite)?;
        let mut texts = Vec::new();
        while let Some(row) = rows.next().map_err(from_rusqlite)? {
            let mut read = [const { None }; N];
            for (index, text) in read.iter_mut().enumerate() {
                *text = row.get(index).map_err(from_rusqlite)?;
            }
            texts.push(read);
        }
        Ok(texts)
    }
}

fn bind(
    prepared: &mut CachedStatement<'_>,
    index: usize,
    value: &Value,
    storage: Storage,
) -> Result<()> {
    let wire = storage
        .encode(value)
        .ok_or_else(|| Error::unstorable(DIALECT.name, value.describe(), storage))?;
    let uuid;
    let value = match &wire {
        Wire::Null(_) => ValueRef::Null,
        Wire::Text(text) => ValueRef::Text(text.as_bytes()),
        Wire::Integer(number) | Wire::Time(number) | Wire::PlainTime(number) => {
            ValueRef::Integer(*number)
        }
        Wire::Float(number) => ValueRef::Real(*number),
        Wire::Boolean(value) => ValueRef::Integer((*value).into()),
        Wire::Uuid(bytes) => {
            uuid = uuid_text(*bytes);
            ValueRef::Text(uuid.as_bytes())
        }
        Wire::Bytes(bytes) => ValueRef::Blob(bytes),
    };
    prepared.raw_bind_parameter(index, ToSqlOutput::Borrowed(value)).map_err(from_rusqlite)
}

/// Reads a value. SQLite lets a row hold any type in any column, so the type is looked at first:
/// its own conversions would turn "abc" into 0.
fn read(value: ValueRef<'_>, column: &OutputColumn) -> Result<Value> {
    let mismatch = |held| Error::misread(DIALECT.name, &column.name, held, column.storage);
    let (wire, held) = match value {
        ValueRef::Null => return Ok(Value::Null),
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| mismatch("TEXT"))?;
            (Wire::Text(text.into()), "TEXT")
        }
        ValueRef::Integer(number) => (wire(column.storage, number), "INTEGER"),
        ValueRef::Real(number) => (Wire::Float(number), "REAL"),
        ValueRef::Blob(bytes) => (Wire::Bytes(bytes.to_vec()), "BLOB"),
    };
    column.storage.decode(wire).ok_or_else(|| mismatch(held))
}

/// An integer, which in SQLite may be a point in time, or text in a column that prefers numbers.
fn wire(storage: Storage, number: i64) -> Wire {
    match storage {
        Storage::Date | Storage::DateToSecond | Storage::DateWithoutZone => Wire::Time(number),
        Storage::Text | Storage::AnyText => Wire::Text(number.to_string().into()),
        _ => Wire::Integer(number),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn a_statement_is_planned_once_whatever_analyze_knows() {
        let place = Place {
            file: None,
            read_only: false,
            options: SqliteOptions::default(),
            cache: 1024,
            log: 1000,
        };
        let connection = Connection::open(&place).unwrap();
        let sqlite = &connection.sqlite;
        let fill =
            "CREATE TABLE t (token TEXT PRIMARY KEY, owner TEXT); CREATE INDEX i ON t (owner);
            WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500)
            INSERT INTO t SELECT 'token ' || n, 'owner ' || (n % 7) FROM n;
            ANALYZE;";
        sqlite.execute_batch(fill).unwrap();
        let mut join = sqlite
            .prepare(
                "SELECT a.token FROM t AS a JOIN t AS b ON b.token = a.token WHERE a.owner = ?1",
            )
            .unwrap();
        for owner in 0..20 {
            join.query([format!("owner {owner}")]).unwrap().next().unwrap();
        }
        assert_eq!(join.get_status(StatementStatus::RePrepare), 0);
    }
}
