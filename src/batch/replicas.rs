//! Reads that replicas answer. A replica is asked only if it is known to have all that the primary had
//! written `max_lag` ago, and never for what this process has written since then and the replica does
//! not have yet: who has written something reads it.
//!
//! What is known comes from looking: where the primary's log ends now, and when a replica has reached
//! that. A read that finds the last look too old starts another one, so that a process that reads
//! nothing asks nothing.

use super::{Done, Lane, Task};
use crate::engine::{
    BoxFuture, Engine, Notice, Outcome, Plan, PoolState, Replication, Shared, Work,
};
use crate::engine::{OutputColumn, Statement, Storage};
use crate::error::{Code, Effect, Error, Result};
use crate::options::{Count, RetryOptions};
use crate::value::Value;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How often a replica is looked at, at most.
const OFTEN: Duration = Duration::from_millis(100);

/// How long a replica that failed is left alone.
const REST: Duration = Duration::from_secs(1);

/// How long a replica may take over an answer before the primary is asked.
const PATIENCE: Duration = Duration::from_secs(1);

/// The waits between asking a replica whether it has come as far as the primary was.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// From how many on keys of the past are thrown away when another one comes.
const MANY: usize = 1_024;

/// Opens the connections to a replica.
pub type Opener = Box<dyn Fn() -> BoxFuture<'static, Result<Shared>> + Send + Sync>;

/// The replicas of a database.
pub struct Replicas {
    primary: Arc<dyn Engine>,
    max_lag: Duration,
    position: Option<Positions>,
    /// Whether the servers have refused to say how far they are.
    silent: AtomicBool,
    notice: Notice,
    replicas: Vec<Replica>,
    turn: AtomicUsize,
    recent: Mutex<Recent>,
    itself: Weak<Replicas>,
}

impl fmt::Debug for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicas").field("replicas", &self.replicas.len()).finish_non_exhaustive()
    }
}

/// What asks servers how far they are.
struct Positions {
    /// The primary's position.
    of_primary: Plan,
    /// Whether a replica has reached one.
    reached: Plan,
}

/// What this process has written lately.
#[derive(Default)]
struct Recent {
    /// The number of the last look that has begun.
    looks: u64,
    keys: HashMap<u64, Written>,
}

struct Written {
    /// The number of the last look that had begun then: it may not have seen it.
    look: u64,
    at: Instant,
}

/// One replica.
struct Replica {
    open: Opener,
    /// Whether a task is looking at it.
    looking: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    shared: Option<Shared>,
    /// The last look of which it is known to have everything.
    reached: Option<Look>,
    /// When it was last looked at, or failed.
    seen: Option<Instant>,
    failed: bool,
    closed: bool,
}

/// A look at the servers.
#[derive(Debug, Clone, Copy)]
struct Look {
    number: u64,
    begun: Instant,
}

/// A replica that may be asked.
#[derive(Debug)]
pub struct Choice {
    /// Which.
    pub index: usize,
    engine: Arc<dyn Engine>,
    reached: Look,
}

/// How a replica is doing.
#[derive(Debug, Clone, Copy)]
pub struct ReplicaStatus {
    /// Whether it is asked.
    pub usable: bool,
    /// Of how long ago everything is known to be there.
    pub lag: Option<Duration>,
    /// Its connections.
    pub connections: PoolState,
}

impl Replicas {
    /// The replicas of a primary, none of which has been opened.
    pub fn new(
        primary: Arc<dyn Engine>,
        max_lag: Duration,
        openers: Vec<Opener>,
        notice: Notice,
    ) -> Arc<Self> {
        let replica =
            |open| Replica { open, looking: AtomicBool::new(false), state: Mutex::default() };
        Arc::new_cyclic(|itself| Replicas {
            position: primary.dialect().replication.map(Positions::new),
            primary,
            max_lag,
            silent: AtomicBool::new(false),
            notice,
            replicas: openers.into_iter().map(replica).collect(),
            turn: AtomicUsize::new(0),
            recent: Mutex::default(),
            itself: Weak::clone(itself),
        })
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A replica that may be asked for what these values look up; none, if the primary has to.
    pub fn choose(&self, values: &[Value]) -> Option<Choice> {
        let start = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.replicas.len();
        let mut choice = None;
        for offset in 0..count {
            let index = start.wrapping_add(offset) % count;
            let Some(replica) = self.replicas.get(index) else { continue };
            let (found, due) = replica.usable(self.max_lag);
            if due {
                self.look_at(index);
            }
            if let (None, Some((engine, reached))) = (&choice, found) {
                choice = Some(Choice { index, engine, reached });
            }
        }
        choice.filter(|choice| self.has_all(choice, key_of(values)))
    }

    /// Whether a replica has everything that this process has written of a row.
    pub fn knows(&self, choice: &Choice, value: &Value) -> bool {
        self.has_all(choice, key_of(std::slice::from_ref(value)))
    }

    fn has_all(&self, choice: &Choice, key: u64) -> bool {
        match self.recent().keys.get(&key) {
            None => true,
            // Nothing but time tells.
            Some(written) if self.silent.load(Ordering::Relaxed) => {
                written.at.elapsed() > self.max_lag
            }
            Some(written) => written.look < choice.reached.number,
        }
    }

    /// Asks a replica. A failure says nothing of the database: the primary is to be asked then.
    pub async fn ask(&self, choice: &Choice, lane: &Arc<Lane>, values: &[Value]) -> Done {
        let once = RetryOptions { attempts: Count(1), ..RetryOptions::default() };
        let start = Instant::now();
        let task = super::run(&choice.engine, once, Task::Together(lane, values));
        let done = timeout(PATIENCE, task).await.unwrap_or_else(|_| Done {
            result: Err(Error::new(Code::Timeout, "a replica took too long over an answer")),
            duration: start.elapsed(),
            retries: 0,
        });
        if done.result.is_err()
            && let Some(replica) = self.replicas.get(choice.index)
        {
            replica.fail();
        }
        done
    }

    /// Remembers that rows with this key have just been written, or may have been.
    fn wrote(&self, key: u64) {
        let mut recent = self.recent();
        let (look, at) = (recent.looks, Instant::now());
        if recent.keys.len() >= MANY {
            // A replica that is asked has seen a look that began after that.
            let past = self.max_lag + 2 * PATIENCE;
            recent.keys.retain(|_, written| written.at.elapsed() <= past);
        }
        recent.keys.insert(key, Written { look, at });
    }

    /// Looks at a replica, once at a time.
    fn look_at(&self, index: usize) {
        let (Some(replica), Some(itself)) = (self.replicas.get(index), self.itself.upgrade())
        else {
            return;
        };
        if !replica.looking.swap(true, Ordering::AcqRel) {
            tokio::spawn(async move {
                if let Some(replica) = itself.replicas.get(index) {
                    match itself.look(replica).await {
                        Ok(look) => replica.reach(look),
                        Err(_) => replica.fail(),
                    }
                    replica.looking.store(false, Ordering::Release);
                }
            });
        }
    }

    /// Waits until a replica has everything that the primary has now.
    async fn look(&self, replica: &Replica) -> Result<Look> {
        let engine = replica.engine().await?;
        if engine.dialect().name != self.primary.dialect().name {
            return Err(Error::config("a replica is another kind of database than the primary"));
        }
        let number = {
            let mut recent = self.recent();
            recent.looks += 1;
            recent.looks
        };
        let look = Look { number, begun: Instant::now() };
        let Some(positions) = &self.position else {
            return self.look_in_vain(&engine, look).await;
        };
        let asked = self.primary.run(&positions.of_primary.work(&[])).await;
        let position = match asked {
            Ok(outcome) => first_text(outcome).filter(|position| !position.is_empty()),
            Err(error) if error.effect() == Effect::Final => None,
            Err(error) => return Err(error),
        };
        let Some(position) = position else {
            return self.look_in_vain(&engine, look).await;
        };
        let mut pause = FIRST_PAUSE;
        let reached = positions.reached.work(&[Value::Text(position)]);
        loop {
            match answer(&engine, &reached).await {
                Ok(Some(text)) if &*text == "true" => return Ok(look),
                Ok(Some(_)) if look.begun.elapsed() < self.max_lag => {}
                Ok(Some(_)) => return Err(Error::new(Code::Timeout, "a replica lags behind")),
                Ok(None) => return Err(Error::config("a replica is none")),
                Err(error) if error.effect() == Effect::Final => {
                    return self.look_in_vain(&engine, look).await;
                }
                Err(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Where servers do not say how far they are, a replica is taken to be no further behind than it
    /// may be.
    async fn look_in_vain(&self, engine: &Arc<dyn Engine>, look: Look) -> Result<Look> {
        if !self.silent.swap(true, Ordering::Relaxed) {
            (self.notice)(format!(
                "the database does not say how far its replicas are behind: they are taken to be \
                 at most {} ms behind (option \"replicas.maxLag\")",
                self.max_lag.as_millis()
            ));
        }
        answer(engine, &question("SELECT 'true'", &[]).work(&[])).await.map(|_| look)
    }

    /// How each of them is doing.
    pub fn status(&self) -> Vec<ReplicaStatus> {
        let status = |replica: &Replica| {
            let state = replica.state();
            let lag = state.reached.map(|reached| reached.begun.elapsed());
            let engine = state.shared.as_ref().and_then(|shared| shared.engine().ok());
            ReplicaStatus {
                usable: !state.failed && lag.is_some_and(|lag| lag <= self.max_lag),
                lag,
                connections: engine.map(|engine| engine.state()).unwrap_or_default(),
            }
        };
        self.replicas.iter().map(status).collect()
    }

    /// Closes their connections.
    pub async fn close(&self) {
        for replica in &self.replicas {
            let shared = {
                let mut state = replica.state();
                state.closed = true;
                state.reached = None;
                state.shared.take()
            };
            if let Some(shared) = shared {
                shared.close().await;
            }
        }
    }
}

/// A replica's connections, and the last look at it that found it.
type Reached = (Arc<dyn Engine>, Look);

impl Replica {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The replica, if it may be asked, and whether it should be looked at.
    fn usable(&self, max_lag: Duration) -> (Option<Reached>, bool) {
        let state = self.state();
        let wait = if state.failed { REST } else { OFTEN.min(max_lag / 4) };
        let due = !state.closed && state.seen.is_none_or(|seen| seen.elapsed() >= wait);
        let engine = state.shared.as_ref().and_then(|shared| shared.engine().ok());
        let reached = state.reached.filter(|look| !state.failed && look.begun.elapsed() <= max_lag);
        (engine.map(Arc::clone).zip(reached), due)
    }

    fn reach(&self, look: Look) {
        let mut state = self.state();
        state.failed = false;
        state.seen = Some(look.begun);
        state.reached = Some(look);
    }

    fn fail(&self) {
        let mut state = self.state();
        state.failed = true;
        state.seen = Some(Instant::now());
    }

    /// Its connections, opened if they are not.
    async fn engine(&self) -> Result<Arc<dyn Engine>> {
        if let Some(shared) = &self.state().shared {
            return shared.engine().map(Arc::clone);
        }
        let shared = (self.open)().await?;
        let engine = shared.engine().map(Arc::clone)?;
        let late = {
            let mut state = self.state();
            if state.closed {
                Some(shared)
            } else {
                state.shared = Some(shared);
                None
            }
        };
        match late {
            None => Ok(engine),
            Some(shared) => {
                shared.close().await;
                Err(Error::closed())
            }
        }
    }
}

/// A write under way. At its end, whatever has come of it, its rows are remembered as written.
#[derive(Debug)]
pub struct Writing {
    replicas: Arc<Replicas>,
    keys: Vec<u64>,
}

impl Writing {
    /// A write of the rows with these keys, each of which is one that rows are looked up by.
    pub fn new(replicas: &Arc<Replicas>, keys: &[&[Value]]) -> Self {
        let keys = keys.iter().map(|key| key_of(key)).collect();
        Writing { replicas: Arc::clone(replicas), keys }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        for key in &self.keys {
            self.replicas.wrote(*key);
        }
    }
}

impl Positions {
    fn new(replication: Replication) -> Self {
        Positions {
            of_primary: question(replication.position, &[]),
            reached: question(replication.reached, &[Storage::Text]),
        }
    }
}

/// A question that one text answers.
fn question(sql: &str, parameters: &[Storage]) -> Plan {
    Plan::read(Statement {
        sql: sql.into(),
        parameters: parameters.to_vec(),
        columns: vec![OutputColumn { name: "answer".into(), storage: Storage::Text }],
        arrays: false,
    })
}

async fn answer(engine: &Arc<dyn Engine>, work: &Work) -> Result<Option<Arc<str>>> {
    engine.run(work).await.map(first_text)
}

fn first_text(outcome: Outcome) -> Option<Arc<str>> {
    outcome.rows.first()?.first()?.as_text().cloned()
}

/// What stands for a key. Two keys that share one cost a read of the primary, and nothing else.
fn key_of(values: &[Value]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    for value in values {
        if let Value::Text(text) = value {
            text.hash(&mut hasher);
        }
    }
    hasher.finish()
}
