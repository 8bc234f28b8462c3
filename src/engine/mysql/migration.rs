//! Changes to the tables, by one process at a time. These databases end a transaction at every statement
//! that defines a table, so a lock of the server's keeps other processes out.

use super::{CATALOG, MySql, error};
use crate::engine::exec::{self, Mode};
use crate::engine::{Change, Extent, Planner, Table, server};
use crate::error::{Effect, Error, Result};
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, MySql as Server, Row};
use std::sync::Arc;
use std::time::Duration;

/// How long a first call waits for another process that creates the tables.
const CREATING: Duration = Duration::from_secs(5);

/// The name of a database's lock. A server takes 64 characters, whatever a database is called.
pub(super) fn lock_name(database: &str) -> String {
    let digest = crate::crypto::sha256_hex(database.to_lowercase().as_bytes());
    format!("next-auth-sqlx-adapter {}", digest.chars().take(32).collect::<String>())
}

impl MySql {
    pub(super) async fn define_all(&self, statements: &[String]) -> Result<()> {
        let mut lease = self.pool.acquire().await?;
        let connection = lease.connection()?;
        let define = async {
            let limit = CREATING.min(self.limit);
            let locked = alone(lock(connection, &self.lock, limit).await?, limit)?;
            let statements = statements.iter().map(String::as_str);
            let defined = run(connection, statements).await;
            unlock(connection, &self.lock, locked, defined).await
        };
        let result = server::within(self.limit, Box::pin(define)).await;
        lease.finish(result).map_err(|error| error.of_database(self.dialect.name))
    }

    pub(super) async fn migrate_all(
        &self,
        tables: &[Table],
        planner: Arc<Planner>,
    ) -> Result<Vec<Change>> {
        let mut lease = self.pool.acquire().await?;
        let connection = lease.connection()?;
        let result = async {
            let lock = Box::pin(lock(&mut *connection, &self.lock, self.limit));
            // The server's wait is in whole seconds.
            let locked = server::within(self.limit * 2 + Duration::from_secs(1), lock).await?;
            let locked = alone(locked, self.limit)?;
            let made = self.change(connection, tables, &*planner).await;
            unlock(connection, &self.lock, locked, made).await
        };
        let result = result.await;
        lease.finish(result).map_err(|error| error.of_database(self.dialect.name))
    }

    async fn change(
        &self,
        connection: &mut MySqlConnection,
        tables: &[Table],
        planner: &Planner,
    ) -> Result<Vec<Change>> {
        let look = server::look(self.dialect, &CATALOG, tables, Extent::Columns);
        let seen = exec::run::<Server>(&mut *connection, &look, Mode::Direct);
        let outcome = server::within(self.limit, Box::pin(seen)).await?;
        let changes = planner(&server::live_tables(tables, &outcome, Extent::Columns))?;
        run(connection, changes.iter().flat_map(Change::statements)).await?;
        Ok(changes)
    }
}

/// What came of waiting for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// This connection has it.
    Held,
    /// Somebody else has had it all the time.
    Taken,
    /// There is no such lock: servers that speak the protocol may have none.
    None,
}

/// Waits until no other process has the lock.
pub(super) async fn lock(
    connection: &mut MySqlConnection,
    name: &str,
    limit: Duration,
) -> Result<Lock> {
    let seconds = limit.as_millis().div_ceil(1_000);
    let lock = format!("SELECT GET_LOCK('{name}', {seconds})");
    let answer = sqlx::raw_sql(AssertSqlSafe(lock)).fetch_one(connection).await;
    match answer.map_err(|error| error::from_sqlx(&error)) {
        Ok(row) => match row.try_get::<Option<i64>, _>(0) {
            Ok(Some(1)) => Ok(Lock::Held),
            _ => Ok(Lock::Taken),
        },
        Err(error) if error.effect() == Effect::Final && error.is_of_database() => Ok(Lock::None),
        Err(error) => Err(error),
    }
}

/// Ends the lock, unless the connection ends with it.
pub(super) async fn unlock<T>(
    connection: &mut MySqlConnection,
    name: &str,
    lock: Lock,
    result: Result<T>,
) -> Result<T> {
    let usable = match result.as_ref().map_err(Error::effect) {
        Ok(_) => true,
        Err(effect) => matches!(effect, Effect::Final | Effect::Conflict),
    };
    if lock != Lock::Held || !usable {
        return result;
    }
    let unlock = format!("DO RELEASE_LOCK('{name}')");
    let unlocked = run(connection, [unlock.as_str()].into_iter()).await;
    result.and_then(|value| unlocked.map(|()| value))
}

/// Nobody else changes the tables: where there is no lock, each takes itself to be alone.
fn alone(lock: Lock, limit: Duration) -> Result<Lock> {
    if lock == Lock::Taken { Err(server::another_migrates(limit)) } else { Ok(lock) }
}

async fn run<'a>(
    connection: &mut MySqlConnection,
    statements: impl Iterator<Item = &'a str>,
) -> Result<()> {
    for statement in statements {
        let run = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection);
        run.await.map_err(|error| error::from_sqlx(&error))?;
    }
    Ok(())
}
