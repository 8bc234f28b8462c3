//! Changes to the tables, by one process at a time.

use super::{CATALOG, DIALECT, Postgres, error, fallback};
use crate::engine::exec::{self, Mode};
use crate::engine::{Change, Extent, LiveTable, Planner, Table, server};
use crate::error::{Code, Result};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Postgres as Pg};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Each statement sees what others have committed, whatever the database's default: what is seen once
/// the lock is had is what the process before has left.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Takes the lock, which ends with the transaction: behind a pooler nothing else of a connection is one's
/// own. What follows waits as long as it did before.
fn lock(limit: Duration) -> String {
    format!(
        "SET LOCAL lock_timeout = {}; \
         SELECT pg_advisory_xact_lock(hashtextextended('next-auth-sqlx-adapter', 0)); \
         SET LOCAL lock_timeout TO DEFAULT",
        limit.as_millis().max(1)
    )
}

impl Postgres {
    pub(super) async fn migrate_all(
        &self,
        tables: &[Table],
        planner: Arc<Planner>,
    ) -> Result<Vec<Change>> {
        let result = self.migrate_as_planned(tables, &*planner).await;
        match result {
            Err(error) if fallback::tells_of_no_collation(&error) => {
                let plain = move |live: &[LiveTable]| Ok(fallback::uncollated(planner(live)?));
                self.migrate_as_planned(tables, &plain).await
            }
            result => result,
        }
    }

    async fn migrate_as_planned(&self, tables: &[Table], planner: &Planner) -> Result<Vec<Change>> {
        let (mut lease, _) = self.acquire().await?;
        let connection = lease.connection()?;
        let result = async {
            let seen = Box::pin(self.look_alone(connection, tables));
            // The wait for the lock, and an answer.
            let live = server::within(self.limit * 2, seen).await?;
            let made = change(connection, planner, &live).await;
            exec::end::<Pg, _>(connection, made).await
        };
        let result = result.await;
        lease.finish(result)
    }

    /// Begins a transaction in which no other process makes changes, and looks at the tables. After an
    /// error there is none.
    async fn look_alone(
        &self,
        connection: &mut PgConnection,
        tables: &[Table],
    ) -> Result<Vec<LiveTable>> {
        exec::command::<Pg>(connection, BEGIN).await?;
        let seen = async {
            self.lock(&mut *connection).await?;
            let look = server::look(&DIALECT, &CATALOG, tables, Extent::Columns);
            // Once, so that nothing of it is kept.
            let outcome = exec::run_steps::<Pg>(&mut *connection, &look, Mode::Pooled).await?;
            Ok(server::live_tables(tables, &outcome, Extent::Columns))
        };
        match seen.await {
            Ok(live) => Ok(live),
            Err(error) => exec::end::<Pg, _>(connection, Err(error)).await,
        }
    }

    async fn lock(&self, connection: &mut PgConnection) -> Result<()> {
        if self.lacks_key_locks.load(Ordering::Relaxed) {
            return Ok(());
        }
        let lock = AssertSqlSafe(lock(self.limit));
        let Err(error) = sqlx::raw_sql(lock).execute(&mut *connection).await else {
            return Ok(());
        };
        let error = error::from_sqlx(&error);
        if fallback::tells_of_no_lock(&error) {
            self.lacks_key_locks.store(true, Ordering::Relaxed);
            exec::command::<Pg>(connection, "ROLLBACK").await?;
            return exec::command::<Pg>(connection, BEGIN).await;
        }
        Err(if error.code() == Code::Timeout {
            let cause = error.cause().cloned().unwrap_or_default();
            server::another_migrates(self.limit).with_cause(cause)
        } else {
            error
        })
    }
}

/// Makes the changes, in one flight of the simple protocol.
async fn change(
    connection: &mut PgConnection,
    planner: &Planner,
    live: &[LiveTable],
) -> Result<Vec<Change>> {
    let changes = planner(live)?;
    let statements: Vec<&str> = changes.iter().flat_map(Change::statements).collect();
    if !statements.is_empty() {
        let script = sqlx::raw_sql(AssertSqlSafe(statements.join(";\n")));
        script.execute(connection).await.map_err(|error| error::from_sqlx(&error))?;
    }
    Ok(changes)
}
