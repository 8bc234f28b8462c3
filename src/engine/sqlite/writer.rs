//! The one connection that writes. Writes that arrive while it is busy leave together: they share a
//! transaction, and so a wait for the disk, and nobody is answered before it is committed. One that
//! fails takes no other along: SQLite undoes a failed statement by itself, and a work of several is
//! undone to where it began.

use super::Connector;
use super::checkpoint::Checkpoints;
use super::connection::Connection;
use crate::engine::pool::{Lease, Pool};
use crate::engine::{Outcome, Work, landing};
use crate::error::{Code, Effect, Error, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// How many works share a transaction at most: so many that the disk no longer counts.
const TOGETHER: usize = 256;

/// The writer; its clones are the same one.
#[derive(Debug, Clone)]
pub struct Writer {
    pool: Pool<Connector>,
    queue: Arc<Queue>,
    checkpoints: Option<Checkpoints>,
}

#[derive(Debug, Default)]
struct Queue(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    jobs: Vec<Job>,
    /// Whether somebody is at work who will take them.
    busy: bool,
}

#[derive(Debug)]
struct Job {
    work: Work,
    answer: oneshot::Sender<Result<Outcome>>,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job; whether nobody is at work, so that the caller must see to it.
    fn push(&self, job: Job) -> bool {
        let mut waiting = self.waiting();
        waiting.jobs.push(job);
        !std::mem::replace(&mut waiting.busy, true)
    }

    /// What has arrived, and how many are left behind it; if nothing has, nobody is at work any more.
    fn take(&self) -> (Vec<Job>, usize) {
        let mut waiting = self.waiting();
        let count = waiting.jobs.len().min(TOGETHER);
        waiting.busy = count > 0;
        let jobs = waiting.jobs.drain(..count).collect();
        (jobs, waiting.jobs.len())
    }

    /// The first so many that wait.
    fn take_first(&self, count: usize) -> Vec<Job> {
        let mut waiting = self.waiting();
        let count = waiting.jobs.len().min(count);
        waiting.jobs.drain(..count).collect()
    }
}

/// Somebody at work. Dropped before its time, by a panic or at the end of the process, it leaves
/// nobody waiting for an answer.
struct Shift(Arc<Queue>);

impl Shift {
    fn fail(&self, error: &Error) {
        loop {
            let (jobs, _) = self.0.take();
            if jobs.is_empty() {
                return;
            }
            for job in jobs {
                job.answer(Err(error.clone()));
            }
        }
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        if self.0.waiting().busy {
            self.fail(
                &Error::internal("writing ended without an answer").with_effect(Effect::None),
            );
        }
    }
}

impl Job {
    fn answer(self, result: Result<Outcome>) {
        // Who no longer waits need not be told.
        landing::land(|| drop(self.answer.send(result)));
    }
}

impl Writer {
    /// A writer on the connection of this pool.
    pub fn new(pool: Pool<Connector>, checkpoints: Option<Checkpoints>) -> Self {
        Writer { pool, queue: Arc::default(), checkpoints }
    }

    /// Runs work that changes something.
    ///
    /// # Errors
    /// Those of SQLite.
    pub async fn run(&self, work: &Work) -> Result<Outcome> {
        let (answer, answered) = oneshot::channel();
        if self.queue.push(Job { work: work.clone(), answer }) {
            let shift = Shift(Arc::clone(&self.queue));
            let checkpoints = self.checkpoints.clone();
            match self.pool.try_acquire() {
                Some(lease) => write(shift, lease, checkpoints),
                None => {
                    drop(tokio::spawn(connect_and_write(shift, self.pool.clone(), checkpoints)));
                }
            }
        }
        answered.await.unwrap_or_else(|_| {
            Err(Error::new(Code::OutcomeUnknown, "the write ended without an answer")
                .with_effect(Effect::Unknown))
        })
    }
}

async fn connect_and_write(shift: Shift, pool: Pool<Connector>, checkpoints: Option<Checkpoints>) {
    match pool.acquire().await {
        Ok(lease) => write(shift, lease, checkpoints),
        Err(error) => shift.fail(&error),
    }
}

/// Writes what is waiting, and what arrives meanwhile, on a thread that may wait for the disk.
fn write(shift: Shift, mut lease: Lease<Connector>, checkpoints: Option<Checkpoints>) {
    tokio::task::spawn_blocking(move || {
        let connection = match lease.connection() {
            Ok(connection) => connection,
            Err(error) => return shift.fail(&error),
        };
        loop {
            let (jobs, behind) = shift.0.take();
            if jobs.is_empty() {
                break;
            }
            let works = jobs.len();
            if let Err(error) = settle(connection, jobs) {
                // Those who were behind them have waited as long, and would wait once more for each time that
                // so many are before them.
                for job in shift.0.take_first(behind) {
                    job.answer(Err(error.clone()));
                }
            }
            if let Some(checkpoints) = &checkpoints {
                checkpoints.wrote(works);
            }
        }
        // One that is still in a transaction is of no use to anybody.
        if !connection.in_transaction() {
            lease.keep();
        }
    });
}

/// Answers jobs. Its error: nobody could write.
fn settle(connection: &Connection, jobs: Vec<Job>) -> Result<()> {
    if jobs.len() > 1 {
        match together(connection, &jobs) {
            Ok(results) => {
                for (job, result) in jobs.into_iter().zip(results) {
                    job.answer(result);
                }
                return Ok(());
            }
            // Nobody could write, and to try for each would take its time.
            Err(Failure::Begin(error)) => {
                for job in jobs {
                    job.answer(Err(error.clone()));
                }
                return Err(error);
            }
            Err(Failure::Later) => {}
        }
    }
    for job in jobs {
        let result = connection.run_alone(&job.work);
        job.answer(result);
    }
    Ok(())
}

/// Why works could not share a transaction. Nothing has been changed.
enum Failure {
    /// It could not begin.
    Begin(Error),
    /// One of them ended it, by a full disk perhaps, or COMMIT failed.
    Later,
}

fn together(connection: &Connection, jobs: &[Job]) -> Result<Vec<Result<Outcome>>, Failure> {
    connection.command("BEGIN IMMEDIATE").map_err(Failure::Begin)?;
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        let result = isolated(connection, &job.work);
        if !connection.in_transaction() {
            return Err(Failure::Later);
        }
        results.push(result);
    }
    if connection.command("COMMIT").is_ok() {
        return Ok(results);
    }
    if connection.in_transaction() {
        connection.command("ROLLBACK").map_err(|_| Failure::Later)?;
    }
    Err(Failure::Later)
}

/// Runs one work of several in a transaction.
fn isolated(connection: &Connection, work: &Work) -> Result<Outcome> {
    if work.steps.len() == 1 {
        return connection.run_steps(work);
    }
    connection.command("SAVEPOINT work")?;
    let result = connection.run_steps(work);
    if result.is_err() && connection.in_transaction() {
        connection.command("ROLLBACK TO work")?;
    }
    if connection.in_transaction() {
        connection.command("RELEASE work")?;
    }
    result
}
