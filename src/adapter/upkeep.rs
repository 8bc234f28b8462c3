//! Looking after the tables: compared with the schema, completed, and rid of what has expired.

use super::Call;
use crate::engine::{Dialect, Plan};
use crate::error::{Code, Effect, Error, Result};
use crate::schema::{self, Access, Finding, Level, Schema};
use crate::value::{Record, Value};

/// How many rows a statement deletes at most, so that none holds locks for long.
const BATCH: u64 = 1_000;

/// How long no sign-in takes, in milliseconds.
const SIGN_IN: i64 = 60_000;

/// The statements that delete what has expired.
#[derive(Debug)]
pub struct Statements {
    sessions: Option<Plan>,
    verification_tokens: Option<Plan>,
}

impl Statements {
    pub(super) fn new(dialect: &Dialect, schema: &Schema) -> Result<Self> {
        let [sessions, verification_tokens] =
            [&schema.session, &schema.verification_token].map(|model| {
                let there = model.access == Access::Full;
                there.then(|| model.delete_expired(dialect, BATCH)).transpose()
            });
        Ok(Statements { sessions: sessions?, verification_tokens: verification_tokens? })
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
        let Statements { sessions, verification_tokens } = &self.store.upkeep;
        Ok(Cleaned {
            sessions: self.clean(sessions.as_ref()).await?,
            verification_tokens: self.clean(verification_tokens.as_ref()).await?,
        })
    }

    async fn clean(&self, plan: Option<&Plan>) -> Result<u64> {
        let Some(plan) = plan else { return Ok(0) };
        let mut deleted = 0;
        loop {
            let batch = self.run(plan, &[Value::Date(self.now)]).await?.affected;
            deleted += batch;
            if batch < BATCH {
                return Ok(deleted);
            }
        }
    }

    /// Compares the live tables with the schema, and looks for rows that a crash has left behind.
    /// Nothing is changed.
    pub async fn check(&self) -> Result<Vec<Finding>> {
        let mut findings = self.compare().await?;
        if findings.iter().any(|finding| finding.level == Level::Error) {
            return Ok(findings);
        }
        for leftover in self.store.schema.leftovers(self.store.engine.dialect())? {
            match self.run(&leftover.count, &[Value::Date(self.now - SIGN_IN)]).await {
                Ok(outcome) => findings.extend(leftover.finding(&outcome.rows)),
                // Columns that the database does not compare with each other.
                Err(error) if error.effect() == Effect::Final => {}
                Err(error) => return Err(error),
            }
        }
        Ok(findings)
    }

    async fn compare(&self) -> Result<Vec<Finding>> {
        schema::compare(&*self.store.engine, &self.store.schema).await
    }

    /// Adds what is missing, tables, columns, keys and indexes, and gives the statements that did it;
    /// with `dryRun`, those that would. Nothing is dropped or retyped.
    ///
    /// # Errors
    /// `ERR_SCHEMA`: the tables are another adapter's. A key that rows are in the way of is refused by
    /// the database: `ERR_UNIQUE`.
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
        let engine = &*self.store.engine;
        let mut run = Vec::new();
        let mut before = usize::MAX;
        loop {
            let findings = self.compare().await?;
            if let Some(other) = findings.iter().find(|finding| finding.code == "other_tables") {
                return Err(Error::new(Code::Schema, other.message.clone()));
            }
            let statements = schema::repairs(&findings);
            if statements.is_empty() || dry_run {
                run.extend(statements);
                break;
            }
            match schema::define(engine, &self.store.schema, statements.clone()).await {
                Ok(()) => {
                    run.extend(statements);
                    break;
                }
                // Another process may have been adding the same: then less is missing now.
                Err(error) if statements.len() >= before => return Err(error),
                Err(_) => before = statements.len(),
            }
        }
        Ok(run)
    }
}
