//! The flow between operations and the database: calls that come together become one statement, and
//! what is safe to repeat is repeated, within bounds.

mod lane;
mod replicas;
mod stats;
pub mod turn;

pub use lane::Lane;
pub use replicas::{Opener, ReplicaStatus, Replicas, Writing};
pub use stats::{Counts, Stats};

use crate::engine::{Engine, Outcome, Repeat, Work};
use crate::error::{Code, Effect, Error, Result};
use crate::options::RetryOptions;
use crate::value::Value;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(5);

/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// What a call wants done.
#[derive(Debug, Clone, Copy)]
pub enum Task<'a> {
    /// This, by itself.
    Alone(&'a Work),
    /// The plan of this lane with these values, together with other calls of it.
    Together(&'a Arc<Lane>, &'a [Value]),
}

impl Task<'_> {
    fn writes(self) -> bool {
        match self {
            Task::Alone(work) => work.writes,
            Task::Together(lane, _) => lane.plan.writes,
        }
    }

    fn repeat(self) -> Repeat {
        match self {
            Task::Alone(work) => work.repeat,
            Task::Together(lane, _) => lane.plan.repeat,
        }
    }

    async fn run(self, engine: &Arc<dyn Engine>, until: Option<Instant>) -> Result<Outcome> {
        match self {
            Task::Alone(work) => engine.run(work).await,
            Task::Together(lane, values) => lane.run(engine, values, until).await,
        }
    }
}

/// Runs a task, and runs it again while that is safe and may help: after a lock or a deadlock
/// always, after a lost connection only what may be done twice.
/// Its error is the last try's, or `ERR_OUTCOME_UNKNOWN` if a write may have happened.
pub async fn run(engine: &Arc<dyn Engine>, bounds: RetryOptions, task: Task<'_>) -> Done {
    let start = Instant::now();
    let mut tries = 0;
    let result = repeat(engine, bounds, task, start, &mut tries).await;
    Done { result, duration: start.elapsed(), retries: tries - 1 }
}

/// What came of a unit of work.
#[derive(Debug)]
pub struct Done {
    /// The outcome.
    pub result: Result<Outcome>,
    /// How long it took, waits and further tries included.
    pub duration: Duration,
    /// How many tries there were beyond the first.
    pub retries: u32,
}

async fn repeat(
    engine: &Arc<dyn Engine>,
    bounds: RetryOptions,
    task: Task<'_>,
    start: Instant,
    tries: &mut u32,
) -> Result<Outcome> {
    let mut wait = FIRST_WAIT;
    let until = start.checked_add(bounds.max_time.duration());
    // Whether an earlier try may have happened.
    let mut lost = false;
    loop {
        *tries += 1;
        let error = match task.run(engine, until).await {
            Ok(outcome) if lost && task.repeat() == Repeat::WhileFound && outcome.is_nothing() => {
                return Err(Error::new(Code::OutcomeUnknown, UNKNOWN).with_effect(Effect::Unknown));
            }
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        lost |= task.writes() && error.effect() == Effect::Unknown;
        let again = match error.effect() {
            Effect::Final => false,
            // Whoever was in the way is done soon; how often one meets others says nothing.
            Effect::Conflict => true,
            Effect::None => *tries < bounds.attempts.0,
            Effect::Unknown => task.repeat() != Repeat::Never && *tries < bounds.attempts.0,
            Effect::Foreign => !task.writes() && *tries < bounds.attempts.0,
        };
        if !again || start.elapsed() >= bounds.max_time.duration() {
            let known = !lost || error.effect() == Effect::Final;
            return Err(if known { error } else { unknown(error) });
        }
        tokio::time::sleep(jitter(wait)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// A call that others kept waiting for too long.
fn late() -> Error {
    Error::new(
        Code::Timeout,
        "the call waited behind others until its time was over: the database does not keep up (option \
         \"retry.maxTime\")",
    )
    .with_effect(Effect::None)
}

const UNKNOWN: &str = "the connection was lost after the write had been sent: it may have happened. \
    Look before doing it again";

/// A write that may have happened is reported as just that.
fn unknown(error: Error) -> Error {
    error.with_code(Code::OutcomeUnknown).with_message(UNKNOWN).with_effect(Effect::Unknown)
}

/// Between half and the whole of a wait, so that those who collided do not meet again.
pub fn jitter(wait: Duration) -> Duration {
    let random = RandomState::new().hash_one(());
    let half = wait / 2;
    half + half.mul_f64(f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX))
}
