//! Look-ups, which replicas may answer.

use super::Call;
use crate::batch::{Lane, Writing};
use crate::engine::{Outcome, Plan};
use crate::error::Result;
use crate::value::Value;
use std::sync::Arc;

/// A look-up, and how calls of it come together: at the primary and at each replica.
#[derive(Debug)]
pub(super) struct LookUp {
    /// At the primary.
    pub lane: Arc<Lane>,
    /// At each replica; none where they are not asked for this.
    at_replicas: Vec<Arc<Lane>>,
}

impl LookUp {
    pub(super) fn new(plan: Plan, replicas: usize) -> Self {
        let lane = Lane::new(plan);
        LookUp { at_replicas: (0..replicas).map(|_| lane.beside()).collect(), lane }
    }
}

impl Call {
    /// What `found` makes of the rows of a look-up: a replica's, if one has something, else the
    /// primary's. `believed` says whose it is, if a replica may be believed in it.
    pub(super) async fn look_up<T>(
        &self,
        look_up: &LookUp,
        values: &[Value],
        found: impl Fn(Outcome) -> Option<T>,
        believed: impl Fn(&T) -> Option<Value>,
    ) -> Result<Option<T>> {
        if !look_up.at_replicas.is_empty()
            // Apart, so that the calls without replicas do not carry its size around.
            && let Some(found) =
                Box::pin(self.ask_replica(look_up, values, &found, &believed)).await
        {
            return Ok(Some(found));
        }
        Ok(found(self.run_in(&look_up.lane, values).await?))
    }

    /// What a replica has, if it is certain that this process has not changed it since.
    async fn ask_replica<T>(
        &self,
        look_up: &LookUp,
        values: &[Value],
        found: &impl Fn(Outcome) -> Option<T>,
        believed: &impl Fn(&T) -> Option<Value>,
    ) -> Option<T> {
        if look_up.lane.plan.unsupported.is_some() {
            return None;
        }
        let replicas = self.store.replicas.as_ref()?;
        // Of several tenants' rows with one key a write of any counts for all, which only costs the primary
        // a look-up.
        let choice = replicas.choose(values)?;
        let lane = look_up.at_replicas.get(choice.index)?;
        let values = &*self.scope.before(values);
        let done = replicas.ask(&choice, lane, values).await;
        let outcome = self.store.observe(self.operation, done).ok()?;
        let found = found(self.scope.keep(lane.plan.outcome(values, outcome)))?;
        replicas.knows(&choice, &believed(&found)?).then_some(found)
    }

    /// Says that rows with these keys are about to be changed: what is looked up by one of them, and
    /// what belongs to a user among them, is not a replica's to answer until it has the change.
    pub(super) fn writing(&self, keys: &[&[Value]]) -> Option<Writing> {
        self.store.replicas.as_ref().map(|replicas| Writing::new(replicas, keys))
    }
}
