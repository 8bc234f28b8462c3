//! The threads that talk to databases. They are our own and never end: connections, which are
//! shared by all environments of the process, are bound to the runtime that made them.

use super::Running;
use super::answer::Answer;
use super::waiting::wait;
use crate::batch::turn::{self, Departure};
use crate::engine::BoxFuture;
use crate::error::{Error, Result};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use tokio::runtime::{Builder, Runtime};

/// A database client waits more than it computes, and threads that hand work to each other do neither.
const THREADS: usize = 1;

/// Host names are looked up here, which may take long.
const BLOCKING_THREADS: usize = 8;

static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();

/// The runtime, started at the first call.
///
/// # Errors
/// `ERR_INTERNAL`: the system gives no threads.
pub fn get() -> Result<&'static Runtime> {
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(THREADS)
                .max_blocking_threads(BLOCKING_THREADS)
                .thread_name("sqlx-adapter")
                .enable_all()
                .build()
        })
        .as_ref()
        .map_err(|error| Error::internal(format!("no threads for the adapter: {error}")))
}

/// The runtime, if any call has started it.
pub fn started() -> Option<&'static Runtime> {
    RUNTIME.get()?.as_ref().ok()
}

/// What a call's first turn has come to.
pub enum Turn {
    /// It has ended.
    Over(Result<Answer>),
    /// It waits for something, on this runtime.
    Waits(Running, &'static Runtime),
}

/// Gives a call its first turn, on the thread that makes it; also gives what is to leave at the end
/// of JavaScript's own turn, by [`leave`].
pub fn first_turn(runtime: &'static Runtime, mut running: Running) -> (Turn, Vec<Departure>) {
    let _entered = runtime.enter();
    // Who goes on with it polls it again, so that nobody has to be woken here.
    let (polled, departures) = turn::take(|| poll_once(&mut running, Waker::noop()));
    let turn = match polled {
        Some(Poll::Ready(result)) => Turn::Over(result),
        Some(Poll::Pending) => Turn::Waits(running, runtime),
        None => {
            Turn::Over(Err(Error::internal("the call ended without an answer; please report this")))
        }
    };
    (turn, departures)
}

/// Lets statements leave: what can be done without a wait is done here, the rest by the threads that
/// may wait.
pub fn leave(departures: Vec<Departure>) {
    let Some(runtime) = started() else { return };
    for Departure(flight) in departures {
        wait(runtime, flight);
    }
}

/// Polls a future; nothing if that panics.
pub fn poll_once<T>(future: &mut BoxFuture<'static, T>, waker: &Waker) -> Option<Poll<T>> {
    let mut context = Context::from_waker(waker);
    catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context))).ok()
}
