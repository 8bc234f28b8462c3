//! One call of an operation: how its plans reach the database.

use super::{Status, Store};
use crate::engine::{Dialect, Outcome, Plan, Repeat, Work};
use crate::error::{Code, Effect, Error, Result};
use crate::options::RetryOptions;
use crate::schema::{Condition, Model};
use crate::value::Value;
use std::sync::Arc;
use std::time::Instant;

/// One call of an operation.
#[derive(Debug, Clone)]
pub struct Call {
    pub(super) store: Arc<Store>,
    pub(super) operation: &'static str,
    /// What the Node process's clock says, in milliseconds since 1970: the clock that NextAuth
    /// compares with.
    pub(super) now: i64,
}

impl Call {
    /// Asks the database for an answer; gives the time that it took, in milliseconds.
    pub async fn ping(&self) -> Result<f64> {
        let start = Instant::now();
        self.run(&self.store.ping, &[]).await?;
        Ok(start.elapsed().as_secs_f64() * 1_000.0)
    }

    /// How the adapter is doing. The database is not asked.
    pub async fn stats(&self) -> Result<Status> {
        let engine = &self.store.engine;
        Ok(Status {
            database: engine.dialect().name,
            connections: engine.state(),
            counts: self.store.stats.read(),
        })
    }

    /// Runs a plan with its values.
    pub(super) async fn run(&self, plan: &Plan, values: &[Value]) -> Result<Outcome> {
        if let Some(outcome) = self.store.read_at_once(self.operation, plan, values) {
            return Ok(outcome);
        }
        let outcome = self.store.run(self.operation, plan.work(values)).await?;
        Ok(plan.outcome(values, outcome))
    }

    /// Runs several plans with the same values in one transaction; the last one answers.
    pub(super) async fn run_together(&self, plans: &[&Plan], values: &[Value]) -> Result<Outcome> {
        let mut together = Work {
            writes: true,
            repeat: Repeat::Always,
            steps: Vec::new(),
            answer: 0,
            confirm: None,
        };
        for plan in plans {
            let work = plan.work(values);
            let before = together.steps.len();
            together.answer = before + work.answer;
            together.confirm = work.confirm.map(|step| before + step);
            together.repeat = together.repeat.min(work.repeat);
            together.steps.extend(work.steps);
        }
        self.store.run(self.operation, together).await
    }

    /// Inserts a row, once: if the connection is lost meanwhile, the row that this call wrote is
    /// recognised by being equal in every value, its key, which nobody else has chosen, included.
    pub(super) async fn insert(
        &self,
        model: &Model,
        plans: &InsertPlans,
        values: &[Value],
    ) -> Result<Outcome> {
        let RetryOptions { attempts, max_time } = self.store.options.retry;
        let start = Instant::now();
        let key: Vec<Value> =
            plans.key.iter().filter_map(|index| values.get(*index).cloned()).collect();
        let mut result = self.run(&plans.insert, values).await;
        let mut unknown = None;
        for tries in 1.. {
            let code = result.as_ref().err().map(Error::code);
            let effect = result.as_ref().err().map(Error::effect);
            let lost = code == Some(Code::OutcomeUnknown) && effect != Some(Effect::Foreign);
            if lost {
                unknown = result.as_ref().err().cloned();
            }
            // What is in the way may be what an earlier try has written.
            let taken = code == Some(Code::Unique);
            let (Some(error), true) = (&unknown, lost || taken) else {
                break;
            };
            let Ok(mut found) = self.run(&plans.by_key, &key).await else {
                return Err(error.clone());
            };
            found.rows.retain(|row| model.is_inserted(row, values));
            if !found.rows.is_empty() {
                return Ok(found);
            }
            if taken || tries >= attempts.0 || start.elapsed() >= max_time.duration() {
                break;
            }
            result = self.run(&plans.insert, values).await;
        }
        match (result, unknown) {
            // Nothing is known of an earlier try by that.
            (Err(error), Some(unknown)) if error.effect() != Effect::Final => Err(unknown),
            (result, _) => result,
        }
    }
}

/// How a row is inserted, and found again if it is not known whether it was.
#[derive(Debug)]
pub(super) struct InsertPlans {
    insert: Plan,
    by_key: Plan,
    /// The positions of the key's values among the inserted.
    key: Vec<usize>,
}

impl InsertPlans {
    pub(super) fn new(dialect: &Dialect, model: &Model) -> Result<Self> {
        let conditions: Vec<Condition> =
            model.key.iter().map(|key| Condition::equals(key)).collect();
        let position = |key: &&str| model.inserted().position(|column| &*column.property == *key);
        Ok(InsertPlans {
            insert: model.insert(dialect)?,
            by_key: model.select(dialect, &conditions, &[])?,
            key: model.key.iter().filter_map(position).collect(),
        })
    }
}
