//! Looking after the tables: compared with the schema, completed, and rid of what has expired.

use super::{Call, Store};
use crate::engine::{Dialect, LiveTable, Plan};
use crate::error::{Code, Effect, Error, Result};
use crate::schema::{self, Access, Finding, Level, Model, Schema};
use crate::value::{Record, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How many rows a statement deletes at most, so that none holds locks for long.
const BATCH: u64 = 1_000;

/// How long the rest after each of them is at most. It is as long as the statement took: half of the
/// time is others'.
const LONGEST_REST: Duration = Duration::from_millis(100);

/// How many rows are deleted at most along with writes, and how often at most, in milliseconds.
const FEW: u64 = 100;
const EVERY: u64 = 30_000;

/// How often where no index finds them, so that the whole table is read.
const SELDOM: u64 = 60 * 60 * 1_000;
/// How long no sign-in takes, in milliseconds.
const SIGN_IN: i64 = 60_000;

/// The statements that delete what has expired.
#[derive(Debug)]
pub struct Statements {
    sessions: Option<Plan>,
    verification_tokens: Option<Plan>,
    /// Nothing where the option is off.
    along: Vec<Along>,
}

/// What deletes a few of a table's rows along with writes.
#[derive(Debug)]
struct Along {
    delete: Plan,
    every: u64,
    /// When it was last done, by the Node process's clock. A process that has just begun has other things to do.
    last: AtomicI64,
}

impl Along {
    fn new(dialect: &Dialect, model: &Model) -> Result<Self> {
        let is_indexed = model
            .indexes
            .iter()
            .any(|index| index.properties.first().is_some_and(|first| &**first == "expires"));
        Ok(Along {
            delete: model.delete_expired(dialect, FEW)?,
            every: if is_indexed { EVERY } else { SELDOM },
            last: AtomicI64::new(i64::MIN),
        })
    }

    /// Whether it is due now, which it is once.
    fn is_due(&self, now: i64) -> bool {
        let last = self.last.load(Relaxed);
        now.abs_diff(last) >= self.every
            && self.last.compare_exchange(last, now, Relaxed, Relaxed).is_ok()
            && last != i64::MIN
    }
}

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema, along: bool) -> Result<Self> {
        let models = [&schema.session, &schema.verification_token];
        let [sessions, verification_tokens] = models.map(|model| {
            let there = model.access == Access::Full;
            there.then(|| model.delete_expired(dialect, BATCH)).transpose()
        });
        let models = models.into_iter().filter(|model| along && model.access == Access::Full);
        Ok(Statements {
            sessions: sessions?,
            verification_tokens: verification_tokens?,
            along: models.map(|model| Along::new(dialect, model)).collect::<Result<_>>()?,
        })
    }
}

/// How many rows had expired and were deleted.
#[derive(Debug, Clone, Copy)]
pub struct Cleaned {
    /// Sessions.
    pub sessions: u64,
    /// Verification tokens.
    pub verification_tokens: u64,
}

impl Call {
    /// Deletes the sessions and verification tokens that have expired, some at a time.
    pub async fn cleanup(&self) -> Result<Cleaned> {
        let Statements { sessions, verification_tokens, .. } = &self.store.upkeep;
        Ok(Cleaned {
            sessions: self.clean(sessions.as_ref()).await?,
            verification_tokens: self.clean(verification_tokens.as_ref()).await?,
        })
    }

    async fn clean(&self, plan: Option<&Plan>) -> Result<u64> {
        let Some(plan) = plan else { return Ok(0) };
        let mut deleted = 0;
        loop {
            let start = Instant::now();
            let batch = self.run(plan, &[Value::Date(self.now)]).await?.affected;
            deleted += batch;
            if batch < BATCH {
                return Ok(deleted);
            }
            tokio::time::sleep(start.elapsed().min(LONGEST_REST)).await;
        }
    }

    /// Deletes a few of them in the background, now and then. Nobody hears of it.
    pub(super) fn clean_along(&self) {
        for (index, along) in self.store.upkeep.along.iter().enumerate() {
            if along.is_due(self.now) {
                self.aside(move |call| async move {
                    let call = Call { operation: "cleanup", ..call };
                    if let Some(along) = call.store.upkeep.along.get(index) {
                        let _ = call.run(&along.delete, &[Value::Date(call.now)]).await;
                    }
                });
            }
        }
    }

    /// Looks, in the background, for columns that a preset does not name, and tells of them. Whatever
    /// comes of it is nobody's affair.
    pub(super) fn tell_of_unnamed_columns(&self) {
        if self.store.schema.preset.is_none() {
            return;
        }
        self.aside(|call| async move {
            let Store { engine, schema, observer, .. } = &*call.store;
            if let Ok(Some(text)) = schema::unnamed(&**engine, schema).await {
                observer.notice(text);
            }
        });
    }

    /// Compares the live tables with the schema, and looks for rows that a crash has left behind.
    /// Nothing is changed.
    pub async fn check(&self) -> Result<Vec<Finding>> {
        let mut findings = self.compare().await?;
        if findings.iter().any(|finding| finding.level == Level::Error) {
            return Ok(findings);
        }
        let dialect = self.store.engine.dialect();
        for leftover in self.store.schema.leftovers(dialect, &findings)? {
            match self
                .of_all_scopes()
                .run(&leftover.count, &[Value::Date(self.now - SIGN_IN)])
                .await
            {
                Ok(outcome) => findings.extend(leftover.finding(&outcome.rows)),
                // Columns that the database does not compare with each other.
                Err(error) if error.effect() == Effect::Final => {}
                Err(error) => return Err(error),
            }
        }
        findings.extend(self.plain_sessions_left().await?);
        Ok(findings)
    }

    async fn compare(&self) -> Result<Vec<Finding>> {
        schema::compare(&*self.store.engine, &self.store.schema).await
    }

    /// Adds what is missing, tables, columns, unique keys and indexes, notes it, and gives the statements that
    /// did it; with `dryRun`, those that would. Nothing is dropped or retyped.
    ///
    /// # Errors
    /// `ERR_SCHEMA`: the tables are another adapter's. A key that rows are in the way of is refused by
    /// the database: `ERR_UNIQUE`. `ERR_TIMEOUT`: another process does the same and does not end.
    pub async fn migrate(&self, options: Option<Record>) -> Result<Vec<String>> {
        let dry_run = match options.as_ref().and_then(|options| options.get("dryRun")) {
            None | Some(Value::Null) => false,
            Some(Value::Boolean(value)) => *value,
            Some(other) => {
                return Err(Error::invalid_argument(format!(
                    "options.dryRun must be true or false, not {}",
                    other.describe()
                )));
            }
        };
        let _one_at_a_time = self.store.creating.lock().await;
        let mut missing = self.missing().await?;
        if dry_run || missing.is_empty() {
            return Ok(missing);
        }
        let mut places = false;
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.add_missing(places).await {
                Ok(run) => return Ok(run),
                Err(error) => error,
            };
            if error.code() == Code::Schema
                && !places
                && self.store.schema.user.table.schema.is_some()
            {
                places = true;
                continue;
            }
            let again = match error.effect() {
                Effect::Conflict | Effect::None => {
                    error.code() != Code::Timeout && tries < self.store.options.retry.attempts.0
                }
                // Where a server has no lock for that, or each node of a cluster its own, another process may
                // have been adding the same: then less is missing now.
                Effect::Final => {
                    let before = std::mem::replace(&mut missing, self.missing().await?);
                    error.is_of_database() && missing.len() < before.len()
                }
                Effect::Unknown | Effect::Foreign => false,
            };
            if !again {
                return Err(error);
            }
        }
    }

    /// The statements that add what is missing.
    async fn missing(&self) -> Result<Vec<String>> {
        let findings = self.compare().await?;
        match findings.iter().find(|finding| finding.code == "other_tables") {
            Some(other) => Err(Error::new(Code::Schema, other.message.clone())),
            None => Ok(schema::repairs(&findings)),
        }
    }

    /// Adds it, once, by what is missing when no other process adds anything.
    async fn add_missing(&self, places: bool) -> Result<Vec<String>> {
        let store = Arc::clone(&self.store);
        let planner = move |live: &[LiveTable]| {
            schema::changes(store.engine.dialect(), &store.schema, live, places)
        };
        schema::migrate(&*self.store.engine, &self.store.schema, planner).await
    }
}
