//! Futures that wait, without being a task of the runtime until they have to be.

use super::runtime::poll_once;
use crate::engine::{BoxFuture, landing};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Wake, Waker};
use tokio::runtime::Runtime;

/// A future that waits. Who brings an answer that it waits for takes it further on the spot; only one
/// that is woken otherwise, or has to wait for something else as well, becomes a task of the runtime,
/// which costs several times as much, and to begin with the waking of a thread.
struct Waiting {
    runtime: &'static Runtime,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    future: Option<BoxFuture<'static, ()>>,
    /// Whether what it waits for came while it was still being put here.
    woken: bool,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting(…)")
    }
}

/// Polls a future on this thread, and lets it wait if it has to. One that panics is dropped.
pub fn wait(runtime: &'static Runtime, mut future: BoxFuture<'static, ()>) {
    let waiting = Arc::new(Waiting { runtime, state: Mutex::default() });
    let _entered = runtime.enter();
    if let Some(Poll::Pending) = poll_once(&mut future, &Waker::from(Arc::clone(&waiting))) {
        let mut state = waiting.state();
        if state.woken {
            runtime.spawn(future);
        } else {
            state.future = Some(future);
        }
    }
}

impl Waiting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        let future = {
            let mut state = self.state();
            state.woken = true;
            state.future.take()
        };
        let Some(mut future) = future else { return };
        let _entered = self.runtime.enter();
        if !landing::is_landing()
            || matches!(poll_once(&mut future, Waker::noop()), Some(Poll::Pending))
        {
            self.runtime.spawn(future);
        }
    }
}
