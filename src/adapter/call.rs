//! One call of an operation: how its plans reach the database.

use super::{Scope, Status, Store};
use crate::batch::{Lane, Task};
use crate::engine::{Dialect, Outcome, Plan, Repeat, Work};
use crate::error::{Code, Effect, Error, Result};
use crate::options::RetryOptions;
use crate::schema::{Condition, Model};
use crate::value::{Record, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// One call of an operation.
#[derive(Debug, Clone)]
pub struct Call {
    pub(super) store: Arc<Store>,
    pub(super) operation: &'static str,
    /// What the Node process's clock says, in milliseconds since 1970: the clock that NextAuth
    /// compares with.
    pub(super) now: i64,
    /// Whose rows it is about.
    pub(super) scope: Scope,
    /// The id that the application's function has made for a new user.
    pub(super) new_id: Option<Arc<str>>,
}

impl Call {
    /// The same call, with an id that the application's function has made for a new user.
    #[must_use]
    pub fn with_new_id(self, id: Arc<str>) -> Self {
        Call { new_id: Some(id), ..self }
    }

    /// Runs something in the background, which `close` waits for. Nobody hears of what comes of it, and
    /// while the adapter is being closed nothing is begun.
    pub(super) fn aside<F>(&self, run: impl FnOnce(Call) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Ok(under_way) = Arc::clone(&self.store.calls).try_read_owned() {
            let running = run(self.clone());
            drop(tokio::spawn(async move {
                running.await;
                drop(under_way);
            }));
        }
    }

    /// The same call, for statements that compare no scope.
    pub(super) fn of_all_scopes(&self) -> Call {
        Call { scope: Scope::default(), ..self.clone() }
    }

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
            replicas: self.store.replicas.as_ref().map(|replicas| replicas.status()),
            counts: self.store.stats.read(),
        })
    }

    /// Runs a plan with its values.
    pub(super) async fn run(&self, plan: &Plan, values: &[Value]) -> Result<Outcome> {
        if let Some(error) = &plan.unsupported {
            return Err(error.clone());
        }
        let values = &*self.scope.before(values);
        if let Some(outcome) = self.store.read_at_once(self.operation, plan, values) {
            return Ok(self.scope.keep(outcome));
        }
        let work = plan.work(values);
        let outcome = self.store.run(self.operation, Task::Alone(&work)).await?;
        Ok(self.scope.keep(inserted(plan, values, outcome)?))
    }

    /// Runs the plan of a lane with its values, together with other calls of it.
    pub(super) async fn run_in(&self, lane: &Arc<Lane>, values: &[Value]) -> Result<Outcome> {
        let plan = &lane.plan;
        if let Some(error) = &plan.unsupported {
            return Err(error.clone());
        }
        let values = &*self.scope.before(values);
        if let Some(outcome) = self.store.read_at_once(self.operation, plan, values) {
            return Ok(self.scope.keep(outcome));
        }
        let outcome = self.store.run(self.operation, Task::Together(lane, values)).await?;
        Ok(self.scope.keep(inserted(plan, values, outcome)?))
    }

    /// Runs several plans with the same values in one transaction; the last one answers.
    pub(super) async fn run_together(&self, plans: &[&Plan], values: &[Value]) -> Result<Outcome> {
        let values = self.scope.before(values);
        let mut together = Transaction::default();
        for plan in plans {
            together.add(plan, &values, true)?;
        }
        let outcome = self.store.run(self.operation, Task::Alone(&together.0)).await?;
        Ok(self.scope.keep(outcome))
    }

    /// Runs a plan, and another after it in the same transaction; the first one answers.
    pub(super) async fn run_and(
        &self,
        plan: &Plan,
        values: &[Value],
        after: &Plan,
        values_after: &[Value],
    ) -> Result<Outcome> {
        let values = &*self.scope.before(values);
        let mut together = Transaction::default();
        together.add(plan, values, true)?;
        together.add(after, &self.scope.before(values_after), false)?;
        let outcome = self.store.run(self.operation, Task::Alone(&together.0)).await?;
        Ok(self.scope.keep(inserted(plan, values, outcome)?))
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
        let mut result = self.run_in(&plans.insert, values).await;
        let mut unknown = None;
        for tries in 1.. {
            let code = code_of(&result);
            let effect = result.as_ref().err().map(Error::effect);
            let lost = code == Some(Code::OutcomeUnknown) && effect != Some(Effect::Foreign);
            if lost {
                unknown = result.as_ref().err().cloned();
            }
            // What is in the way may be what an earlier try has written.
            let taken = code == Some(Code::Unique);
            let (Some(error), true, false) = (&unknown, lost || taken, plans.counted) else {
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
            result = self.run_in(&plans.insert, values).await;
        }
        let nothing_inserted = result
            .as_ref()
            .is_err_and(|error| error.code() == Code::Unique && !error.is_of_database());
        if plans.insert.plan.guarded && !model.keeps_user() && nothing_inserted {
            // Nothing was inserted: because of the key, or for want of the user that it points to.
            let found = self.run(&plans.by_key, &key).await?;
            if found.rows.is_empty() {
                return Err(Error::new(Code::ForeignKey, "no user has this userId"));
            }
        }
        match (result, unknown) {
            // Nothing is known of an earlier try by that.
            (Err(error), Some(unknown)) if error.effect() != Effect::Final => Err(unknown),
            (result, _) => result,
        }
    }
}

/// The steps of several plans.
struct Transaction(Work);

impl Default for Transaction {
    fn default() -> Self {
        Transaction(Work {
            writes: true,
            repeat: Repeat::Always,
            steps: Vec::new(),
            answer: 0,
            confirm: None,
            serializable: false,
        })
    }
}

impl Transaction {
    fn add(&mut self, plan: &Plan, values: &[Value], answers: bool) -> Result<()> {
        if let Some(error) = &plan.unsupported {
            return Err(error.clone());
        }
        let work = plan.work(values);
        let before = self.0.steps.len();
        if answers {
            self.0.answer = before + work.answer;
            self.0.confirm = work.confirm.map(|step| before + step);
        }
        self.0.repeat = self.0.repeat.min(work.repeat);
        self.0.serializable |= work.serializable;
        self.0.steps.extend(work.steps);
        Ok(())
    }
}

/// What a plan gives; `ERR_UNIQUE` where a guarded one has inserted nothing.
fn inserted(plan: &Plan, values: &[Value], outcome: Outcome) -> Result<Outcome> {
    if plan.guarded && outcome.is_nothing() {
        return Err(Error::new(Code::Unique, "a row with the same key exists"));
    }
    Ok(plan.outcome(values, outcome))
}

fn code_of<T>(result: &Result<T>) -> Option<Code> {
    result.as_ref().err().map(Error::code)
}

/// How rows are inserted: the plans for most of them, and those for rows that are given a value in
/// columns whose default holds else, composed once for each set of such columns.
pub(super) struct Inserts<P> {
    usual: P,
    others: Mutex<Others<P>>,
    compose: fn(&Dialect, &Model) -> Result<P>,
}

impl<P> fmt::Debug for Inserts<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inserts").finish_non_exhaustive()
    }
}

impl<P> Inserts<P> {
    pub(super) fn new(
        dialect: &Dialect,
        model: &Model,
        compose: fn(&Dialect, &Model) -> Result<P>,
    ) -> Result<Self> {
        Ok(Inserts { usual: compose(dialect, model)?, others: Mutex::default(), compose })
    }

    /// The plans for a record, and the model as they see it.
    pub(super) fn of<'a>(
        &'a self,
        dialect: &Dialect,
        model: &'a Model,
        record: &Record,
    ) -> Result<Insert<'a, P>> {
        let given = model.given(record);
        if given.is_empty() {
            return Ok(Insert::Usual(model, &self.usual));
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = others.get(&given) {
            return Ok(Insert::Other(Arc::clone(other)));
        }
        let model = model.giving(&given);
        let plans = (self.compose)(dialect, &model)?;
        let other = Arc::new((model, plans));
        others.insert(given, Arc::clone(&other));
        Ok(Insert::Other(other))
    }
}

/// By the columns' indexes: the model as the plans see it, and the plans.
type Others<P> = HashMap<Vec<usize>, Arc<(Model, P)>>;

/// The plans for one record.
pub(super) enum Insert<'a, P> {
    Usual(&'a Model, &'a P),
    Other(Arc<(Model, P)>),
}

impl<P> Insert<'_, P> {
    pub(super) fn model(&self) -> &Model {
        match self {
            Insert::Usual(model, _) => model,
            Insert::Other(other) => &other.0,
        }
    }

    pub(super) fn plans(&self) -> &P {
        match self {
            Insert::Usual(_, plans) => plans,
            Insert::Other(other) => &other.1,
        }
    }
}

/// How a row is inserted, and found again if it is not known whether it was.
#[derive(Debug)]
pub(super) struct InsertPlans {
    insert: Arc<Lane>,
    by_key: Plan,
    /// The positions of the key's values among the inserted.
    key: Vec<usize>,
    /// Whether the database makes the key, so that a row is not found again by it.
    counted: bool,
}

impl InsertPlans {
    pub(super) fn new(dialect: &Dialect, model: &Model) -> Result<Self> {
        let conditions: Vec<Condition> =
            model.key.iter().map(|key| Condition::equals(key)).collect();
        let position = |key: &&str| model.inserted().position(|column| &*column.property == *key);
        Ok(InsertPlans {
            insert: Lane::new(model.insert(dialect)?),
            by_key: model.select(dialect, &conditions, &[])?,
            counted: !model.inserted().any(|column| model.key.contains(&&*column.property)),
            key: model.key.iter().filter_map(position).collect(),
        })
    }
}
