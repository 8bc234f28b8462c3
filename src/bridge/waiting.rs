//! A call that waits for its answer, and the promise that it owes.

use super::Running;
use super::completion::Owed;
use super::runtime::poll_once;
use crate::engine::landing;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Wake, Waker};
use tokio::runtime::Runtime;

/// A call that waits. Who brings what it waits for takes it further on the spot; only a call that has
/// to wait for something else as well becomes a task of the runtime, which costs several times as
/// much.
struct Waiting {
    runtime: &'static Runtime,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    call: Option<(Running, Owed)>,
    /// Whether what it waits for came while it was still being put here.
    woken: bool,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting(…)")
    }
}

/// Lets a call wait.
pub fn wait(runtime: &'static Runtime, mut running: Running, owed: Owed) {
    let waiting = Arc::new(Waiting { runtime, state: Mutex::default() });
    let _entered = runtime.enter();
    match poll_once(&mut running, &Waker::from(Arc::clone(&waiting))) {
        Some(Poll::Ready(result)) => owed.settle(result),
        // The promise is rejected by `owed`.
        None => {}
        Some(Poll::Pending) => {
            let mut state = waiting.state();
            if !state.woken {
                state.call = Some((running, owed));
                return;
            }
            drop(state);
            waiting.go_on(running, owed);
        }
    }
}

impl Waiting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn go_on(&self, running: Running, owed: Owed) {
        // `owed` is dropped with the task if the call panics, and then rejects the promise.
        self.runtime.spawn(async move { owed.settle(running.await) });
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        let call = {
            let mut state = self.state();
            state.woken = true;
            state.call.take()
        };
        let Some((mut running, owed)) = call else { return };
        if !landing::is_landing() {
            return self.go_on(running, owed);
        }
        let _entered = self.runtime.enter();
        match poll_once(&mut running, Waker::noop()) {
            Some(Poll::Ready(result)) => owed.settle(result),
            // The promise is rejected by `owed`.
            None => {}
            Some(Poll::Pending) => self.go_on(running, owed),
        }
    }
}
