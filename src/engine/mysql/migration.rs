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
            let locked = self.lock(connection, CREATING.min(self.limit)).await?;
            let statements = statements.iter().map(String::as_str);
            let defined = run(connection, statements).await;
            self.unlock(connection, locked, defined).await
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
            let lock = Box::pin(self.lock(&mut *connection, self.limit));
            // The server's wait is in whole seconds.
            let locked = server::within(self.limit * 2 + Duration::from_secs(1), lock).await?;
            let made = self.change(connection, tables, &*planner).await;
            self.unlock(connection, locked, made).await
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

    /// Waits until no other process has the lock; whether this one has it then. Servers that speak the
    /// protocol may know no such lock: each is alone there.
    async fn lock(&self, connection: &mut MySqlConnection, limit: Duration) -> Result<bool> {
        let seconds = limit.as_millis().div_ceil(1_000);
        let lock = format!("SELECT GET_LOCK('{}', {seconds})", self.lock);
        let answer = sqlx::raw_sql(AssertSqlSafe(lock)).fetch_one(connection).await;
        match answer.map_err(|error| error::from_sqlx(&error)) {
            Ok(row) => match row.try_get::<Option<i64>, _>(0) {
                Ok(Some(1)) => Ok(true),
                _ => Err(server::another_migrates(limit)),
            },
            Err(error) if error.effect() == Effect::Final && error.is_of_database() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends the lock, unless the connection ends with it.
    async fn unlock<T>(
        &self,
        connection: &mut MySqlConnection,
        locked: bool,
        result: Result<T>,
    ) -> Result<T> {
        let usable = match result.as_ref().map_err(Error::effect) {
            Ok(_) => true,
            Err(effect) => matches!(effect, Effect::Final | Effect::Conflict),
        };
        if !locked || !usable {
            return result;
        }
        let unlock = format!("DO RELEASE_LOCK('{}')", self.lock);
        let unlocked = run(connection, [unlock.as_str()].into_iter()).await;
        result.and_then(|value| unlocked.map(|()| value))
    }
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
