//! The threads that talk to databases. They are our own and never end: connections, which are
//! shared by all environments of the process, are bound to the runtime that made them.

use super::Running;
use super::answer::Answer;
use crate::error::{Error, Result};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use tokio::runtime::{Builder, Runtime};

/// A database client waits more than it computes.
const THREADS: usize = 2;

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

/// Gives a call its first turn, on the thread that makes it.
pub fn first_turn(runtime: &'static Runtime, mut running: Running) -> Turn {
    let _entered = runtime.enter();
    // Whoever takes the call over polls it again, so that nobody has to be woken here.
    let mut context = Context::from_waker(Waker::noop());
    let polled = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(&mut context)));
    match polled {
        Ok(Poll::Ready(result)) => Turn::Over(result),
        Ok(Poll::Pending) => Turn::Waits(running, runtime),
        Err(_) => {
            Turn::Over(Err(Error::internal("the call ended without an answer; please report this")))
        }
    }
}
